"""Intervals from several runs: medians and 95th percentiles by bootstrap, and their difference.

Bias-corrected and accelerated (BCa), with a fixed seed, so that the same runs always give the same interval.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FEWEST_RUNS = 5
"""Fewer say nothing about where a median lies."""
RESAMPLES = 9_999
CONFIDENCE = 0.95
SEED = 20_261_121

Statistic = Callable[..., Any]


@dataclass(frozen=True)
class Interval:
    """A figure of several runs and where it lies with 95 % confidence.

    Attributes:
        low: None, with ``high``, where there are too few runs to say.
        minimum: of the runs; the spread is always there.
    """

    runs: int
    value: float
    minimum: float
    maximum: float
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


@dataclass(frozen=True)
class Difference:
    """The difference of two ways' figures, the first less the second."""

    value: float
    low: float | None
    high: float | None
    confidence: float = CONFIDENCE

    @property
    def is_clear(self) -> bool:
        """Tell whether the interval leaves zero out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def median_interval(runs: Sequence[float]) -> Interval | None:
    """Return the median of some runs; None where there is none."""
    return _interval(runs, np.median)


def p95_interval(runs: Sequence[float]) -> Interval | None:
    """Return the 95th percentile of some runs; None where there is none."""
    return _interval(runs, _p95)


def median_difference(first: Sequence[float], second: Sequence[float]) -> Difference | None:
    """Return the first median less the second; None where one of them has no run."""
    return _difference(first, second, np.median)


def p95_difference(first: Sequence[float], second: Sequence[float]) -> Difference | None:
    """Return the first 95th percentile less the second; None where one of them has no run."""
    return _difference(first, second, _p95)


def is_within(intervals: Sequence[Interval | None], share: float) -> bool:
    """Tell whether every interval lies within this share of its figure, one without an interval does not."""
    widths = [one.half_width_share if one else None for one in intervals]
    return bool(widths) and all(width is not None and width <= share for width in widths)


def _p95(values: Any, axis: int = -1) -> Any:
    return np.quantile(values, 0.95, axis=axis)


def _interval(runs: Sequence[float], statistic: Statistic) -> Interval | None:
    if not len(runs):
        return None
    values = np.asarray(runs, dtype=np.float64)
    low, high = _bounds((values,), statistic)
    return Interval(
        len(values), float(statistic(values)), float(values.min()), float(values.max()), low, high
    )


def _difference(first: Sequence[float], second: Sequence[float], statistic: Statistic) -> Difference | None:
    if not len(first) or not len(second):
        return None
    samples = (np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))

    def difference(one: Any, other: Any, axis: int = -1) -> Any:
        return statistic(one, axis=axis) - statistic(other, axis=axis)

    low, high = _bounds(samples, difference)
    return Difference(float(difference(*samples)), low, high)


def _bounds(samples: tuple[Any, ...], statistic: Statistic) -> tuple[float | None, float | None]:
    if min(map(len, samples)) < FEWEST_RUNS:
        return None, None
    if all(np.ptp(values) == 0 for values in samples):
        value = float(statistic(*samples))
        return value, value
    # SciPy takes most of a second to import, which no other command should wait for.
    from scipy.stats import DegenerateDataWarning, bootstrap  # noqa: PLC0415

    def resampled(method: str) -> Any:
        return bootstrap(
            samples,
            statistic,
            n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE,
            method=method,
            vectorized=True,
            rng=np.random.default_rng(SEED),
        ).confidence_interval

    with warnings.catch_warnings():
        # Where leaving out any one run changes nothing there is no acceleration: the percentiles are taken.
        warnings.simplefilter("ignore", DegenerateDataWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        found = resampled("BCa")
        if np.isnan(found.low) or np.isnan(found.high):
            found = resampled("percentile")
    return float(found.low), float(found.high)
