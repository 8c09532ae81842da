"""A way as estimates see it: what it states of its counts, its quotas and how it waits, and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from orchbench.evaluation.polling import Floats
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
        least_delay_seconds: it polls no more often, whatever the policy says; where its looks are held, they
            are for so long.
        events_lost: whether no event comes, and the slow poll behind it finds every end.
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
    events_lost: bool = False
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
            # One more tells that no event comes.
            alarms=way.platform.alarms + (way.waits is Waits.FOR_AN_EVENT),
        )

    @property
    def polls(self) -> bool:
        """Tell whether it learns of the end by polling, so that a policy decides how soon."""
        return self.waits is Waits.BY_POLLING

    @property
    def is_woken(self) -> bool:
        """Tell whether it learns of the end by an event, with a slow poll behind it."""
        return self.waits is Waits.FOR_AN_EVENT

    @property
    def sees_ends_at_once(self) -> bool:
        """Tell whether a statement's end ends its wait, or its look that is held."""
        return not self.polls and not self.events_lost

    def kept(self, policy: Policy) -> Policy:
        """Return what it makes of a policy: a slow poll behind an event, or a look held for its own time."""
        if self.waits is Waits.HELD:
            return Policy.fixed(self.least_delay_seconds, budget=policy.budget)
        if self.is_woken:
            # An execution has its fallback apart from its poll policy.
            return Policy.fixed(self.least_delay_seconds)
        return policy.at_least(self.least_delay_seconds)

    def following(self, policy: Policy) -> "Candidate":
        """Return it with the usage and the poll budget that a policy's delays come to."""
        usage = self.usage.changing_delays
        if usage is None or self.kept(policy).is_fixed:
            return self
        return replace(self, usage=usage, budget_polls=self.budget_polls and usage.poll_budget)

    def noticed(self, timeouts_seconds: Floats) -> Floats:
        """Return when it notices that a batch's own time is over: a look that is held ends first."""
        if self.waits is not Waits.HELD:
            return timeouts_seconds
        noticed: Floats = np.ceil(timeouts_seconds / self.least_delay_seconds) * self.least_delay_seconds
        return noticed


def kept_policies(ways: Sequence[Candidate], policies: Iterable[Policy]) -> list[tuple[Candidate, Policy]]:
    """Return each policy on each way as the way keeps it, and the way as it follows it, each once."""
    pairs = [(way.following(policy), way.kept(policy)) for policy in policies for way in ways]
    return [pair for index, pair in enumerate(pairs) if pair not in pairs[:index]]
