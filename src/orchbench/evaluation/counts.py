"""What an execution used of its service, counted from its trace's events and never from a formula.

How AWS counts: a state transition each time a state is entered, and one for each retry of a Task (Step
Functions pricing); durable operations by the table "How durable operations are metered" of the Lambda
developer guide.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from orchbench.trace import EventKind, Trace, TraceEvent

CHECK_WORDS = "check status"
"""The name of the state and of the step that ask how the batch stands, in the words both share."""

WAITS_FOR_CONDITION = "WaitForCondition"


@dataclass(frozen=True)
class Counts:
    """What one execution used; None where the service knows no such thing.

    Attributes:
        polls: checks that were answered.
        retries: attempts beyond the first, of a Task, a step or an invocation.
        written_bytes: what the checkpoints stored.
    """

    polls: int
    retries: int
    history_events: int
    invocations: int
    state_transitions: int | None
    durable_operations: int | None
    written_bytes: int | None


def count(trace: Trace) -> Counts:
    """Return what one execution used."""
    durable = "/durable-execution/" in trace.execution_arn or any(map(_is_operation, trace.events))
    retries = _step_retries(trace.events) + _invocation_retries(trace.events) + _task_retries(trace.events)
    entered = [event for event in trace.events if event.kind is EventKind.STATE_ENTERED]
    return Counts(
        polls=_polls(trace.events),
        retries=retries,
        history_events=trace.history_events,
        invocations=len(trace.invocations),
        state_transitions=None if durable else len(entered) + retries,
        durable_operations=_durable_operations(trace.events) if durable else None,
        written_bytes=sum(event.detail.get("written_bytes", 0) for event in trace.events)
        if durable
        else None,
    )


def _is_operation(event: TraceEvent) -> bool:
    return "operation_id" in event.detail


def _polls(events: Iterable[TraceEvent]) -> int:
    answered = (EventKind.TASK_SUCCEEDED, EventKind.STEP_SUCCEEDED)
    return sum(
        event.kind in answered and event.name.replace("-", " ").lower() == CHECK_WORDS for event in events
    )


def _task_retries(events: Iterable[TraceEvent]) -> int:
    """Count the attempts beyond the first that Tasks scheduled."""
    retries = attempts = 0
    for event in events:
        if event.kind is EventKind.STATE_ENTERED:
            attempts = 0
        elif event.kind is EventKind.TASK_SCHEDULED:
            retries += attempts > 0
            attempts += 1
    return retries


def _step_retries(events: Iterable[TraceEvent]) -> int:
    """Count the failed attempts of steps after which another was planned; a condition's are polls."""
    return sum(
        event.kind is EventKind.STEP_FAILED
        and event.detail.get("type") != WAITS_FOR_CONDITION
        and bool(event.detail.get("next_attempt_seconds"))
        for event in events
    )


def _invocation_retries(events: Iterable[TraceEvent]) -> int:
    """Count the invocations that failed as such and were made again; a step's failure is none of these."""
    ended = [event for event in events if event.kind is EventKind.INVOCATION_ENDED]
    return sum("error" in earlier.detail for earlier, _later in pairwise(ended))


def _durable_operations(events: tuple[TraceEvent, ...]) -> int:
    """Count as AWS meters: 1 for the execution, 1 an operation, 1 a retry or poll, 1 an invocation retry."""
    # A step is metered by its result: one that began, and was refused or is not over, is none yet.
    operations = {
        event.detail["operation_id"]
        for event in events
        if _is_operation(event)
        if event.kind is not EventKind.STEP_STARTED or event.detail.get("type") == WAITS_FOR_CONDITION
    }
    condition_polls = sum(
        str(event.detail.get("type")) == WAITS_FOR_CONDITION
        and event.kind in (EventKind.STEP_SUCCEEDED, EventKind.STEP_FAILED)
        for event in events
    )
    return 1 + len(operations) + _step_retries(events) + condition_polls + _invocation_retries(events)
