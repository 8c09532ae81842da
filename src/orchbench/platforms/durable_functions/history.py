"""A trace from what Lambda records of a durable execution: GetDurableExecution and its history.

Plain dictionaries in boto3's shape, from whichever host; the history with execution data.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchbench.platforms.platform import InvocationRequest, Record, TracedWay
from orchbench.platforms.progress import check_detail, statement_times
from orchbench.platforms.step_functions.history import parsed
from orchbench.trace import (
    EventKind,
    ExecutionStatus,
    Invocation,
    Json,
    Trace,
    TraceEvent,
    Work,
    error_class_name,
    to_epoch,
)

Event = Mapping[str, Any]

EXECUTION_ENDS = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionStopped")
KINDS = {
    "ExecutionStarted": EventKind.EXECUTION_STARTED,
    **dict.fromkeys(EXECUTION_ENDS, EventKind.EXECUTION_ENDED),
    "StepStarted": EventKind.STEP_STARTED,
    "StepSucceeded": EventKind.STEP_SUCCEEDED,
    "StepFailed": EventKind.STEP_FAILED,
    "WaitStarted": EventKind.WAIT_STARTED,
    "WaitSucceeded": EventKind.WAIT_ENDED,
    "WaitCancelled": EventKind.WAIT_ENDED,
    "CallbackStarted": EventKind.WAIT_STARTED,
    "CallbackSucceeded": EventKind.WAIT_WOKEN,
    "CallbackFailed": EventKind.WAIT_WOKEN,
    "CallbackTimedOut": EventKind.WAIT_RAN_OUT,
    "InvocationCompleted": EventKind.INVOCATION_ENDED,
}
CALLBACK_ENDS = ("CallbackSucceeded", "CallbackFailed", "CallbackTimedOut")
OPERATION_ENDS = ("StepSucceeded", "StepFailed", "WaitSucceeded", "WaitCancelled", *CALLBACK_ENDS)
STILL_RUNNING = ("RUNNING", "PAUSING", "PAUSED")


def status_of(description: Mapping[str, Any]) -> ExecutionStatus:
    """Return the status in the common vocabulary; a paused execution counts as running."""
    recorded = description["Status"]
    return ExecutionStatus.RUNNING if recorded in STILL_RUNNING else ExecutionStatus(recorded)


def trace_from_history(
    way: TracedWay, platform: str, host: str, record: Record, invocations: Sequence[Invocation]
) -> Trace:
    """Return the trace of one durable execution."""
    description, events = record.description, record.events
    output = parsed(description.get("Result"))
    ended = description.get("EndTimestamp")
    error = description.get("Error") or _ending_error(events)
    return Trace(
        orchestrator=way.name,
        platform=platform,
        host=host,
        execution_name=description["DurableExecutionName"],
        execution_arn=description["DurableExecutionArn"],
        input=parsed(description.get("InputPayload")),
        output=output,
        status=status_of(description),
        started_at=to_epoch(description["StartTimestamp"]),
        ended_at=None if ended is None else to_epoch(ended),
        history_events=len(events),
        error_name=error_class_name(error.get("ErrorType")),
        cause=error.get("ErrorMessage"),
        statement=statement_times(output, list(answers(events))),
        events=tuple(_trace_events(events, way.works)),
        invocations=tuple(invocations),
    )


def invocation_requests(events: Sequence[Event], function_name: str) -> list[InvocationRequest]:
    """Return the invocations that the history shows, in its order."""
    requests = []
    done = _operations_done(events)
    for event in events:
        if event["EventType"] == "InvocationCompleted":
            details = event.get("InvocationCompletedDetails") or {}
            ended = to_epoch(details.get("EndTimestamp") or event["EventTimestamp"])
            started = to_epoch(details["StartTimestamp"]) if details.get("StartTimestamp") else ended
            replayed = sum(moment <= started for moment in done)
            request_id = details.get("RequestId")
            requests.append(InvocationRequest(function_name, request_id, started, ended, replayed))
    return requests


def _operations_done(events: Sequence[Event]) -> list[float]:
    """Return when each operation was done; a step that is to be tried again is not."""
    return [
        to_epoch(event["EventTimestamp"])
        for event in events
        if event["EventType"] in OPERATION_ENDS
        if not (_details(event).get("RetryDetails") or {}).get("NextAttemptDelaySeconds")
    ]


def decoded(value: Any) -> Any:
    """Return what a step's stored result stands for: the SDK writes each value beside a tag of its type.

    The envelope of SDK 3: ``{"t": "m", "v": {...}}`` for an object, ``"l"`` for a list, others for scalars.
    A result that is plain JSON stays as it is.
    """
    if not (isinstance(value, dict) and value.keys() == {"t", "v"}):
        return value
    inner = value["v"]
    if isinstance(inner, dict):
        return {key: decoded(one) for key, one in inner.items()}
    return [decoded(one) for one in inner] if isinstance(inner, list) else inner


def step_result(event: Event) -> Any:
    """Return what a step returned, or None."""
    return decoded(parsed(_payload(event, "Result")))


def condition_checks(events: Sequence[Event]) -> int:
    """Return how many checks of a wait for a condition the events number."""
    attempts = [
        (_details(event).get("RetryDetails") or {}).get("CurrentAttempt", 0)
        for event in events
        if event.get("SubType") == "WaitForCondition"
    ]
    return max(attempts, default=0)


def _details(event: Event) -> Mapping[str, Any]:
    return event.get(f"{event['EventType']}Details") or {}


def _payload(event: Event, key: str) -> Any:
    return (_details(event).get(key) or {}).get("Payload")


def answers(events: Sequence[Event]) -> Iterator[Any]:
    """Yield what the steps returned, in the order of the events."""
    for event in events:
        if event["EventType"] == "StepSucceeded":
            yield step_result(event)


def _ending_error(events: Sequence[Event]) -> Mapping[str, Any]:
    """Return the error of the ending event, where the description has none."""
    ends = [event for event in events if event["EventType"] in EXECUTION_ENDS]
    return (_payload(ends[-1], "Error") or {}) if ends else {}


def _trace_events(events: Sequence[Event], works: Mapping[str, Work]) -> Iterator[TraceEvent]:
    for event in events:
        kind = KINDS.get(event["EventType"], EventKind.OTHER)
        name = event.get("Name") or ""
        yield TraceEvent(kind, to_epoch(event["EventTimestamp"]), name, _detail(kind, event), works.get(name))


def _detail(kind: EventKind, event: Event) -> Json:
    details = _details(event)
    detail: Json = {}
    if kind is EventKind.OTHER:
        detail["event_type"] = event["EventType"]
    elif kind not in (EventKind.EXECUTION_STARTED, EventKind.EXECUTION_ENDED, EventKind.INVOCATION_ENDED):
        detail["operation_id"] = event.get("Id")
        detail["type"] = event.get("SubType")
    if kind is EventKind.STEP_SUCCEEDED:
        detail |= check_detail(step_result(event))
    if kind is EventKind.WAIT_STARTED:
        detail["delay_seconds"] = details.get("Duration") or details.get("Timeout")
    error = _payload(event, "Error")
    if error and kind is not EventKind.WAIT_RAN_OUT:
        detail["error"] = error_class_name(error.get("ErrorType"))
    retry = details.get("RetryDetails") or {}
    detail["attempt"] = retry.get("CurrentAttempt")
    detail["next_attempt_seconds"] = retry.get("NextAttemptDelaySeconds")
    detail["request_id"] = details.get("RequestId")
    detail["written_bytes"] = _written_bytes(event) or None
    return {key: value for key, value in detail.items() if value is not None}


def _written_bytes(event: Event) -> int:
    """Return the size of the payloads that an event's checkpoint stored: input, results, errors, output."""
    # The service's own words about a callback that ran out are taken to cost nothing.
    ran_out = event["EventType"] == "CallbackTimedOut"
    payloads = [] if ran_out else [_payload(event, key) for key in ("Input", "Result", "Error")]
    texts = [one if isinstance(one, str) else json.dumps(one) for one in payloads if one]
    return sum(len(text.encode()) for text in texts)
