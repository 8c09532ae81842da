"""A way as estimates see it: what it states of its counts, its quotas and how it waits, and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

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
        held_seconds: how long each of its looks is held; 0 where none is.
        fallback: how it polls behind the event that it waits for; None where it waits for none.
        events_lost: whether no event comes, and the slow poll behind it finds every end.
        parts: what must be operated: the functions of a stack that holds it alone, and its state machine.
        works: what must be read: its states, steps or operations.
        alarms: that watch it.
        probe: the claim about AWS that its figures stand on, by its name; empty where none is open.
    """

    name: str
    usage: Usage
    budget_polls: int | None
    account: AccountQuotas
    waits: Waits = Waits.BY_POLLING
    held_seconds: int = 0
    fallback: Policy | None = None
    events_lost: bool = False
    parts: int = 1
    works: int = 0
    alarms: int = 0
    probe: str = ""

    @classmethod
    def of(cls, way: Way) -> "Candidate":
        """Return a way of the catalogue."""
        return cls(
            name=way.name,
            usage=way.usage,
            budget_polls=way.usage.poll_budget,
            account=way.platform.account_quotas,
            waits=way.waits,
            held_seconds=way.least_delay_seconds if way.waits is Waits.HELD else 0,
            fallback=Policy.fixed(way.least_delay_seconds) if way.waits is Waits.FOR_AN_EVENT else None,
            parts=len(way.deployed_functions) + way.has_definition,
            works=len(way.works),
            # One more tells that no event comes.
            alarms=way.platform.alarms + (way.waits is Waits.FOR_AN_EVENT),
            probe=way.probe,
        )

    @property
    def polls(self) -> bool:
        """Tell whether it learns of the end by polling, so that a policy decides how soon."""
        return self.waits is Waits.BY_POLLING

    @property
    def is_woken(self) -> bool:
        """Tell whether it learns of the end by an event, with a slow poll behind it."""
        return self.waits is Waits.FOR_AN_EVENT

    def kept(self, policy: Policy) -> Policy:
        """Return what it makes of a poll policy: its fallback behind an event, or looks that are held."""
        if self.waits is Waits.HELD:
            return Policy.fixed(self.held_seconds, budget=policy.budget)
        return self.fallback or policy

    def polling(self, policy: Policy) -> "Candidate":
        """Return it with a policy of its own for the slow poll behind its event, where it has one."""
        return replace(self, fallback=policy) if self.is_woken else self

    def following(self, policy: Policy) -> "Candidate":
        """Return it with the usage and the poll budget that a policy's delays come to."""
        usage = self.usage.changing_delays
        if usage is None or self.kept(policy).is_fixed:
            return self
        return replace(self, usage=usage, budget_polls=self.budget_polls and usage.poll_budget)


def kept_policies(ways: Sequence[Candidate], policies: Iterable[Policy]) -> list[tuple[Candidate, Policy]]:
    """Return each policy on each way as the way keeps it, and the way as it follows it, each once."""
    pairs = [(way.following(policy), way.kept(policy)) for policy in policies for way in ways]
    return [pair for index, pair in enumerate(pairs) if pair not in pairs[:index]]
