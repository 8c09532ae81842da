"""Intervals from several runs: of medians and 95th percentiles, and of the difference of two ways'.

Two of the runs, ranked by length, bound a quantile; how often they do follows from the binomial distribution
whatever the runs' own distribution is. So an interval covers what it claims or more, the same runs always
give the same one, and where no two runs cover as much there is none. A difference is bounded by the distances
of both quantiles from their bounds, squared and added (Zou and Donner 2008, "MOVER").
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

CONFIDENCE = 0.95
STOPPING_CONFIDENCE = 0.98
"""What ``compare --until-within`` looks at. It looks after every run, and stops where an interval happens to
be narrow: the interval of 95 % that is shown then would cover 92 % if it were looked at itself."""
MEDIAN, P95 = 0.5, 0.95


@dataclass(frozen=True)
class Interval:
    """A figure of several runs, or the difference of two ways' figures, and where it lies.

    Attributes:
        low: None, with ``high``, where there are too few runs to say.
        confidence: how often at least such an interval covers the truth.
    """

    value: float
    low: float | None
    high: float | None
    confidence: float = CONFIDENCE

    @property
    def half_width_share(self) -> float | None:
        """Half the interval's width as a share of the value, None where there is no interval."""
        if self.low is None or self.high is None:
            return None
        if self.value == 0:
            return 0.0 if self.low == self.high else None
        return abs((self.high - self.low) / 2 / self.value)


def is_within(intervals: Sequence[Interval | None], share: float) -> bool:
    """Tell whether every interval lies within this share of its figure, one without an interval does not."""
    widths = [one.half_width_share if one else None for one in intervals]
    return bool(widths) and all(width is not None and width <= share for width in widths)


@cache
def fewest_runs(quantile: float, confidence: float = CONFIDENCE) -> int:
    """Return how many runs an interval of a quantile takes: 6 for a median, 72 for a 95th percentile."""
    runs = 1
    while ranks(runs, quantile, confidence) is None:
        runs += 1
    return runs


def interval(runs: Sequence[float], quantile: float, confidence: float = CONFIDENCE) -> Interval | None:
    """Return a quantile of some runs, with its interval where there are enough; None where there is none."""
    if not len(runs):
        return None
    values = sorted(map(float, runs))
    bounds = ranks(len(values), quantile, confidence)
    low, high = (values[rank - 1] for rank in bounds) if bounds else (None, None)
    return Interval(_quantile(values, quantile), low, high, confidence)


def _quantile(values: Sequence[float], quantile: float) -> float:
    """Return a quantile of ranked values, on the line between the two that are nearest."""
    at, between = divmod(quantile * (len(values) - 1), 1)
    low, high = values[int(at)], values[min(int(at) + 1, len(values) - 1)]
    return low + between * (high - low)


@cache
def ranks(runs: int, quantile: float, confidence: float) -> tuple[int, int] | None:
    """Return which of so many ranked runs, counted from 1, bound a quantile; None where none do.

    Each side leaves out no more than half of what the confidence allows.
    """
    outside = (1 - confidence) / 2
    at_most = np.cumsum([_binomial(runs, below, quantile) for below in range(runs + 1)])
    low = int(np.searchsorted(at_most, outside, side="right"))
    enough = np.flatnonzero(1 - at_most[:runs] <= outside)
    return (low, int(enough[0]) + 1) if low and len(enough) else None


def _binomial(runs: int, below: int, share: float) -> float:
    """Return how likely so many of the runs lie below a quantile."""
    ways = math.lgamma(runs + 1) - math.lgamma(below + 1) - math.lgamma(runs - below + 1)
    return math.exp(ways + below * math.log(share) + (runs - below) * math.log1p(-share))


def difference(first: Interval | None, second: Interval | None) -> Interval | None:
    """Return the first figure less the second; None where one of them has no run."""
    if first is None or second is None:
        return None
    value = first.value - second.value
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Interval(value, None, None)
    below = math.hypot(first.value - first.low, second.high - second.value)
    above = math.hypot(first.high - first.value, second.value - second.low)
    return Interval(value, value - below, value + above)
