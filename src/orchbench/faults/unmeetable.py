"""Why a way cannot meet a fault, told by what the way states of itself.

A fault that a way does not meet shows nothing of it, so that must be declared, with a reason that the table
shows; and what is declared must be so.
"""

from collections.abc import Iterable

from orchbench.platforms.meters import CHECKPOINTS
from orchbench.rehearsal.fault import (
    CALL_KINDS,
    INSIDE_A_FUNCTION,
    OPERATIONS_OF,
    STATEMENT_EVENT_KINDS,
    Fault,
    Kind,
)
from orchbench.trace import Work
from orchbench.ways import Way
from orchbench.ways.way import Waits

_OF_EVENTS = (*STATEMENT_EVENT_KINDS, Kind.FORGE_STATEMENT_EVENT, Kind.STALE_HISTORY)


def without_what_a_fault_meets(way: Way, faults: Iterable[Fault]) -> str | None:
    """Return why a way has nothing that these faults could meet, or None."""
    return next((reason for fault in faults if (reason := _without(way, fault))), None)


def without_an_event(way: Way) -> str | None:
    """Return why a statement's event is nothing to a way, or None."""
    return None if way.waits is Waits.FOR_AN_EVENT else "it asks for no event"


def without_a_function(way: Way, work: Work) -> str | None:
    """Return why no function can fail at a work, or None."""
    return None if work in way.workers else f"no function does its {work.value}"


def without_polls(way: Way) -> str | None:
    """Return why a way makes no look while its statement runs, or None."""
    return "it waits for the end's event" if way.waits is Waits.FOR_AN_EVENT else None


def without_a_lag(way: Way) -> str | None:
    """Return why no while passes between a statement's end and the look that sees it, or None."""
    return "its looks are held until the end" if way.waits is Waits.HELD else without_polls(way)


def _without(way: Way, fault: Fault) -> str | None:
    if fault.kind is Kind.CHECKPOINT and CHECKPOINTS not in way.usage.meters:
        return "it has no checkpoints"
    work = fault.work or next((one for one, calls in OPERATIONS_OF.items() if fault.operation in calls), None)
    if fault.kind in _OF_EVENTS or work is Work.WAKE:
        return without_an_event(way)
    if work is None:
        return None
    if work not in way.works.values():
        return f"it has no {work.value}"
    # No integration waits by a call: only a function makes one there.
    calls = work is Work.WAIT and fault.kind in CALL_KINDS
    return without_a_function(way, work) if calls or fault.kind in INSIDE_A_FUNCTION else None
