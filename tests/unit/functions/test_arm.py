"""The arm function: one look at the statement before an execution waits for its event."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber

from arm.handler import handler
from redshift_batch.errors import ExecutionNotReadable, InvalidSettings

TOKEN = "AQC-secret-token"
PROGRESS = {
    "output": {"statement_id": "s-1", "status": "STARTED", "statement_count": 1, "polls": 0},
    "timeout_seconds": 3600,
    "poll": {"policy": "fixed", "interval_seconds": 1800, "budget": True},
    "delay_seconds": 1800,
    "deadline_passed": False,
    "failure": None,
    "poll_budget": 1898,
}
EVENT = {
    "execution_id": "arn:aws:states:us-east-1:123456789012:execution:m:a",
    "task_token": TOKEN,
    "progress": PROGRESS,
}


class LambdaContext:
    function_name = "orchbench-arm"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-arm"
    aws_request_id = "r-1"


@pytest.fixture
def services(scripted: Callable[..., dict[str, Stubber]]) -> dict[str, Stubber]:
    return scripted("redshift-data", "stepfunctions")


def describes(services: dict[str, Stubber], status: str) -> None:
    answer = {"Id": "s-1", "Status": status, "CreatedAt": 1_700_000_000, "UpdatedAt": 1_700_000_000}
    services["redshift-data"].add_response("describe_statement", answer, {"Id": "s-1"})


def armed() -> dict[str, Any]:
    answer: dict[str, Any] = handler(EVENT, LambdaContext())
    return answer


@pytest.mark.parametrize("status", ["SUBMITTED", "PICKED", "STARTED"])
def test_a_statement_that_runs_is_waited_for(services: dict[str, Stubber], status: str) -> None:
    describes(services, status)
    assert armed() == {"status": status}


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "ABORTED", "HIBERNATING"])
def test_the_wait_for_one_that_tells_no_more_ends_at_once(services: dict[str, Stubber], status: str) -> None:
    describes(services, status)
    services["stepfunctions"].add_response("send_task_success", {}, {"taskToken": TOKEN, "output": "{}"})
    assert armed() == {"status": status}


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_token_that_is_over_meanwhile_is_no_fault(services: dict[str, Stubber], code: str) -> None:
    describes(services, "FINISHED")
    services["stepfunctions"].add_client_error("send_task_success", code, http_status_code=400)
    assert armed() == {"status": "FINISHED"}


def test_a_service_that_will_not_end_the_wait_is_raised_and_no_token_reaches_a_log(
    services: dict[str, Stubber], log: io.StringIO
) -> None:
    describes(services, "FINISHED")
    services["stepfunctions"].add_client_error("send_task_success", "AccessDeniedException", "No.", 400)
    with pytest.raises(ExecutionNotReadable):
        armed()
    written = log.getvalue()
    assert TOKEN not in written
    assert {json.loads(line)["correlation_id"] for line in written.splitlines()} == {EVENT["execution_id"]}


def test_a_deployment_without_a_target_is_told(
    services: dict[str, Stubber], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDSHIFT_WORKGROUP")
    assert set(services) == {"redshift-data", "stepfunctions"}
    with pytest.raises(InvalidSettings):
        armed()
