"""What counts and cost follow from, all of it linearly, from the polls of scenarios.

Linear, so that a row may be one scenario or the mean of a workload, and sums stay exact whole numbers.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from orchbench.evaluation.polling import PolicyColumns, PollColumns, slow_delays
from orchbench.usage import Amounts, Ending, Usage


@dataclass(frozen=True)
class Used:
    """What counts and cost follow from, all of it linearly: a row may be a scenario or a mean of many.

    Attributes:
        polls: of an execution.
        pairs: of an execution's polls: polls * (polls - 1) / 2.
        timed_out: whether the deadline passed first, 0 or 1, or the share of those it did for.
        slow: delays longer than an idle environment is kept.
        first_is_slow: whether the first delay is one of them.
    """

    polls: Any
    pairs: Any
    timed_out: Any
    slow: Any
    first_is_slow: Any

    def count(self, usage: Usage, name: str) -> Any:
        """Return one of the amounts."""
        start, a_poll = (getattr(part, name) for part in (usage.start, usage.poll))
        succeeded, timed_out = (
            getattr(usage.endings[ending], name) for ending in (Ending.SUCCEEDED, Ending.TIMED_OUT)
        )
        counted = start + a_poll * self.polls + succeeded
        return counted if timed_out == succeeded else counted + (timed_out - succeeded) * self.timed_out

    def invocations_of(self, usage: Usage, function: str) -> Any:
        """Return the invocations of one function."""

        def of(amounts: Amounts) -> int:
            return amounts.invocations.get(function, 0)

        fixed = of(usage.start) + of(usage.endings[Ending.SUCCEEDED])
        more = of(usage.endings[Ending.TIMED_OUT]) - of(usage.endings[Ending.SUCCEEDED])
        return fixed + of(usage.poll) * self.polls + more * self.timed_out

    def cold_starts_of(self, usage: Usage, function: str) -> Any:
        """Return a function's first invocation, and those after a longer pause than it is kept."""
        if function in usage.poll.invocations:
            return 1 + self.slow - (0 if function in usage.start.invocations else self.first_is_slow)
        return 1 if function in usage.start.invocations else self.timed_out

    def replayed(self, usage: Usage) -> Any:
        """Return the operations that the invocations go over again."""
        return usage.replayed_by_first_poll * self.polls + usage.replayed_more_each_poll * self.pairs

    @property
    def work(self) -> Any:
        """Submits, checks and cancels."""
        return self.polls + 1 + self.timed_out


def used_by(polled: PollColumns, policies: PolicyColumns, kept_warm_seconds: float) -> Used:
    """Return what polling uses, a row a scenario."""
    slow, first_is_slow = slow_delays(policies, polled, kept_warm_seconds)
    polls = polled.polls
    return Used(polls, polls * (polls - 1) // 2, polled.timed_out.astype(np.int64), slow, first_is_slow)


def totals(used: Used) -> tuple[Used, int]:
    """Return the sums over all rows, as exact whole numbers, and how many rows they are of."""
    sums = (
        int(np.sum(one)) for one in (used.polls, used.pairs, used.timed_out, used.slow, used.first_is_slow)
    )
    return Used(*(Decimal(one) for one in sums)), len(used.polls)
