"""How long an end stays unseen, wherever between two polls it falls: mean, 95th percentile and worst."""

from dataclasses import dataclass

import numpy as np

from orchbench.evaluation.polling import Floats


@dataclass(frozen=True)
class Lag:
    """Of ends at any moment; the mean and the percentile are None where no query is seen to end.

    Attributes:
        worst_seconds: of any end up to the timeout, whatever queries there are.
    """

    mean_seconds: float | None
    p95_seconds: float | None
    worst_seconds: float


def lag_at_any_moment(delays_seconds: Floats, longest_delay_seconds: float, *, by_event: bool) -> Lag:
    """Return the lag where each query ends anywhere within the delay before its last poll.

    A given duration that happens to be a multiple of the interval would be seen at once; the query that it
    stands for is not. Of a way that waits for an event, the mean and the percentile are those of an event
    that arrives at once, and the worst is that of one that is lost.
    """
    if not len(delays_seconds):
        return Lag(None, None, longest_delay_seconds)
    if by_event:
        return Lag(0.0, 0.0, longest_delay_seconds)
    return Lag(float(delays_seconds.mean() / 2), _percentile(delays_seconds, 0.95), longest_delay_seconds)


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
