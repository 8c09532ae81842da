"""How long an end stays unseen, wherever between two polls it falls: mean, 95th percentile and worst."""

from dataclasses import dataclass

import numpy as np

from orchbench.evaluation.polling import Floats

PERCENTILE = 0.95


@dataclass(frozen=True)
class Lag:
    """Of ends at any moment; the mean and the percentile are None where no query is seen to end.

    Attributes:
        worst_seconds: of any end up to the timeout, whatever queries there are.
    """

    mean_seconds: float | None
    p95_seconds: float | None
    worst_seconds: float


@dataclass(frozen=True)
class Told:
    """How an event tells of an end: so many seconds after it, but for the share that is lost."""

    seconds: float
    lost_share: float


def lag_at_any_moment(delays_seconds: Floats, longest_delay_seconds: float, told: Told | None = None) -> Lag:
    """Return the lag where each query ends anywhere within the delay that its policy has then.

    A given duration that happens to be a multiple of the interval would be seen at once; the query that it
    stands for is not. Where an event tells of ends, the delays are of the poll that finds those it does not.
    """
    if not len(delays_seconds):
        return Lag(None, None, longest_delay_seconds)
    mean = float(delays_seconds.mean() / 2)
    if told is None:
        return Lag(mean, _percentile(delays_seconds, PERCENTILE), longest_delay_seconds)
    p95, lost = told.seconds, told.lost_share
    # The lags of lost events lie around the one moment of all others.
    if lost > 1 - PERCENTILE:
        p95 = max(p95, _percentile(delays_seconds, (PERCENTILE - 1 + lost) / lost))
    if lost >= PERCENTILE:
        p95 = min(p95, _percentile(delays_seconds, PERCENTILE / lost))
    expected = lost * mean + (1 - lost) * told.seconds
    return Lag(expected, p95, longest_delay_seconds if lost else told.seconds)


def _percentile(delays_seconds: Floats, share: float) -> float:
    """Return the percentile of lags that are each evenly spread over their own delay.

    Up to one of the delays in ascending order, the share of lags below it is linear: those of shorter delays
    all, of each other one as much as the lag is of its delay.
    """
    delays = np.sort(delays_seconds)
    number = len(delays)
    below = np.arange(number)
    slope = np.cumsum((1 / delays)[::-1])[::-1]
    at = int(np.argmax(below + delays * slope >= share * number - 1e-9))
    return float((share * number - at) / slope[at])
