"""A Task that waits for a token, as Step Functions records it and a trace tells it."""

import json
from typing import Any

import pytest

from orchbench.platforms.platform import Record
from orchbench.trace import EventKind, Trace, Work
from orchbench.ways import way_named

WAY = way_named("sfn-callback")
AWAITED = {"resource": "invoke.waitForTaskToken", "resourceType": "lambda"}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-arm"
PARAMETERS = {"FunctionName": FUNCTION, "Payload": {"task_token": "secret-token"}}
ANSWER = {"Payload": {"status": "STARTED"}, "SdkResponseMetadata": {"RequestId": "r-1"}}
WOKEN = ("TaskSucceeded", {"output": "{}"})
RAN_OUT = ("TaskTimedOut", {"error": "States.Timeout"})


def recorded(*ends: tuple[str, dict[str, Any]], submitted: bool = True) -> Record:
    told: list[tuple[str, dict[str, Any]]] = [
        ("ExecutionStarted", {"input": "{}"}),
        ("TaskStateEntered", {"name": "Await event"}),
        ("TaskScheduled", {"parameters": json.dumps(PARAMETERS), "timeoutInSeconds": 1800}),
        ("TaskStarted", {}),
    ]
    told += [("TaskSubmitted", {"output": json.dumps(ANSWER)})] if submitted else []
    events = [
        {
            "id": number,
            "type": kind,
            "timestamp": 1_000.0 + number,
            "anyEventDetails": details | (AWAITED if "Task" in kind and "State" not in kind else {}),
        }
        for number, (kind, details) in enumerate([*told, *ends])
    ]
    description = {
        "executionArn": "arn:aws:states:r:1:execution:m:a",
        "status": "RUNNING",
        "startDate": 1_000.0,
    }
    return Record(description, events)


def traced(record: Record) -> Trace:
    return WAY.platform.trace(WAY, "aws", record, ())


@pytest.mark.parametrize(
    ("end", "kind"),
    [(WOKEN, EventKind.WAIT_WOKEN), (RAN_OUT, EventKind.WAIT_RAN_OUT)],
    ids=["woken", "ran out"],
)
def test_a_wait_begins_when_its_call_was_answered_and_ends_without_a_failure(
    end: Any, kind: EventKind
) -> None:
    *_others, begun, ended = traced(recorded(end)).events

    assert (begun.kind, begun.work, begun.detail) == (
        EventKind.WAIT_STARTED,
        Work.WAIT,
        {"delay_seconds": 1800},
    )
    assert (ended.kind, ended.work, ended.detail) == (kind, Work.WAIT, {})


def test_a_call_that_failed_before_the_wait_is_a_failure() -> None:
    failed = traced(recorded(("TaskFailed", {"error": "DataApiThrottled"}), submitted=False)).events[-1]

    assert (failed.kind, failed.detail) == (EventKind.TASK_FAILED, {"error": "DataApiThrottled"})


@pytest.mark.parametrize("end", [WOKEN, RAN_OUT, ("TaskFailed", {"error": "Refused"})])
def test_the_invocation_is_over_before_the_wait_however_that_ends(end: Any) -> None:
    (request,) = WAY.platform.requests(recorded(end))

    assert (request.function_name, request.request_id) == ("orchbench-arm", "r-1")
    assert (request.started_at, request.ended_at) == (1_002.0, 1_004.0)


def test_no_token_is_in_a_trace() -> None:
    assert "secret-token" not in json.dumps(traced(recorded(WOKEN)).to_json())
