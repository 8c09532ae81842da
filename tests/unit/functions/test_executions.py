"""What an execution sent and whether it is over, from records as both services keep them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from executions import DurableExecutions, StateMachineExecutions, ended_execution, executions_of
from redshift_batch import errors
from redshift_batch.model import Submission

HISTORIES = Path(__file__).parents[1] / "histories"
MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:execution:orchbench-sfn-poll:a"
DURABLE_ARN = (
    "arn:aws:lambda:us-east-1:123456789012:function:orchbench-durable-poll:1/durable-execution/a/0123"
)


def events(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((HISTORIES / f"{name}.json").read_text())["events"]
    return found


def stubbed(service: str) -> Iterator[Stubber]:
    client = boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def machine() -> Iterator[Stubber]:
    yield from stubbed("stepfunctions")


@pytest.fixture
def durable() -> Iterator[Stubber]:
    yield from stubbed("lambda")


def machine_page(stub: Stubber, found: list[dict[str, Any]], token: str | None = None) -> None:
    answer = {"events": found} | ({"nextToken": token} if token else {})
    stub.add_response("get_execution_history", answer)


def durable_page(stub: Stubber, found: list[dict[str, Any]], marker: str | None = None) -> None:
    # The local runner writes None where AWS leaves out, and leaves out what AWS's model requires.
    shaped = [{key: value for key, value in event.items() if value is not None} for event in found]
    for event in shaped:
        event.get("StepSucceededDetails", {}).update(RetryDetails={})
    answer = {"Events": shaped} | ({"NextMarker": marker} if marker else {})
    stub.add_response("get_durable_execution_history", answer)


def test_a_stopped_machines_statement_is_in_its_history(machine: Stubber) -> None:
    machine_page(machine, events("sfn_aborted"))
    found = StateMachineExecutions(machine.client).submission(MACHINE_ARN)
    assert found.statement_id is not None


def test_a_machines_history_is_read_page_by_page_and_no_further_than_needed(machine: Stubber) -> None:
    recorded = events("sfn_aborted")
    machine_page(machine, recorded[:2], "2")
    machine.add_response(
        "get_execution_history",
        {"events": recorded[2:], "nextToken": "3"},
        {"executionArn": MACHINE_ARN, "includeExecutionData": True, "maxResults": 100, "nextToken": "2"},
    )
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN).statement_id is not None


def test_a_refused_machine_sent_nothing(machine: Stubber) -> None:
    machine_page(machine, events("sfn_refused"))
    found = StateMachineExecutions(machine.client).submission(MACHINE_ARN)
    assert found == Submission(None, possible=False)


def test_a_statement_that_a_machine_submitted_without_a_function_is_in_its_history(machine: Stubber) -> None:
    details = {
        "resourceType": "aws-sdk:redshiftdata",
        "resource": "batchExecuteStatement",
        "output": json.dumps({"Id": "statement-7", "Database": "dev"}),
    }
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    machine_page(
        machine,
        [{"timestamp": moment, "type": "TaskSucceeded", "id": 5, "taskSucceededEventDetails": details}],
    )
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN) == Submission("statement-7")


def test_an_id_that_another_service_answered_is_not_a_statement(machine: Stubber) -> None:
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    details = {"resourceType": "lambda", "resource": "invoke", "output": json.dumps({"Id": "something"})}
    machine_page(
        machine,
        [{"timestamp": moment, "type": "TaskSucceeded", "id": 5, "taskSucceededEventDetails": details}],
    )
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN).statement_id is None


def test_a_machine_stopped_before_its_first_task_sent_nothing(machine: Stubber) -> None:
    first, *_, last = events("sfn_aborted")
    machine_page(machine, [first, last])
    assert not StateMachineExecutions(machine.client).submission(MACHINE_ARN).possible


def test_a_history_that_does_not_show_its_end_yet_proves_nothing(machine: Stubber) -> None:
    machine_page(machine, events("sfn_aborted")[:1])
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN).possible


def test_a_machine_without_a_history_may_have_sent_something(machine: Stubber) -> None:
    machine.add_client_error("get_execution_history", "ExecutionDoesNotExist")
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN).possible


def test_a_refusal_after_an_answer_that_was_lost_proves_nothing(machine: Stubber) -> None:
    recorded = events("sfn_refused")
    lost = json.loads(json.dumps(recorded[4]))
    lost["taskFailedEventDetails"].update(error="DataApiUnavailable", cause="no answer")
    machine_page(machine, [*recorded[:4], lost, *recorded[4:]])
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN).possible


def test_a_machine_stopped_during_its_submit_may_have_sent_it(machine: Stubber) -> None:
    recorded = events("sfn_aborted")
    machine_page(machine, [*recorded[:4], recorded[-1]])
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN) == Submission(None)


def test_a_machine_that_gave_its_submit_up_without_an_answer_may_have_sent_it(machine: Stubber) -> None:
    recorded = events("sfn_refused")
    lost = {"error": "DataApiUnavailable", "cause": "no answer"}
    recorded[-1]["executionFailedEventDetails"] = lost
    machine_page(machine, recorded)
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN) == Submission(None)


def test_a_machine_that_looked_for_its_statement_in_vain_has_none(machine: Stubber) -> None:
    recorded = events("sfn_refused")
    recorded[4]["taskFailedEventDetails"].update(error="NothingToCancelYet", cause="none")
    recorded[-1]["executionFailedEventDetails"] = {"error": "DataApiThrottled", "cause": "Rate exceeded"}
    machine_page(machine, recorded)
    assert not StateMachineExecutions(machine.client).submission(MACHINE_ARN).possible


def test_a_machine_that_was_stopped_while_it_looked_may_still_have_one(machine: Stubber) -> None:
    recorded = events("sfn_refused")
    recorded[4]["taskFailedEventDetails"].update(error="NothingToCancelYet", cause="none")
    machine_page(machine, recorded[:-1])
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN).possible


NOT_SUBMITTED = {"failure": {"Error": "UnexpectedError"}, "output": {"status": "NOT_SUBMITTED"}}


def machine_after_a_defect(*attempts: str) -> list[dict[str, Any]]:
    """Return a history: attempts at the submit, a cancel that found nothing, and the defect as the end."""
    recorded = events("sfn_refused")
    failed = [
        {**recorded[4], "taskFailedEventDetails": {**recorded[4]["taskFailedEventDetails"], "error": one}}
        for one in attempts
    ]
    answered = {
        **recorded[4],
        "type": "TaskSucceeded",
        "taskSucceededEventDetails": {
            "resourceType": "lambda",
            "resource": "invoke",
            "output": json.dumps({"Payload": NOT_SUBMITTED}),
        },
    }
    del answered["taskFailedEventDetails"]
    recorded[-1]["executionFailedEventDetails"] = {"error": "UnexpectedError", "cause": "KeyError"}
    return [*recorded[:4], *failed, answered, *recorded[5:]]


def test_a_machine_whose_cancel_found_nothing_after_a_defect_has_no_statement(machine: Stubber) -> None:
    machine_page(machine, machine_after_a_defect("UnexpectedError"))
    assert not StateMachineExecutions(machine.client).submission(MACHINE_ARN).possible


@pytest.mark.parametrize("before", ["DataApiUnavailable", "Lambda.Unknown", "States.Timeout"])
def test_a_defect_after_an_answer_that_was_lost_proves_nothing(machine: Stubber, before: str) -> None:
    machine_page(machine, machine_after_a_defect(before, "UnexpectedError"))
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN).possible


@pytest.mark.parametrize(
    ("attempts", "possible"),
    [
        (("RedshiftData.ValidationException",), False),
        (("RedshiftData.SdkClientException", "RedshiftData.ValidationException"), True),
    ],
)
def test_a_submit_without_a_function_that_was_refused_each_time_sent_nothing(
    machine: Stubber, attempts: tuple[str, ...], possible: bool
) -> None:
    scheduled = {"type": "TaskScheduled", "id": 1, "timestamp": 0}
    failed = [
        {
            "type": "TaskFailed",
            "id": 2,
            "timestamp": 0,
            "taskFailedEventDetails": {
                "error": one,
                "resource": "batchExecuteStatement",
                "resourceType": "aws-sdk:redshiftdata",
            },
        }
        for one in attempts
    ]
    end = {
        "type": "ExecutionFailed",
        "id": 9,
        "timestamp": 0,
        "executionFailedEventDetails": {
            "error": "DataApiRefused",
        },
    }
    machine_page(machine, [scheduled, *failed, end])
    found = StateMachineExecutions(machine.client).submission(MACHINE_ARN)
    assert (found.statement_id, found.possible) == (None, possible)


def test_a_defect_without_a_cancel_that_looked_proves_nothing(machine: Stubber) -> None:
    recorded = [one for one in machine_after_a_defect("UnexpectedError") if one["type"] != "TaskSucceeded"]
    machine_page(machine, recorded)
    assert StateMachineExecutions(machine.client).submission(MACHINE_ARN).possible


def test_a_durable_execution_whose_cancel_found_nothing_after_a_defect_has_no_statement(
    durable: Stubber,
) -> None:
    recorded = events("durable_refused")
    for details in (recorded[2]["StepFailedDetails"], recorded[-1]["ExecutionFailedDetails"]):
        details["Error"]["Payload"]["ErrorType"] = "redshift_batch.errors.UnexpectedError"
    answered = json.loads(json.dumps(events("durable_retried")[2]))
    answered["StepSucceededDetails"]["Result"] = {"Payload": json.dumps(NOT_SUBMITTED)}
    durable_page(durable, [*recorded[:-1], answered, recorded[-1]])
    assert not DurableExecutions(durable.client).submission(DURABLE_ARN).possible


def test_a_durable_execution_that_looked_for_its_statement_in_vain_has_none(durable: Stubber) -> None:
    recorded = events("durable_refused")
    looked = recorded[2]["StepFailedDetails"]["Error"]["Payload"]
    looked["ErrorType"] = "redshift_batch.errors.NothingToCancelYet"
    ended = recorded[-1]["ExecutionFailedDetails"]["Error"]["Payload"]
    ended["ErrorType"] = "redshift_batch.errors.DataApiUnavailable"
    durable_page(durable, recorded)
    assert not DurableExecutions(durable.client).submission(DURABLE_ARN).possible


def test_a_durable_executions_statement_is_in_its_history(durable: Stubber) -> None:
    durable_page(durable, events("durable_retried")[:2], "2")
    durable_page(durable, events("durable_retried")[2:])
    assert DurableExecutions(durable.client).submission(DURABLE_ARN).statement_id is not None


def test_a_refused_durable_execution_sent_nothing(durable: Stubber) -> None:
    durable_page(durable, events("durable_refused"))
    assert DurableExecutions(durable.client).submission(DURABLE_ARN) == Submission(None, possible=False)


def test_a_durable_execution_without_a_trace_of_its_submit_may_have_sent_it(durable: Stubber) -> None:
    durable_page(durable, events("durable_retried")[:1])
    assert DurableExecutions(durable.client).submission(DURABLE_ARN) == Submission(None)


def test_a_result_that_was_cut_is_no_statement(durable: Stubber) -> None:
    recorded = events("durable_retried")[:3]
    recorded[2]["StepSucceededDetails"]["Result"] = {"Payload": '{"output": {"state', "Truncated": True}
    durable_page(durable, recorded)
    assert DurableExecutions(durable.client).submission(DURABLE_ARN) == Submission(None)


@pytest.mark.parametrize(
    ("status", "over"),
    [("RUNNING", False), ("PENDING_REDRIVE", False), ("SUCCEEDED", True), ("TIMED_OUT", True)],
)
def test_a_machine_is_over_when_its_service_says_so(machine: Stubber, status: str, over: bool) -> None:
    answer = {
        "executionArn": MACHINE_ARN,
        "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m",
        "status": status,
        "startDate": 0,
    }
    machine.add_response("describe_execution", answer, {"executionArn": MACHINE_ARN})
    assert StateMachineExecutions(machine.client).has_ended(MACHINE_ARN) is over


@pytest.mark.parametrize(
    ("status", "over"), [("RUNNING", False), ("PAUSED", False), ("STOPPED", True), ("FAILED", True)]
)
def test_a_durable_execution_is_over_when_its_service_says_so(
    durable: Stubber, status: str, over: bool
) -> None:
    answer = {
        "DurableExecutionArn": DURABLE_ARN,
        "DurableExecutionName": "a",
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f:1",
        "Status": status,
        "StartTimestamp": 0,
    }
    sent = {"DurableExecutionArn": DURABLE_ARN, "IncludeExecutionData": False}
    durable.add_response("get_durable_execution", answer, sent)
    assert DurableExecutions(durable.client).has_ended(DURABLE_ARN) is over


def test_an_execution_that_its_service_does_not_know_is_neither(machine: Stubber, durable: Stubber) -> None:
    machine.add_client_error("describe_execution", "ExecutionDoesNotExist")
    durable.add_client_error("get_durable_execution", "ResourceNotFoundException")
    assert StateMachineExecutions(machine.client).has_ended(MACHINE_ARN) is None
    assert DurableExecutions(durable.client).has_ended(DURABLE_ARN) is None


def test_a_service_that_does_not_answer_is_no_proof_of_an_end(machine: Stubber, durable: Stubber) -> None:
    machine.add_client_error("describe_execution", "ThrottlingException", "Rate exceeded")
    durable.add_client_error("get_durable_execution_history", "AccessDeniedException", "no")
    with pytest.raises(errors.ExecutionNotReadable, match="Rate exceeded"):
        StateMachineExecutions(machine.client).has_ended(MACHINE_ARN)
    with pytest.raises(errors.ExecutionNotReadable, match="AccessDenied"):
        DurableExecutions(durable.client).submission(DURABLE_ARN)


@pytest.mark.parametrize("event", [{"detail": {}}, {"detail": None}, {"detail": {"executionArn": 1}}])
def test_an_event_without_an_execution_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidInput, match="names no execution"):
        ended_execution(event)


@pytest.mark.parametrize("arn", ["", "arn:aws:s3:::bucket", "x" * 500])
def test_an_arn_of_another_service_is_refused(arn: str) -> None:
    with pytest.raises(errors.InvalidInput, match="is not an execution"):
        executions_of(arn)
