"""How a statement's event wakes its execution, on both services' own clients."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from notify.handler import handler
from redshift_batch.errors import ExecutionNotWoken
from redshift_batch.names import callback_named, execution_named, statement_name

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:execution:orchbench-sfn-callback:a"
DURABLE_ARN = (
    "arn:aws:lambda:us-east-1:123456789012:function:orchbench-durable-callback:1/durable-execution/a/0123"
)


class LambdaContext:
    function_name = "orchbench-notify"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-notify"
    aws_request_id = "r-1"


@pytest.fixture
def services(scripted: Callable[..., dict[str, Stubber]]) -> dict[str, Stubber]:
    return scripted("stepfunctions", "lambda")


def notify(name: str) -> dict[str, Any]:
    event = {"detail": {"statementName": name, "state": "FINISHED", "statementId": "s-1"}}
    answer: dict[str, Any] = handler(event, LambdaContext())
    return answer


def scheduled(number: int, resource: str, parameters: Any) -> dict[str, Any]:
    details = {
        "resourceType": "lambda",
        "resource": resource,
        "region": "us-east-1",
        "parameters": json.dumps(parameters),
    }
    return {"timestamp": NOW, "type": "TaskScheduled", "id": number, "taskScheduledEventDetails": details}


def wait(number: int, token: str) -> dict[str, Any]:
    parameters = {"FunctionName": "f", "Payload": {"task_token": token}}
    return scheduled(number, "invoke.waitForTaskToken", parameters)


def history(stub: Stubber, *events: dict[str, Any]) -> None:
    stub.add_response(
        "get_execution_history",
        {"events": list(events)},
        {"executionArn": MACHINE_ARN, "includeExecutionData": True, "maxResults": 100, "reverseOrder": True},
    )


def describes(stub: Stubber, status: str) -> None:
    answer = {"executionArn": MACHINE_ARN, "stateMachineArn": "m", "status": status, "startDate": NOW}
    stub.add_response("describe_execution", answer, {"executionArn": MACHINE_ARN})


def test_a_name_tells_its_execution_and_its_callback_and_no_other_name_does() -> None:
    name = statement_name(DURABLE_ARN, "a callback=")
    assert (execution_named(name), callback_named(name)) == (DURABLE_ARN, "a callback=")
    assert (execution_named(statement_name(MACHINE_ARN)), callback_named(statement_name(MACHINE_ARN))) == (
        MACHINE_ARN,
        "",
    )
    assert execution_named(f"0123 {MACHINE_ARN}") is None
    assert execution_named("") is None


def test_the_newest_waits_token_is_completed(services: dict[str, Stubber]) -> None:
    machine = services["stepfunctions"]
    history(machine, scheduled(40, "invoke", {"FunctionName": "f"}), wait(30, "new"), wait(12, "old"))
    machine.add_response("send_task_success", {}, {"taskToken": "new", "output": "{}"})
    assert notify(statement_name(MACHINE_ARN)) == {"execution_id": MACHINE_ARN, "outcome": "woken"}


def test_the_wait_that_a_redriven_execution_began_is_the_one_that_is_completed(
    services: dict[str, Stubber],
) -> None:
    machine = services["stepfunctions"]
    redriven = {"timestamp": NOW, "type": "ExecutionRedriven", "id": 45}
    history(machine, wait(48, "since"), redriven, {**redriven, "type": "ExecutionFailed"}, wait(12, "before"))
    machine.add_response("send_task_success", {}, {"taskToken": "since", "output": "{}"})
    assert notify(statement_name(MACHINE_ARN))["outcome"] == "woken"


@pytest.mark.parametrize("refusal", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_refused_token_is_done_where_the_execution_is_over(
    services: dict[str, Stubber], refusal: str
) -> None:
    machine = services["stepfunctions"]
    history(machine, wait(30, "new"))
    machine.add_client_error("send_task_success", refusal, http_status_code=400)
    describes(machine, "SUCCEEDED")
    assert notify(statement_name(MACHINE_ARN))["outcome"] == "over"


def test_a_refused_token_is_tried_again_while_the_execution_runs(services: dict[str, Stubber]) -> None:
    machine = services["stepfunctions"]
    history(machine, wait(30, "stale"))
    machine.add_client_error("send_task_success", "TaskTimedOut", http_status_code=400)
    describes(machine, "RUNNING")
    with pytest.raises(ExecutionNotWoken, match="no wait of it is open"):
        notify(statement_name(MACHINE_ARN))


def test_a_history_without_a_wait_is_read_again_later(services: dict[str, Stubber]) -> None:
    machine = services["stepfunctions"]
    history(machine, scheduled(2, "invoke", {"FunctionName": "f"}))
    describes(machine, "RUNNING")
    with pytest.raises(ExecutionNotWoken):
        notify(statement_name(MACHINE_ARN))


def test_an_execution_that_nobody_knows_is_looked_for_again(services: dict[str, Stubber]) -> None:
    machine = services["stepfunctions"]
    machine.add_client_error("get_execution_history", "ExecutionDoesNotExist", http_status_code=400)
    machine.add_client_error("describe_execution", "ExecutionDoesNotExist", http_status_code=400)
    with pytest.raises(ExecutionNotWoken):
        notify(statement_name(MACHINE_ARN))


@pytest.mark.parametrize("call", ["get_execution_history", "send_task_success"])
def test_what_a_service_will_not_do_is_raised_and_so_tried_again(
    services: dict[str, Stubber], call: str
) -> None:
    machine = services["stepfunctions"]
    if call == "send_task_success":
        history(machine, wait(30, "new"))
    machine.add_client_error(call, "AccessDeniedException", http_status_code=400)
    with pytest.raises(ExecutionNotWoken, match="AccessDeniedException"):
        notify(statement_name(MACHINE_ARN))


def test_the_first_callback_is_completed_without_a_look_at_the_history(services: dict[str, Stubber]) -> None:
    services["lambda"].add_response("send_durable_execution_callback_success", {}, {"CallbackId": "first"})
    assert notify(statement_name(DURABLE_ARN, "first"))["outcome"] == "woken"


def callback_event(number: int, kind: str, operation: str, callback_id: str = "") -> dict[str, Any]:
    event = {"EventId": number, "EventType": kind, "Id": operation, "EventTimestamp": NOW}
    details: dict[str, Any] = {"CallbackStartedDetails": {"CallbackId": callback_id}} if callback_id else {}
    return event | details


def durable_history(stub: Stubber, *events: dict[str, Any]) -> None:
    expected = {"DurableExecutionArn": DURABLE_ARN, "IncludeExecutionData": True, "MaxItems": 100}
    stub.add_response(
        "get_durable_execution_history", {"Events": list(events)}, expected | {"ReverseOrder": True}
    )


@pytest.mark.parametrize(
    ("refusal", "status"), [("CallbackTimeoutException", 400), ("ResourceNotFoundException", 404), ("", 404)]
)
def test_after_a_fallback_the_callback_that_waits_is_completed(
    services: dict[str, Stubber], refusal: str, status: int
) -> None:
    durable = services["lambda"]
    durable.add_client_error("send_durable_execution_callback_success", refusal, http_status_code=status)
    durable_history(
        durable,
        callback_event(9, "CallbackStarted", "three", "third"),
        callback_event(7, "CallbackTimedOut", "two"),
        callback_event(6, "CallbackStarted", "two", "second"),
    )
    durable.add_response("send_durable_execution_callback_success", {}, {"CallbackId": "third"})
    assert notify(statement_name(DURABLE_ARN, "first"))["outcome"] == "woken"


def test_a_durable_execution_that_is_over_needs_no_wake(services: dict[str, Stubber]) -> None:
    durable = services["lambda"]
    durable.add_client_error(
        "send_durable_execution_callback_success", "CallbackTimeoutException", http_status_code=400
    )
    durable_history(durable, callback_event(7, "CallbackTimedOut", "one"))
    answer = {
        "DurableExecutionArn": DURABLE_ARN,
        "DurableExecutionName": "a",
        "FunctionArn": "f",
        "StartTimestamp": NOW,
        "Status": "STOPPED",
    }
    durable.add_response("get_durable_execution", answer)
    assert notify(statement_name(DURABLE_ARN, "first"))["outcome"] == "over"


@pytest.mark.parametrize(
    "event", [{}, {"detail": None}, {"detail": {"statementName": 7}}, {"detail": {"statementName": "a b c"}}]
)
def test_an_event_of_nobodys_statement_wakes_nobody(services: dict[str, Stubber], event: Any) -> None:
    assert handler(event, LambdaContext()) == {"execution_id": None, "outcome": "not an execution's"}


def test_no_token_and_no_callback_reaches_a_log(services: dict[str, Stubber], log: io.StringIO) -> None:
    machine = services["stepfunctions"]
    history(machine, wait(30, "secret-token"))
    machine.add_client_error("send_task_success", "TaskTimedOut", http_status_code=400)
    describes(machine, "RUNNING")
    with pytest.raises(ExecutionNotWoken):
        notify(statement_name(MACHINE_ARN))
    written = log.getvalue()
    assert "secret-token" not in written
    assert {json.loads(line)["correlation_id"] for line in written.splitlines()} == {MACHINE_ARN}
