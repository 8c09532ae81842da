"""How an execution that waits for an event learned that its statement had ended."""

from enum import StrEnum

from orchbench.evaluation.latency import TIMED_OUT
from orchbench.redshift.statement import Status
from orchbench.trace import EventKind, Trace

ENDED = tuple(status.value for status in Status if status.ended)
ENDS_OF_WAITS = (EventKind.WAIT_WOKEN, EventKind.WAIT_RAN_OUT)


class Learned(StrEnum):
    """What the last look at the statement followed."""

    BY_EVENT = "woken by the event"
    BY_FALLBACK = "found by the fallback"


def learned(trace: Trace) -> Learned | None:
    """Return how an end was learned; None of a way that waits for no event, and where none was learned.

    A batch past its deadline is cancelled, which is no end that anybody waited for.
    """
    if trace.statement is None or trace.statement.status not in ENDED or trace.error_name == TIMED_OUT:
        return None
    ends = [event.kind for event in trace.events if event.kind in ENDS_OF_WAITS]
    if not ends:
        return None
    return Learned.BY_EVENT if ends[-1] is EventKind.WAIT_WOKEN else Learned.BY_FALLBACK


def in_vain(trace: Trace) -> int:
    """Return how often an execution was woken before there was an end to learn of."""
    woken = sum(event.kind is EventKind.WAIT_WOKEN for event in trace.events)
    return woken - (learned(trace) is Learned.BY_EVENT)
