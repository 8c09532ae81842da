"""A trace from what Step Functions records: DescribeExecution and GetExecutionHistory.

Plain dictionaries in boto3's shape, from whichever host. An event that a host leaves out (ministack writes
no TaskStarted) is not made up: nothing here leans on it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchbench.platforms.platform import InvocationRequest, Record, TracedWay
from orchbench.platforms.progress import check_detail, statement_times
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

STATUSES = {"ABORTED": ExecutionStatus.STOPPED, "PENDING_REDRIVE": ExecutionStatus.FAILED}
EXECUTION_ENDS = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")
KINDS = {
    "ExecutionStarted": EventKind.EXECUTION_STARTED,
    **dict.fromkeys(EXECUTION_ENDS, EventKind.EXECUTION_ENDED),
    **dict.fromkeys(("TaskScheduled", "LambdaFunctionScheduled"), EventKind.TASK_SCHEDULED),
    **dict.fromkeys(("TaskStarted", "LambdaFunctionStarted"), EventKind.TASK_STARTED),
    **dict.fromkeys(("TaskSucceeded", "LambdaFunctionSucceeded"), EventKind.TASK_SUCCEEDED),
    **dict.fromkeys(
        (
            "TaskFailed",
            "TaskTimedOut",
            "TaskStartFailed",
            "LambdaFunctionFailed",
            "LambdaFunctionTimedOut",
            "LambdaFunctionScheduleFailed",
            "LambdaFunctionStartFailed",
        ),
        EventKind.TASK_FAILED,
    ),
}
TOKEN_KINDS = {
    "TaskSubmitted": EventKind.WAIT_STARTED,
    "TaskSucceeded": EventKind.WAIT_WOKEN,
    "TaskTimedOut": EventKind.WAIT_RAN_OUT,
}
"""What the same say of a Task that waits for its token: what it calls has been called, and then the wait."""
AWAITED = ".waitForTaskToken"
CALL_ENDS = (EventKind.TASK_SUCCEEDED, EventKind.TASK_FAILED, *TOKEN_KINDS.values())
"""Of them the first that follows a call."""


def status_of(description: Mapping[str, Any]) -> ExecutionStatus:
    """Return the status in the common vocabulary."""
    recorded = description["status"]
    return STATUSES.get(recorded) or ExecutionStatus(recorded)


def trace_from_history(
    way: TracedWay, platform: str, host: str, record: Record, invocations: Sequence[Invocation]
) -> Trace:
    """Return the trace of one execution of a state machine."""
    description, events = record.description, record.events
    output = parsed(description.get("output"))
    error, cause = _failure(description, events)
    stopped = description.get("stopDate") or (events[-1]["timestamp"] if _has_ended(events) else None)
    return Trace(
        orchestrator=way.name,
        platform=platform,
        host=host,
        execution_name=description.get("name") or str(description["executionArn"]).rpartition(":")[2],
        execution_arn=description["executionArn"],
        input=parsed(description.get("input")),
        output=output,
        status=status_of(description),
        started_at=to_epoch(description["startDate"]),
        ended_at=None if stopped is None else to_epoch(stopped),
        history_events=len(events),
        error_name=error_class_name(error),
        cause=cause,
        statement=statement_times(output, list(answers(events))),
        events=tuple(_trace_events(events, way.works)),
        invocations=tuple(invocations),
    )


def invocation_requests(events: Sequence[Event]) -> list[InvocationRequest]:
    """Return the invocations that the history shows, in its order.

    A call that succeeded carries the request's id in the answer's metadata; one whose function raised, in
    the Cause where the runtime writes it there. What is called by a Task that waits for a token has answered
    where the wait begins.
    """
    requests: list[InvocationRequest] = []
    for event in events:
        kind = kind_of(event)
        at = to_epoch(event["timestamp"])
        # A Task may call another service than Lambda, without a function.
        if details_of(event).get("resourceType", "lambda") != "lambda":
            continue
        if kind is EventKind.TASK_SCHEDULED:
            requests.append(InvocationRequest(_function_name(event), None, at, None))
        elif kind in CALL_ENDS and requests and requests[-1].ended_at is None:
            last = requests[-1]
            requests[-1] = InvocationRequest(last.function_name, _request_id(event), last.started_at, at)
    return requests


def parsed(text: Any) -> Any:
    """Return what JSON text says; text that is not valid JSON, and what is no text, stays as it is."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def details_of(event: Event) -> Mapping[str, Any]:
    """Return an event's one details object, whatever its key."""
    for key, value in event.items():
        if key.endswith("EventDetails") and isinstance(value, Mapping):
            return value
    return {}


def kind_of(event: Event) -> EventKind:
    """Return what an event says."""
    recorded: str = event["type"]
    if recorded in TOKEN_KINDS and str(details_of(event).get("resource", "")).endswith(AWAITED):
        return TOKEN_KINDS[recorded]
    return KINDS.get(recorded, EventKind.OTHER)


def _has_ended(events: Sequence[Event]) -> bool:
    return bool(events) and events[-1]["type"] in EXECUTION_ENDS


def _failure(description: Mapping[str, Any], events: Sequence[Event]) -> tuple[str | None, str | None]:
    """Return error and cause, from the last event where the description leaves them out."""
    last = details_of(events[-1]) if _has_ended(events) and "output" not in description else {}
    error = description.get("error") or last.get("error")
    cause = description.get("cause") or last.get("cause")
    told = parsed(cause)
    # A failed Lambda call's Cause is the function's own error as a JSON object.
    return error, str(told["errorMessage"]) if isinstance(told, dict) and "errorMessage" in told else cause


def _trace_events(events: Sequence[Event], works: Mapping[str, Work]) -> Iterator[TraceEvent]:
    name = ""
    waits_seconds: float | None = None
    for event in events:
        kind = kind_of(event)
        details = details_of(event)
        detail: Json = {}
        if event["type"].endswith(("StateEntered", "StateExited")):
            entered = event["type"].endswith("Entered")
            kind = EventKind.STATE_ENTERED if entered else EventKind.STATE_EXITED
            name = details["name"]
            detail["type"] = event["type"].removesuffix("StateEntered").removesuffix("StateExited")
        elif kind is EventKind.TASK_SUCCEEDED:
            detail |= check_detail(_payload(event))
        elif kind is EventKind.TASK_SCHEDULED and str(details.get("resource")).endswith(AWAITED):
            waits_seconds = details.get("timeoutInSeconds")
        elif kind is EventKind.WAIT_STARTED:
            detail["delay_seconds"] = waits_seconds
        elif kind is EventKind.OTHER:
            detail["event_type"] = event["type"]
        error = details.get("error")
        if error and kind is not EventKind.WAIT_RAN_OUT:
            detail["error"] = error_class_name(error)
        about = "" if kind in (EventKind.EXECUTION_STARTED, EventKind.EXECUTION_ENDED) else name
        yield TraceEvent(kind, to_epoch(event["timestamp"]), about, detail, works.get(about))


def _payload(event: Event) -> Any:
    """Return what a function answered: alone, or inside the answer of ``lambda:invoke``."""
    answer = parsed(details_of(event).get("output"))
    return parsed(answer["Payload"]) if isinstance(answer, dict) and "Payload" in answer else answer


def answers(events: Sequence[Event]) -> Iterator[Any]:
    """Yield what the functions returned, in the order of the events."""
    for event in events:
        if kind_of(event) is EventKind.TASK_SUCCEEDED:
            yield _payload(event)


def _function_name(event: Event) -> str:
    details = details_of(event)
    parameters = parsed(details.get("parameters"))
    named = parameters.get("FunctionName", "") if isinstance(parameters, dict) else ""
    arn = str(named or details.get("resource", ""))
    # The resource of the optimised integration names no function.
    return arn.partition(":function:")[2].partition(":")[0]


def _request_id(event: Event) -> str | None:
    details = details_of(event)
    answer = parsed(details.get("output"))
    metadata = answer.get("SdkResponseMetadata", {}) if isinstance(answer, dict) else {}
    told = parsed(details.get("cause"))
    raised = told.get("requestId") if isinstance(told, dict) else None
    found = metadata.get("RequestId") or raised
    return str(found) if found else None
