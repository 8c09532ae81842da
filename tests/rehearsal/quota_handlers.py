"""Durable handlers that run into a quota, and functions that a state machine of a test calls."""

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration


@durable_execution
def many_steps(event: dict[str, Any], context: DurableContext) -> int:
    for _ in range(event["steps"]):
        context.step(lambda _context: "done", name="step")
    return int(event["steps"])


@durable_execution
def much_data(event: dict[str, Any], context: DurableContext) -> str:
    for _ in range(event["steps"]):
        context.step(lambda _context: "x" * 1_000_000, name="step")
    return "done"


@durable_execution
def waits_for_ever(_event: dict[str, Any], context: DurableContext) -> str:
    while True:
        context.wait(Duration.from_hours(12), name="wait")


def large_answer(event: dict[str, Any], _context: Any) -> str:
    return "x" * int(event["bytes"])


def slow(event: dict[str, Any], context: Any) -> str:
    context.clock.sleep(event["seconds"])
    return "done"


def crash(_event: dict[str, Any], _context: Any) -> str:
    raise MemoryError
