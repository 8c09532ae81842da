"""A way as estimates see it: what it states of its counts, its quotas and how it waits, and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchbench.platforms.platform import AccountQuotas
from orchbench.ways.durations import Policy
from orchbench.ways.usage import Usage
from orchbench.ways.way import Waits, Way


@dataclass(frozen=True)
class Candidate:
    """A way, with what estimates ask of it.

    Attributes:
        budget_polls: how many polls its poll budget leaves one execution; None where none limits them.
        account: the quotas of its platform.
        waits: how it learns of the end.
        least_delay_seconds: it polls no more often, whatever the policy says.
        parts: what must be operated: the functions of a stack that holds it alone, and its state machine.
        works: what must be read: its states, steps or operations.
        alarms: that watch it.
    """

    name: str
    usage: Usage
    budget_polls: int | None
    account: AccountQuotas
    waits: Waits = Waits.BY_POLLING
    least_delay_seconds: int = 0
    parts: int = 1
    works: int = 0
    alarms: int = 0

    @classmethod
    def of(cls, way: Way) -> "Candidate":
        """Return a way of the catalogue."""
        return cls(
            name=way.name,
            usage=way.usage,
            budget_polls=way.usage.poll_budget,
            account=way.platform.account_quotas,
            waits=way.waits,
            least_delay_seconds=way.least_delay_seconds,
            parts=len(way.deployed_functions) + way.has_definition,
            works=len(way.works),
            alarms=way.platform.alarms,
        )

    @property
    def polls(self) -> bool:
        """Tell whether it learns of the end by polling, so that a policy decides how soon."""
        return self.waits is Waits.BY_POLLING

    def kept(self, policy: Policy) -> Policy:
        """Return what it makes of a policy: the slow poll behind an event has a least delay."""
        return policy.at_least(self.least_delay_seconds)


def kept_policies(ways: Sequence[Candidate], policies: Iterable[Policy]) -> list[tuple[Candidate, Policy]]:
    """Return each policy on each way as the way keeps it, each once."""
    pairs = [(way, way.kept(policy)) for policy in policies for way in ways]
    return [pair for index, pair in enumerate(pairs) if pair not in pairs[:index]]
