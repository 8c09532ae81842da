"""Durable operations are counted as AWS meters them."""

import pytest
from aws_durable_execution_sdk_python.lambda_service import (
    ErrorObject,
    OperationAction,
    OperationType,
    OperationUpdate,
    WaitOptions,
)

from orchbench.rehearsal.hosts.durable_functions.metering import MOST_OPERATIONS, Metering


def update(
    kind: str, action: str, *, identity: str = "1", sub_type: str | None = None, payload: str | None = None
) -> OperationUpdate:
    return OperationUpdate(
        operation_id=identity,
        operation_type=OperationType[kind],
        action=OperationAction[action],
        sub_type=sub_type,
        payload=payload,
    )


def metered(*updates: OperationUpdate) -> int:
    meter = Metering()
    for one in updates:
        meter.count([one])
    return meter.operations


def test_a_step_is_one_operation_and_each_of_its_retries_another() -> None:
    start, retry = update("STEP", "START"), update("STEP", "RETRY")
    assert metered(start, update("STEP", "SUCCEED")) == 1
    assert metered(start, retry, start, retry, start, update("STEP", "FAIL")) == 3


def test_a_wait_is_one_operation_when_it_starts() -> None:
    assert metered(update("WAIT", "START")) == 1


def test_a_wait_for_condition_is_one_operation_and_one_for_each_poll() -> None:
    start = update("STEP", "START", sub_type="WaitForCondition")
    poll = update("STEP", "RETRY", sub_type="WaitForCondition")
    last = update("STEP", "SUCCEED", sub_type="WaitForCondition")
    assert metered(start, poll, start, poll, start, last) == 1 + 3


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [("CONTEXT", 0, 1), ("CALLBACK", 1, 0), ("CHAINED_INVOKE", 1, 0), ("EXECUTION", 0, 0)],
)
def test_the_other_operations_count_once(kind: str, start: int, end: int) -> None:
    assert (metered(update(kind, "START")), metered(update(kind, "SUCCEED"))) == (start, end)


def test_the_start_and_each_invocation_made_again_are_operations() -> None:
    meter = Metering()
    meter.start("{}")
    meter.invocation_retried()
    assert meter.operations == 2


def test_bytes_are_those_of_payloads_and_errors() -> None:
    meter = Metering()
    meter.start('{"é": 1}')
    meter.count([update("STEP", "SUCCEED", payload="12345")])
    meter.end("ok")
    assert meter.written_bytes == 9 + 5 + 2
    error = ErrorObject(message="no", type="E", data=None, stack_trace=None)
    failed = OperationUpdate(
        operation_id="2", operation_type=OperationType.STEP, action=OperationAction.FAIL, error=error
    )
    before = meter.written_bytes
    meter.count([failed])
    assert meter.written_bytes > before


def test_the_operation_over_the_quota_is_refused_and_the_last_one_is_not() -> None:
    meter = Metering(operations=MOST_OPERATIONS - 1)
    done = update("STEP", "SUCCEED")
    assert meter.refusal([done]) is None
    meter.count([done])
    assert meter.refusal([update("STEP", "START")]) is None
    assert "3000" in str(meter.refusal([done]))


@pytest.mark.parametrize("seconds", [0, 1.5, 31_622_401])
def test_a_wait_takes_whole_seconds(seconds: float) -> None:
    wait = OperationUpdate(
        operation_id="1",
        operation_type=OperationType.WAIT,
        action=OperationAction.START,
        wait_options=WaitOptions(wait_seconds=seconds),  # type: ignore[arg-type]
    )
    assert "whole seconds" in str(Metering().refusal([wait]))
