"""What holds for any function, machine and durable function on the local AWS."""

import importlib.metadata
import json
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orchbench.deployment.reports import read_reports
from orchbench.local import LocalStack

pytestmark = pytest.mark.local
SAMPLE = Path(__file__).parent / "sample"
WaitUntil = Callable[..., Any]


@pytest.fixture(scope="module")
def outputs(stack: LocalStack) -> dict[str, str]:
    return stack.outputs


def invoke(
    stack: LocalStack, outputs: dict[str, str], event: dict[str, Any], function: str = "PlainFunctionName"
) -> tuple[str | None, Any]:
    answer = stack.client("lambda").invoke(FunctionName=outputs[function], Payload=json.dumps(event))
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def start_durable(stack: LocalStack, function: str, name: str, **event: Any) -> str:
    answer = stack.client("lambda").invoke(
        FunctionName=function,
        InvocationType="Event",
        DurableExecutionName=name,
        Payload=json.dumps(event),
    )
    return str(answer["DurableExecutionArn"])


def ended_durable(stack: LocalStack, wait_until: WaitUntil, arn: str) -> dict[str, Any]:
    def ended() -> Any:
        found = stack.client("lambda").get_durable_execution(
            DurableExecutionArn=arn, IncludeExecutionData=True
        )
        return found if found["Status"] != "RUNNING" else None

    found: dict[str, Any] = wait_until(ended)
    return found


def ended_machine(stack: LocalStack, wait_until: WaitUntil, arn: str) -> dict[str, Any]:
    def ended() -> Any:
        found = stack.client("stepfunctions").describe_execution(executionArn=arn)
        return found if found["status"] != "RUNNING" else None

    found: dict[str, Any] = wait_until(ended)
    return found


def test_a_function_finds_the_main_environments_packages_and_nothing_of_the_project(
    stack: LocalStack, outputs: dict[str, str]
) -> None:
    _, seen = invoke(stack, outputs, {"do": "describe"})
    assert seen["boto3"] == importlib.metadata.version("boto3")
    assert seen["botocore"] == importlib.metadata.version("botocore")
    assert seen["orchbench"] is False


def test_the_sessions_of_a_function_read_the_models_of_aws_once(
    stack: LocalStack, outputs: dict[str, str]
) -> None:
    _, seen = invoke(stack, outputs, {"do": "describe"})
    assert seen["one_loader"] is True


def test_a_function_is_told_where_its_services_are_by_its_environment(
    stack: LocalStack, outputs: dict[str, str]
) -> None:
    _, seen = invoke(stack, outputs, {"do": "describe"})
    assert seen["environment"] == {
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        "AWS_ENDPOINT_URL_LAMBDA": stack.endpoint_url,
        "AWS_ENDPOINT_URL_OF_THE_TEST": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_REDSHIFT_DATA": stack.redshift["url"],
        "POWERTOOLS_GREETING": "hello",
    }


def test_the_time_left_is_the_functions_timeout(stack: LocalStack, outputs: dict[str, str]) -> None:
    _, seen = invoke(stack, outputs, {"do": "describe"})
    assert 2000 < seen["remaining_ms"] <= 30_000
    _, seen = invoke(stack, outputs, {"do": "describe"}, "OverrunningFunctionName")
    assert 0 < seen["remaining_ms"] <= 2000


def test_an_alarm_interrupts_a_handler(stack: LocalStack, outputs: dict[str, str]) -> None:
    assert invoke(stack, outputs, {"do": "alarm", "seconds": 0.2}) == (None, "interrupted")


def test_an_overrun_is_killed_at_the_timeout(stack: LocalStack, outputs: dict[str, str]) -> None:
    # It would sleep for ten minutes.
    fault, error = invoke(stack, outputs, {"do": "overrun"}, "OverrunningFunctionName")
    assert (fault, error["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert "2.00 seconds" in error["errorMessage"]


def test_an_error_carries_the_name_of_its_class(stack: LocalStack, outputs: dict[str, str]) -> None:
    assert invoke(stack, outputs, {"do": "fail"}) == (
        "Unhandled",
        {"errorType": "ExpectedFault", "errorMessage": "as asked"},
    )


def test_a_machine_retries_and_catches_an_error_by_its_name(
    stack: LocalStack, outputs: dict[str, str], wait_until: WaitUntil
) -> None:
    machine = stack.client("stepfunctions")
    started = machine.start_execution(stateMachineArn=outputs["MachineArn"], input='{"do": "fail"}')
    ended = ended_machine(stack, wait_until, started["executionArn"])
    assert (ended["status"], ended["error"]) == ("FAILED", "ExpectedFault")
    found = machine.get_execution_history(executionArn=started["executionArn"], includeExecutionData=False)
    history = found["events"]
    assert [event["type"] for event in history].count("TaskFailed") == 2


def test_a_machines_name_is_idempotent_while_it_runs(
    stack: LocalStack, outputs: dict[str, str], wait_until: WaitUntil
) -> None:
    machine = stack.client("stepfunctions")
    order = {"stateMachineArn": outputs["MachineArn"], "name": "same", "input": '{"value": 1}'}
    first, second = machine.start_execution(**order), machine.start_execution(**order)
    assert (first["executionArn"], first["startDate"]) == (second["executionArn"], second["startDate"])
    with pytest.raises(machine.exceptions.ExecutionAlreadyExists):
        machine.start_execution(**{**order, "input": '{"value": 2}'})
    ended_machine(stack, wait_until, first["executionArn"])
    with pytest.raises(machine.exceptions.ExecutionAlreadyExists):
        machine.start_execution(**order)


def test_an_event_starts_a_durable_execution_that_polls_as_its_input_says(
    stack: LocalStack, outputs: dict[str, str], wait_until: WaitUntil
) -> None:
    arn = start_durable(stack, outputs["DurableFunctionAlias"], "polls", polls=3)
    version = outputs["DurableFunctionAlias"].removesuffix("live") + "1"
    assert arn.startswith(f"{version}/durable-execution/polls/")
    ended = ended_durable(stack, wait_until, arn)
    assert (ended["Status"], ended["Result"]) == ("SUCCEEDED", '{"polls": 3}')
    assert ended["DurableExecutionArn"] == arn
    # Three waits of a second, by the service's own record.
    assert (ended["EndTimestamp"] - ended["StartTimestamp"]).total_seconds() >= 3


def test_a_history_counts_the_invocations_of_an_execution(
    stack: LocalStack, outputs: dict[str, str], wait_until: WaitUntil
) -> None:
    arn = start_durable(stack, outputs["DurableFunctionAlias"], "history", polls=2)
    ended_durable(stack, wait_until, arn)
    pages = (
        stack.client("lambda")
        .get_paginator("get_durable_execution_history")
        .paginate(DurableExecutionArn=arn, IncludeExecutionData=False)
    )
    history = [event for page in pages for event in page["Events"]]
    details = [e["InvocationCompletedDetails"] for e in history if e["EventType"] == "InvocationCompleted"]
    assert len(details) == 3
    assert all(detail["StartTimestamp"] < detail["EndTimestamp"] for detail in details)
    assert len({detail["RequestId"] for detail in details}) == 3


def test_a_durable_name_is_idempotent_running_and_closed(
    stack: LocalStack, outputs: dict[str, str], wait_until: WaitUntil
) -> None:
    function = outputs["DurableFunctionAlias"]
    arn = start_durable(stack, function, "once", polls=1)
    assert start_durable(stack, function, "once", polls=1) == arn
    ended_durable(stack, wait_until, arn)
    assert start_durable(stack, function, "once", polls=1) == arn
    with pytest.raises(stack.client("lambda").exceptions.DurableExecutionAlreadyStartedException):
        start_durable(stack, function, "once", polls=2)


def test_a_stop_keeps_its_error_and_is_announced_on_the_event_bus(
    stack: LocalStack, outputs: dict[str, str], wait_until: WaitUntil
) -> None:
    arn = start_durable(stack, outputs["DurableFunctionAlias"], "stopped", polls=1, seconds=600)
    error = {"ErrorType": "Stopped", "ErrorMessage": "by the test"}
    stack.client("lambda").stop_durable_execution(DurableExecutionArn=arn, Error=error)
    ended = ended_durable(stack, wait_until, arn)
    assert (ended["Status"], ended["Error"]) == ("STOPPED", error)

    def announced() -> Any:
        group = f"/aws/lambda/{outputs['ListenerFunctionName']}"
        try:
            found = stack.client("logs").filter_log_events(logGroupName=group, filterPattern="EVENT")
        except ClientError:
            return None
        events = [json.loads(event["message"].partition(" ")[2]) for event in found["events"]]
        return [event["detail"] for event in events if event["detail"]["durableExecutionArn"] == arn]

    [detail] = wait_until(announced)
    assert detail["status"] == "STOPPED"
    assert detail["functionArn"].startswith("arn:aws:lambda:")


def test_a_durable_functions_own_error_fails_the_execution(
    stack: LocalStack, outputs: dict[str, str], wait_until: WaitUntil
) -> None:
    ended = ended_durable(
        stack, wait_until, start_durable(stack, outputs["DurableFunctionAlias"], "fails", polls=0, do="fail")
    )
    assert ended["Status"] == "FAILED"
    assert ended["Error"]["ErrorType"].rpartition(".")[2] == "ExpectedFault"


def test_executions_are_listed_by_their_function(
    stack: LocalStack, outputs: dict[str, str], wait_until: WaitUntil
) -> None:
    arn = start_durable(stack, outputs["DurableFunctionAlias"], "listed", polls=0)
    ended_durable(stack, wait_until, arn)
    found = stack.client("lambda").list_durable_executions_by_function(
        FunctionName=outputs["DurableFunctionAlias"], DurableExecutionName="listed"
    )
    assert [execution["DurableExecutionArn"] for execution in found["DurableExecutions"]] == [arn]


@pytest.mark.parametrize("qualifier", [{}, {"Qualifier": "live"}])
def test_a_long_durable_function_is_invoked_with_a_qualifier_and_as_an_event(
    stack: LocalStack, qualifier: dict[str, str]
) -> None:
    functions = stack.client("lambda")
    with pytest.raises(functions.exceptions.InvalidParameterValueException):
        functions.invoke(FunctionName="sample-durable", **qualifier)


def test_a_short_durable_function_answers_its_caller(stack: LocalStack, outputs: dict[str, str]) -> None:
    function = outputs["ShortDurableFunctionAlias"]
    answer = stack.client("lambda").invoke(FunctionName=function, Payload=b'{"polls": 1}')
    assert json.loads(answer["Payload"].read()) == {"polls": 1}


def test_each_invocation_has_a_report_in_its_functions_log(
    stack: LocalStack, outputs: dict[str, str]
) -> None:
    start = datetime.now(UTC)
    for value in range(3):
        invoke(stack, outputs, {"value": value})
    end = datetime.now(UTC) + timedelta(seconds=1)
    group = f"/aws/lambda/{outputs['PlainFunctionName']}"
    reports = read_reports(stack.client("logs"), group, start, end)
    assert len({report.request_id for report in reports}) == 3
    assert all(report.memory_mb == 256 and report.billed_seconds > 0 for report in reports)


def test_many_executions_of_each_way_at_once_all_succeed(
    stack: LocalStack, outputs: dict[str, str], wait_until: WaitUntil, at_once: int
) -> None:
    machine = stack.client("stepfunctions")

    def run_machine(number: int) -> str:
        order = {"stateMachineArn": outputs["MachineArn"], "name": f"many-{number}", "input": "{}"}
        arn = machine.start_execution(**order)["executionArn"]
        return str(ended_machine(stack, wait_until, arn)["status"])

    def run_durable(number: int) -> str:
        arn = start_durable(stack, outputs["DurableFunctionAlias"], f"many-{number}", polls=1)
        return str(ended_durable(stack, wait_until, arn)["Status"])

    with ThreadPoolExecutor(at_once) as pool:
        for way in (run_machine, run_durable):
            assert list(pool.map(way, range(at_once))) == ["SUCCEEDED"] * at_once


def test_a_changed_parameter_reaches_the_functions(stack: LocalStack, outputs: dict[str, str]) -> None:
    stack.deploy({"Greeting": "changed"})
    _, seen = invoke(stack, outputs, {"do": "describe"})
    stack.deploy({})
    assert seen["environment"]["POWERTOOLS_GREETING"] == "changed"


def session_of(process: Path) -> str:
    return (process / "environ").read_bytes().decode(errors="replace")


def sockets_of(stack_id: str) -> set[str]:
    """Return the inodes of the sockets that a stack's processes hold."""
    found = set()
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and f"ORCHBENCH_STACK_ID={stack_id}" in session_of(process):
                links = [str(link.readlink()) for link in (process / "fd").iterdir()]
                found |= {link[8:-1] for link in links if link.startswith("socket:[")}
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
def test_every_server_listens_on_loopback_alone(stack: LocalStack, outputs: dict[str, str]) -> None:
    invoke(stack, outputs, {})
    ours = sockets_of(stack.state.stack_id)
    listening = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[9] in ours
    ]
    addresses = {row[1].partition(":")[0] for row in listening}
    assert addresses == {"0100007F"}
    assert {int(row[1].partition(":")[2], 16) for row in listening} == set(stack.state.ports.values())


def test_an_upload_of_megabytes_comes_back_as_it_was_sent(stack: LocalStack) -> None:
    s3 = stack.client("s3")
    s3.create_bucket(Bucket="uploads")
    content = os.urandom(5 * 1024 * 1024)
    s3.put_object(Bucket="uploads", Key="a key/with spaces", Body=content)
    assert s3.get_object(Bucket="uploads", Key="a key/with spaces")["Body"].read() == content


def test_a_client_that_asks_whether_it_may_upload_is_told_to_go_on(stack: LocalStack) -> None:
    host, port = stack.endpoint_url.removeprefix("http://").split(":")
    head = f"PUT /uploads/key HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as client:
        client.sendall(head.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")


def test_no_thread_of_the_stack_keeps_a_program_from_ending(stack: LocalStack) -> None:
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    assert all(thread.daemon for thread in others if "pytest" not in thread.name)
