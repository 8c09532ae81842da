"""What a part of a state machine's execution uses, as each of its ways states it."""

from orchbench.platforms.meters import HISTORY_EVENTS, STATE_TRANSITIONS
from orchbench.ways.usage import Amounts


def amounts(transitions: int, events: int, **invocations: int) -> Amounts:
    """Return what a part of an execution of a state machine uses."""
    return Amounts({STATE_TRANSITIONS: transitions, HISTORY_EVENTS: events}, invocations)
