"""What the services enforce of an execution, a rehearsal enforces too."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchbench.rehearsal import Rehearsal, Scenario, rehearse
from orchbench.rehearsal.host import InvalidStart
from orchbench.trace import EventKind
from orchbench.virtual_time.application import ACCOUNT, REGION, Application, Function, StateMachine
from orchbench.ways import way_named

HANDLERS = Path(__file__).parent
ANY = Scenario(duration_seconds=1)


def function(name: str, *, timeout_seconds: float = 60, execution_timeout: int | None = 90_000) -> Function:
    return Function(
        arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
        name=name,
        handler=f"quota_handlers.{name}",
        timeout_seconds=timeout_seconds,
        memory_mb=128,
        execution_timeout_seconds=execution_timeout,
    )


def application(target: Function | StateMachine, *functions: Function) -> Application:
    durable = {"Target": target} if isinstance(target, Function) else {}
    machines = {"Target": target} if isinstance(target, StateMachine) else {}
    return Application(
        functions=durable | {one.name: one for one in functions},
        state_machines=machines,
        targets={"TargetArn": "Target"},
        code=HANDLERS,
    )


DURABLE, MACHINE = (
    replace(way_named(name), name="a-way", target_output="TargetArn", works={})
    for name in ("durable-poll", "sfn-poll")
)


@pytest.fixture
def durable() -> Callable[..., Rehearsal]:
    def run(name: str, document: Any, **others: Any) -> Rehearsal:
        scenario = Scenario(duration_seconds=1, input=document)
        return rehearse(scenario, DURABLE, application=application(function(name, **others)))

    return run


@pytest.fixture
def machine() -> Callable[..., Rehearsal]:
    def run(definition: dict[str, Any], *functions: Function, document: Any = None) -> Rehearsal:
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:machine"
        target = StateMachine(arn, "machine", json.dumps(definition))
        scenario = Scenario(duration_seconds=1, input=document or {})
        return rehearse(scenario, MACHINE, application=application(target, *functions))

    return run


def task(name: str, **others: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
            "Payload.$": "$",
        },
        "OutputPath": "$.Payload",
        "End": True,
        **others,
    }


def wait(seconds: int) -> dict[str, Any]:
    return {"Type": "Wait", "Seconds": seconds, "Next": "Wait"}


@pytest.mark.slow
def test_a_history_of_25_000_events_ends_an_execution(machine: Callable[..., Rehearsal]) -> None:
    done = machine({"StartAt": "Wait", "States": {"Wait": wait(1)}})
    assert done.trace.status == "FAILED"
    assert done.trace.history_events == 25_000
    assert "maximum number of history events (25000)" in str(done.trace.cause)
    assert done.death is not None
    # One event for the start, two a wait: event 25,000 would have entered wait 12,500.
    assert done.death.at - done.trace.started_at == 12_499


def test_the_machines_own_timeout_ends_an_execution(machine: Callable[..., Rehearsal]) -> None:
    trace = machine({"StartAt": "Wait", "TimeoutSeconds": 250, "States": {"Wait": wait(100)}}).trace
    assert (trace.status, trace.error_name) == ("TIMED_OUT", "Timeout")
    assert trace.ended_at is not None
    assert trace.ended_at - trace.started_at == 250


def test_an_execution_lasts_a_year_at_most(machine: Callable[..., Rehearsal]) -> None:
    trace = machine({"StartAt": "Wait", "States": {"Wait": wait(30_000_000)}}).trace
    assert trace.status == "TIMED_OUT"
    assert trace.ended_at is not None
    assert trace.ended_at - trace.started_at == 365 * 86_400


def test_a_result_larger_than_a_payload_fails_its_task(machine: Callable[..., Rehearsal]) -> None:
    definition = {"StartAt": "Task", "States": {"Task": task("large_answer")}}
    fits = machine(definition, function("large_answer"), document={"bytes": 250_000})
    assert fits.trace.status == "SUCCEEDED"
    trace = machine(definition, function("large_answer"), document={"bytes": 262_144}).trace
    assert (trace.status, trace.error_name) == ("FAILED", "DataLimitExceeded")


def test_an_input_larger_than_a_payload_starts_nothing(machine: Callable[..., Rehearsal]) -> None:
    with pytest.raises(InvalidStart, match="262144 bytes"):
        machine({"StartAt": "Wait", "States": {"Wait": wait(1)}}, document={"x": "x" * 262_144})


def test_a_tasks_timeout_interrupts_its_function(machine: Callable[..., Rehearsal]) -> None:
    definition = {"StartAt": "Task", "States": {"Task": task("slow", TimeoutSeconds=5)}}
    trace = machine(definition, function("slow"), document={"seconds": 30}).trace
    assert (trace.status, trace.error_name) == ("FAILED", "Timeout")
    assert trace.ended_at is not None
    assert trace.ended_at - trace.started_at == 5


def test_lambda_cuts_a_function_off_at_its_own_timeout(machine: Callable[..., Rehearsal]) -> None:
    definition = {"StartAt": "Task", "States": {"Task": task("slow")}}
    trace = machine(definition, function("slow", timeout_seconds=20), document={"seconds": 30}).trace
    assert (trace.status, trace.error_name) == ("FAILED", "Timedout")
    assert [one.duration_seconds for one in trace.invocations] == [20]


def test_a_retry_backs_off_on_the_virtual_clock(machine: Callable[..., Rehearsal]) -> None:
    retry = [{"ErrorEquals": ["MemoryError"], "IntervalSeconds": 10, "BackoffRate": 3.0, "MaxAttempts": 3}]
    definition = {"StartAt": "Task", "States": {"Task": task("crash", Retry=retry)}}
    trace = machine(definition, function("crash")).trace
    scheduled = [
        event.at - trace.started_at for event in trace.events if event.kind is EventKind.TASK_SCHEDULED
    ]
    assert scheduled == [0, 10, 40, 130]
    assert trace.error_name == "MemoryError"


@pytest.mark.slow
def test_3_000_operations_end_a_durable_execution(durable: Callable[..., Rehearsal]) -> None:
    done = durable("many_steps", {"steps": 3_000})
    # The execution itself is the first, so the 3,000th step is one too many.
    assert (done.trace.status, done.operations) == ("FAILED", 3_000)
    assert sum(event.kind is EventKind.STEP_SUCCEEDED for event in done.trace.events) == 2_999
    assert done.death is not None
    assert "durable operations (3000)" in done.death.reason


@pytest.mark.slow
def test_100_megabytes_written_end_a_durable_execution(durable: Callable[..., Rehearsal]) -> None:
    assert durable("much_data", {"steps": 104}).trace.status == "SUCCEEDED"
    done = durable("much_data", {"steps": 105})
    assert done.trace.status == "FAILED"
    assert done.death is not None
    assert "104857600 bytes" in done.death.reason


def test_the_execution_timeout_ends_a_durable_execution(durable: Callable[..., Rehearsal]) -> None:
    trace = durable("waits_for_ever", {}, execution_timeout=100_000).trace
    assert trace.status == "TIMED_OUT"
    assert trace.ended_at is not None
    assert trace.ended_at - trace.started_at == 100_000
