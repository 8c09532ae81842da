import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import Connection
from orchbench.platforms.durable_functions.service import DurableExecution
from orchbench.platforms.errors import ExecutionNotFound, InvalidName, OrchestratorError
from orchbench.platforms.platform import StartCase
from orchbench.platforms.step_functions.service import StepFunctions
from orchbench.ways import all_ways

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orchbench-sfn-poll"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:orchbench-sfn-poll:nightly"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-durable-poll:live"
DURABLE = (
    "arn:aws:lambda:us-east-1:123456789012:function:orchbench-durable-poll:7/durable-execution/nightly/i"
)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
STATUS_ALONE = {"DurableExecutionArn": DURABLE, "IncludeExecutionData": False}
INPUT = {"poll": {"interval_seconds": 2, "policy": "fixed"}}


def client_of(service: Any) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def states() -> Any:
    client = client_of("stepfunctions")
    with Stubber(client) as stub:
        yield StepFunctions(client), stub
        stub.assert_no_pending_responses()


@pytest.fixture
def functions() -> Any:
    client = client_of("lambda")
    with Stubber(client) as stub:
        yield DurableExecution(client), stub
        stub.assert_no_pending_responses()


def described(status: Any, document: Any = None) -> Any:
    return {
        "executionArn": EXECUTION,
        "stateMachineArn": MACHINE,
        "name": "nightly",
        "status": status,
        "startDate": NOW,
        "input": json.dumps(INPUT if document is None else document),
    }


def test_a_new_name_is_started(states: Any) -> None:
    service, stub = states
    stub.add_client_error("describe_execution", "ExecutionDoesNotExist")
    sent = {"stateMachineArn": MACHINE, "name": "nightly", "input": json.dumps(INPUT, sort_keys=True)}
    stub.add_response("start_execution", {"executionArn": EXECUTION, "startDate": NOW}, sent)

    assert service.start(MACHINE, "nightly", INPUT).case is StartCase.STARTED


def test_a_running_name_with_the_same_input_is_told_apart_from_a_new_one(states: Any) -> None:
    service, stub = states
    stub.add_response("describe_execution", described("RUNNING"))
    stub.add_response("start_execution", {"executionArn": EXECUTION, "startDate": NOW})

    assert service.start(MACHINE, "nightly", INPUT).case is StartCase.ALREADY_RUNNING


@pytest.mark.parametrize(
    ("status", "document", "case"),
    [
        ("SUCCEEDED", INPUT, StartCase.CLOSED),
        ("SUCCEEDED", {}, StartCase.OTHER_INPUT),
        ("RUNNING", {}, StartCase.OTHER_INPUT),
    ],
)
def test_a_taken_name_says_what_took_it(states: Any, status: Any, document: Any, case: Any) -> None:
    service, stub = states
    stub.add_response("describe_execution", described(status, document))
    stub.add_client_error("start_execution", "ExecutionAlreadyExists")
    stub.add_response("describe_execution", described(status, document))

    assert service.start(MACHINE, "nightly", INPUT).case is case


def listed(*names: Any) -> Any:
    return {
        "DurableExecutions": [
            {
                "DurableExecutionArn": DURABLE,
                "DurableExecutionName": name,
                "FunctionArn": FUNCTION,
                "Status": "RUNNING",
                "StartTimestamp": NOW,
            }
            for name in names
        ]
    }


def durable(status: Any) -> Any:
    return {
        "DurableExecutionArn": DURABLE,
        "DurableExecutionName": "nightly",
        "FunctionArn": FUNCTION,
        "StartTimestamp": NOW,
        "Status": status,
    }


def test_a_new_durable_name_is_started_as_an_event(functions: Any) -> None:
    service, stub = functions
    stub.add_response("list_durable_executions_by_function", listed())
    sent = {
        "FunctionName": FUNCTION,
        "InvocationType": "Event",
        "DurableExecutionName": "nightly",
        "Payload": json.dumps(INPUT, sort_keys=True).encode(),
    }
    stub.add_response("invoke", {"StatusCode": 202, "DurableExecutionArn": DURABLE}, sent)

    started = service.start(FUNCTION, "nightly", INPUT)

    assert (started.case, started.execution_arn) == (StartCase.STARTED, DURABLE)


@pytest.mark.parametrize(
    ("status", "case"), [("RUNNING", StartCase.ALREADY_RUNNING), ("FAILED", StartCase.CLOSED)]
)
def test_a_taken_durable_name_with_the_same_input_returns_its_execution(
    functions: Any, status: Any, case: Any
) -> None:
    service, stub = functions
    stub.add_response("list_durable_executions_by_function", listed("nightly"))
    stub.add_response("invoke", {"StatusCode": 202, "DurableExecutionArn": DURABLE})
    stub.add_response("get_durable_execution", durable(status), STATUS_ALONE)

    assert service.start(FUNCTION, "nightly", INPUT).case is case


def test_a_taken_durable_name_with_another_input_is_refused(functions: Any) -> None:
    service, stub = functions
    stub.add_response("list_durable_executions_by_function", listed("nightly"))
    stub.add_client_error("invoke", "DurableExecutionAlreadyStartedException", http_status_code=409)

    started = service.start(FUNCTION, "nightly", INPUT)

    assert (started.case, started.execution_arn) == (StartCase.OTHER_INPUT, DURABLE)


def test_an_execution_that_has_ended_is_not_stopped_again(functions: Any) -> None:
    service, stub = functions
    stub.add_response("get_durable_execution", durable("SUCCEEDED"), STATUS_ALONE)

    service.stop(DURABLE, "why")


def test_a_record_is_asked_for_with_its_payloads(functions: Any) -> None:
    service, stub = functions
    with_data = {"DurableExecutionArn": DURABLE, "IncludeExecutionData": True}
    stub.add_response("get_durable_execution", durable("SUCCEEDED"), with_data)
    stub.add_response("get_durable_execution_history", {"Events": []}, with_data | {"MaxItems": 1000})

    assert service.record(DURABLE).description["Status"] == "SUCCEEDED"


def test_another_functions_execution_of_the_same_name_is_not_taken_for_this_ones(functions: Any) -> None:
    service, stub = functions
    other = DURABLE.replace(FUNCTION.split(":")[6], "another")
    stub.add_response("list_durable_executions_by_function", listed())
    stub.add_response("invoke", {"StatusCode": 202, "DurableExecutionArn": other})

    started = service.start(FUNCTION, "nightly", INPUT)

    assert (started.case, started.execution_arn) == (StartCase.OTHER_FUNCTION, None)


def test_a_name_that_another_function_used_with_another_input_is_said_to_be_its(functions: Any) -> None:
    service, stub = functions
    stub.add_response("list_durable_executions_by_function", listed())
    stub.add_client_error("invoke", "DurableExecutionAlreadyStartedException", http_status_code=409)
    stub.add_response("list_durable_executions_by_function", listed())

    started = service.start(FUNCTION, "nightly", INPUT)

    assert (started.case, started.execution_arn) == (StartCase.OTHER_FUNCTION, None)


def test_an_unknown_execution_is_named(states: Any) -> None:
    service, stub = states
    stub.add_client_error("describe_execution", "ExecutionDoesNotExist")

    with pytest.raises(ExecutionNotFound, match="nightly"):
        service.status(EXECUTION)


def test_a_start_says_whose_name_it_is_and_what_to_do(functions: Any) -> None:
    class Clients:
        region = "us-east-1"

        def client(self, _service: Any) -> Any:
            return stub.client

    _service, stub = functions
    stub.add_response("list_durable_executions_by_function", listed())
    other = DURABLE.replace("durable-poll", "durable-condition")
    stub.add_response("invoke", {"StatusCode": 202, "DurableExecutionArn": other})
    bench = Bench(
        Connection("aws", Clients(), "orchbench", {all_ways()["durable-poll"].target_output: FUNCTION})
    )

    with pytest.raises(OrchestratorError) as refused:
        bench.start("durable-poll", INPUT, name="nightly")

    assert str(refused.value) == (
        "The name 'nightly' is already used by another function of the account and region, so durable-poll "
        "was not started: put the way into the name."
    )


class Unused:
    region = "us-east-1"

    def client(self, service: Any) -> Any:
        return None


@pytest.mark.parametrize(
    ("way", "arn"),
    [
        ("sfn-poll", DURABLE),
        ("sfn-poll", EXECUTION.replace("orchbench-sfn-poll", "another")),
        ("sfn-poll", MACHINE),
        ("durable-poll", EXECUTION),
        ("durable-poll", FUNCTION.replace("poll", "condition")),
        ("durable-poll", "arn:aws:s3:::bucket"),
    ],
)
def test_an_arn_of_something_else_is_refused_before_any_service_is_asked(way: str, arn: str) -> None:
    outputs = {
        all_ways()["sfn-poll"].target_output: MACHINE,
        all_ways()["durable-poll"].target_output: FUNCTION,
    }
    bench = Bench(Connection("local", Unused(), "orchbench", outputs))

    with pytest.raises(
        ExecutionNotFound, match=f"is not an execution of {way}, which is arn:.*orchbench-{way}"
    ):
        bench.find(way, arn)


@pytest.mark.parametrize("name", ["a" * 65, "with space", "naïve", "dots.are.out"])
def test_a_name_that_one_service_would_refuse_is_refused_for_both(name: Any) -> None:
    with pytest.raises(InvalidName, match="1 to 64 letters"):
        Bench(Connection("local", Unused(), "orchbench", {})).start("sfn-poll", {}, name=name)


def test_the_ways_are_found_by_looking_through_the_package() -> None:
    assert list(all_ways())[:2] == ["sfn-poll", "durable-poll"]
    assert all_ways()["sfn-poll"].log_groups("s") == {
        "s-submit": "/aws/lambda/s-submit",
        "s-status": "/aws/lambda/s-status",
        "s-cancel": "/aws/lambda/s-cancel",
    }
