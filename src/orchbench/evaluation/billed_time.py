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


def added_milliseconds(assumed: Assumptions, cold: int, checkpoints: int) -> int:
    """Return what cold starts and checkpoints add."""
    return cold * milliseconds(assumed["initialization_seconds"]) + checkpoints * milliseconds(
        assumed["checkpoint_seconds"]
    )


def poll_milliseconds(usage: Usage, assumed: Assumptions, memory_mb: int, polls: int) -> NDArray[np.int64]:
    """Return what the invocation of each of so many polls is billed for, as ``invocation_milliseconds``."""
    if not usage.look.invocations:
        return np.zeros(polls, dtype=np.int64)
    of_first, more = usage.replayed_by_first_poll, usage.replayed_more_each_poll
    warm = assumed.invocation_seconds(memory_mb, suspends=usage.suspends)
    replayed = assumed.replayed_operation_seconds(memory_mb)
    known = -(-polls // TABLE) * TABLE
    return _each_poll(warm, replayed, (of_first, more), known)[:polls]


@lru_cache(maxsize=64)
def _each_poll(
    warm_seconds: Decimal, replayed_seconds: Decimal, replayed: tuple[int, int], polls: int
) -> NDArray[np.int64]:
    first, more = replayed
    operations = first + more * np.arange(polls)
    exact = 1000 * (float(warm_seconds) + operations * float(replayed_seconds))
    billed: NDArray[np.int64] = np.ceil(exact).astype(np.int64)
    # Where floating point cannot tell on which side of a whole millisecond one lies, decimals do.
    for number in np.flatnonzero(abs(exact - np.round(exact)) < 1e-6):
        billed[number] = milliseconds(warm_seconds + int(operations[number]) * replayed_seconds)
    return billed


def milliseconds_of_polls(
    usage: Usage, assumed: Assumptions, memory_mb: int, begun: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return what all polls of each execution are billed for together, a row an execution."""
    if not usage.replayed_more_each_poll:
        return begun * poll_milliseconds(usage, assumed, memory_mb, 1)
    billed = poll_milliseconds(usage, assumed, memory_mb, int(begun.max(initial=0)))
    summed: NDArray[np.int64] = np.concatenate([[0], np.cumsum(billed)])[begun]
    return summed
