"""What happened in executions, and what counts follow from that: linearly, and in whole numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchbench.evaluation.polling import MostPolls, PollColumns, slow_delays
from orchbench.platforms.meters import Meter
from orchbench.ways.durations import Policy
from orchbench.ways.usage import Amounts, Ending, Usage
from orchbench.ways.way import Waits


@dataclass(frozen=True)
class Used:
    """What counts follow from: a row an execution, or the sum of all rows, as every count is linear in it.

    Attributes:
        runs: executions, 1 a row.
        polls: looks of an execution that were answered.
        events: that were delivered to it.
        by_fallback: ends that the slow poll behind an event found, with time left up to the deadline.
        begun: those polls, and the one that a quota refused after its delay.
        pairs: of the polls begun: begun * (begun - 1) / 2.
        timed_out: whether the deadline passed first, 0 or 1.
        poll_refused: whether a quota ended it at its next poll, 0 or 1.
        ending_refused: whether a quota ended it at its ending.
        success_refused: whether that was a success.
        slow: delays longer than an idle environment is kept.
        first_is_slow: whether the first delay is one of them.
        last_is_slow: whether the last one is.
    """

    runs: Any
    polls: Any
    events: Any
    by_fallback: Any
    begun: Any
    pairs: Any
    timed_out: Any
    poll_refused: Any
    ending_refused: Any
    success_refused: Any
    slow: Any
    first_is_slow: Any
    last_is_slow: Any

    @property
    def total(self) -> "Used":
        """The sum of all rows."""
        return Used(**{name: int(column.sum()) for name, column in vars(self).items()})

    def count(self, usage: Usage, meter: Meter) -> Any:
        """Return how much of a meter is used."""
        return self._counted(usage, lambda amounts: amounts.of(meter))

    def invocations(self, usage: Usage, function: str | None = None) -> Any:
        """Return the invocations of one function, or of all together."""
        if function is None:
            return self._counted(usage, lambda amounts: amounts.all_invocations)
        return self._counted(usage, lambda amounts: amounts.invocations.get(function, 0))

    def _counted(self, usage: Usage, of: Callable[[Amounts], int]) -> Any:
        succeeded = of(usage.endings[Ending.SUCCEEDED])
        # A wait goes before each look, and is counted with it, so that a mean of many is rounded once.
        counted = (of(usage.start) + succeeded) * self.runs + of(usage.poll) * self.polls
        besides = (
            (of(usage.event), self.events),
            (of(usage.by_fallback), self.by_fallback),
            (of(usage.endings[Ending.TIMED_OUT]) - succeeded, self.timed_out),
            (of(usage.refused_poll) - succeeded, self.poll_refused),
            (of(usage.refused_ending) - succeeded, self.ending_refused),
            (
                of(usage.refused_success or usage.refused_ending) - of(usage.refused_ending),
                self.success_refused,
            ),
        )
        for amount, happened in besides:
            if amount and (happened.any() if isinstance(happened, np.ndarray) else happened):
                counted = counted + amount * happened
        return counted

    def cold_starts_of(self, usage: Usage, function: str) -> Any:
        """Return a function's first invocation, and those after a longer pause than it is kept."""
        if function in usage.look.invocations:
            return self.runs + self.slow - (0 if function in usage.start.invocations else self.first_is_slow)
        if function in usage.wait.invocations:
            # It runs as a delay begins, and not after the last one.
            return self.runs + self.slow - self.last_is_slow
        if function in usage.start.invocations:
            return self.runs
        return self.events if function in usage.event.invocations else self.timed_out

    def replayed(self, usage: Usage) -> Any:
        """Return the operations that the invocations go over again."""
        return usage.replayed_by_first_poll * self.begun + usage.replayed_more_each_poll * self.pairs

    def work(self, usage: Usage) -> Any:
        """Return the submits, waits, looks, cancels and events that functions work on, and log."""
        # Whoever looks in a function cancels in one, and needs no invocation for it where it runs already.
        cancels = usage.look.invocations or usage.endings[Ending.TIMED_OUT].invocations
        return (
            self.checks(usage)
            + (self.runs if usage.start.invocations else 0)
            + sum(
                self.invocations(usage, name) for name in (*usage.wait.invocations, *usage.event.invocations)
            )
            + (self.timed_out if cancels else 0)
        )

    def checks(self, usage: Usage) -> Any:
        """Return the looks that were answered to a function."""
        return self.polls if usage.look.invocations else 0


def used_by(
    polled: PollColumns,
    policy: Policy,
    kept_warm_seconds: float,
    waits: Waits = Waits.BY_POLLING,
    *,
    events_lost: bool = False,
) -> Used:
    """Return what polling uses, a row a scenario; of a way that waits for an event, with the event.

    A statement that is cancelled at its deadline sends its event too.
    """
    slow, first_is_slow, last_is_slow = slow_delays(policy, polled, kept_warm_seconds)
    begun = polled.begun
    by_event = waits is Waits.FOR_AN_EVENT
    ended = ~polled.timed_out & ~polled.died
    found = ended & ~polled.at_deadline & (by_event and events_lost)
    return Used(
        runs=np.ones_like(polled.polls),
        polls=polled.polls,
        events=np.full_like(polled.polls, int(by_event and not events_lost)),
        by_fallback=found.astype(np.int64),
        begun=begun,
        pairs=begun * (begun - 1) // 2,
        timed_out=polled.timed_out.astype(np.int64),
        poll_refused=(polled.died & ~polled.ending_refused).astype(np.int64),
        ending_refused=polled.ending_refused.astype(np.int64),
        success_refused=polled.success_refused.astype(np.int64),
        slow=slow,
        first_is_slow=first_is_slow,
        last_is_slow=last_is_slow,
    )


def most_polls(usage: Usage) -> MostPolls | None:
    """Return how many polls the quota of one execution allows; None where no quota limits them."""
    answered = usage.answered_polls()
    succeeded, timed_out = usage.most_polls(), usage.most_polls(Ending.TIMED_OUT)
    if answered is None or succeeded is None or timed_out is None:
        return None
    return MostPolls(
        succeeded=succeeded,
        timed_out=timed_out,
        answered=answered,
        begun=answered + (1 if usage.refused_after_its_delay else 0),
    )
