"""What assumed durations are billed as: every invocation rounded up to the millisecond, as AWS bills it.

Durations of a function are assumed wherever no service reports them: here is how long one invocation of a way
lasts, and what many of them come to. Assumed times of a checkpoint and of an initialization are rounded up by
themselves, so that it does not matter which invocation they fall into.
"""

import math
from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from orchbench.evaluation.assumptions import Assumptions
from orchbench.ways.usage import Usage

TABLE = 512
"""Polls at a time that are kept for the next question."""


def milliseconds(seconds: Decimal) -> int:
    """Return a duration as Lambda bills it (https://aws.amazon.com/lambda/pricing/)."""
    return math.ceil(seconds * 1000)


def invocation_milliseconds(assumed: Assumptions, memory_mb: int, *, replayed: int, suspends: bool) -> int:
    """Return what one warm invocation is billed for, its checkpoints apart."""
    seconds = assumed.invocation_seconds(memory_mb, suspends=suspends)
    return milliseconds(seconds + replayed * assumed.replayed_operation_seconds(memory_mb))


def milliseconds_of_polls(
    usage: Usage, assumed: Assumptions, memory_mb: int, most_polls: int
) -> NDArray[np.int64]:
    """Return what the invocations of no poll, of one, of two and so on are billed for together."""
    if not usage.look.invocations:
        return np.zeros(most_polls + 1, dtype=np.int64)
    known = (most_polls // TABLE + 1) * TABLE
    warm = assumed.invocation_seconds(memory_mb, suspends=usage.suspends)
    replayed = usage.replayed_by_first_poll, usage.replayed_more_each_poll
    summed = _summed(warm, assumed.replayed_operation_seconds(memory_mb), replayed, known)
    return summed[: most_polls + 1]


@lru_cache(maxsize=64)
def _summed(
    warm_seconds: Decimal, replayed_seconds: Decimal, replayed: tuple[int, int], polls: int
) -> NDArray[np.int64]:
    """Return what none, the first, the first two polls and so on are billed for."""
    first, more = replayed
    operations = first + more * np.arange(polls)
    exact = 1000 * (float(warm_seconds) + operations * float(replayed_seconds))
    billed: NDArray[np.int64] = np.ceil(exact).astype(np.int64)
    # Where floating point cannot tell on which side of a whole millisecond one lies, decimals do.
    for number in np.flatnonzero(abs(exact - np.round(exact)) < 1e-6):
        billed[number] = milliseconds(warm_seconds + int(operations[number]) * replayed_seconds)
    return np.concatenate([[0], np.cumsum(billed)])
