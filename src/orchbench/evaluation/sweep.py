"""What every fixed interval of whole seconds up to the timeout amounts to for a workload, all at once.

Exact, as following each query would be: a query makes one more poll for every multiple of the interval that
it outlasts, so sums over queries are sums of how many outlast those moments. No interval is left out. An
interval that a poll budget would stretch is not known here: whoever asks leaves those out.
"""

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orchbench.evaluation.polling import Counts, Floats
from orchbench.evaluation.used import Used


class Sweep:
    """A workload at every interval, a row each; row ``interval - 1``."""

    def __init__(self, durations_seconds: Floats, timeout_seconds: int, kept_warm_seconds: float) -> None:
        self.timeout_seconds = timeout_seconds
        self.kept_warm_seconds = kept_warm_seconds
        self.queries = len(durations_seconds)
        self.intervals: Counts = np.arange(1, timeout_seconds + 1, dtype=np.int64)
        late = durations_seconds > timeout_seconds
        self._late = int(late.sum())
        self._ended_seconds = float(durations_seconds[~late].sum())
        until = np.ceil(np.minimum(durations_seconds, timeout_seconds)).astype(np.int64)
        ends = np.bincount(np.maximum(1, until), minlength=timeout_seconds + 1)
        # Queries that are still followed after so many seconds.
        self._followed: Counts = (self.queries - np.cumsum(ends)).astype(np.int64)
        self._longest = int(until.max(initial=1))

    def weighted(self, weights: Counts) -> Counts:
        """Return the sum over all polls of all queries, each poll weighted by its number.

        Args:
            weights: of the first poll, the second and so on; polls beyond it count nothing.
        """
        sums = np.zeros(self.timeout_seconds, dtype=np.int64)
        few = math.isqrt(self.timeout_seconds)
        for interval in range(1, few + 1):
            outlasting = self._followed[: self.timeout_seconds : interval][: len(weights)]
            sums[interval - 1] = int(outlasting @ weights[: len(outlasting)])
        rest = self.intervals[few:]
        for number in range(min(len(weights), -(-self.timeout_seconds // (few + 1)))):
            # Poll number + 1 falls within the timeout for the shorter ones of these intervals only.
            within = rest[: np.searchsorted(rest * number, self.timeout_seconds)]
            sums[few : few + len(within)] += weights[number] * self._followed[number * within]
        return sums

    @cached_property
    def polls(self) -> Counts:
        """The polls of all queries."""
        return self.weighted(np.ones(self.timeout_seconds, dtype=np.int64))

    @cached_property
    def most_polls(self) -> Counts:
        """The polls of the longest query."""
        return np.maximum(1, -(-self._longest // self.intervals))

    @cached_property
    def _last(self) -> tuple[Counts, Counts]:
        """Return how many queries are seen at the timeout, and the delay before that."""
        before = (self.timeout_seconds - 1) // self.intervals * self.intervals
        return self._followed[before], self.timeout_seconds - before

    @cached_property
    def longest_delay_seconds(self) -> Counts:
        """The longest delay before the last poll of any query."""
        at_timeout, delay = self._last
        return np.where(at_timeout == self.queries, delay, self.intervals)

    @cached_property
    def lag_mean_seconds(self) -> Floats:
        """The mean detection lag of the queries that end by themselves; NaN where none does."""
        ended = self.queries - self._late
        if not ended:
            return np.full(self.timeout_seconds, np.nan)
        at_timeout, delay = self._last
        seen = self.intervals * self.polls - at_timeout * (self.intervals - delay)
        lag: Floats = (seen - self._late * self.timeout_seconds - self._ended_seconds) / ended
        return lag

    @cached_property
    def used(self) -> Used:
        """The means over all queries, as ``cost_parts`` takes them."""
        at_timeout, delay = self._last
        cold = self.intervals > self.kept_warm_seconds
        delay_cold = delay > self.kept_warm_seconds
        last_cold = np.where(cold, self.queries - at_timeout + at_timeout * delay_cold, 0)
        # The first delay is the last one of a query that is seen at its first poll.
        one_poll = self.queries - np.where(
            self.intervals < self.timeout_seconds,
            self._followed[np.minimum(self.intervals, self.timeout_seconds)],
            0,
        )
        only_is_cold = np.where(self.intervals >= self.timeout_seconds, delay_cold, True)
        first_cold = np.where(cold, self.queries - one_poll + one_poll * only_is_cold, 0)
        slow = np.where(cold, self.polls - self.queries + last_cold, 0)
        none = np.zeros(self.timeout_seconds)
        return Used(
            polls=self.polls / self.queries,
            waits=self.polls / self.queries,
            events=none,
            begun=self.polls / self.queries,
            pairs=self.weighted(self.intervals - 1) / self.queries,
            timed_out=np.full(self.timeout_seconds, self._late / self.queries),
            poll_refused=none,
            ending_refused=none,
            slow=slow / self.queries,
            first_is_slow=first_cold / self.queries,
            seconds=(self.intervals * self.polls - at_timeout * (self.intervals - delay)) / self.queries,
        )


def needed_polls(timeout_seconds: int, intervals: NDArray[np.int64]) -> Counts:
    """Return the polls that fixed intervals need up to a timeout."""
    return -(-timeout_seconds // intervals)
