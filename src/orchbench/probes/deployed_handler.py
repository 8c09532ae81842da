"""The handler of the probes' own durable function; a copy of the deployed package gets it, and runs there.

It imports nothing of this project, and is never imported by it.
"""

import os
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitForConditionDecision


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Do one kind of work some times, and return which configuration the function had in the end."""
    works = {"wait": wait, "step": step, "condition": condition, "crash": crash, "callback": callback}
    work = works[event["work"]]
    work(context, event)
    return {"configured": os.environ.get("PROBE_CONFIGURED", "")}


def wait(context: DurableContext, event: dict[str, Any]) -> None:
    """Sleep, and take a step after each sleep."""
    for number in range(event["times"]):
        context.wait(Duration.from_seconds(event["seconds"]), name=f"wait-{number}")
        context.step(lambda _context: "awake", name=f"awake-{number}")


def step(context: DurableContext, event: dict[str, Any]) -> None:
    """Take steps, one after the other."""
    for number in range(event["times"]):
        context.step(lambda _context: "done", name=f"step-{number}")


def condition(context: DurableContext, event: dict[str, Any]) -> None:
    """Wait for a condition that holds at a given look."""

    def next_look(_state: Any, looks: int) -> WaitForConditionDecision:
        if looks >= event["times"]:
            return WaitForConditionDecision.stop_polling()
        return WaitForConditionDecision.continue_waiting(Duration.from_seconds(1))

    config = WaitForConditionConfig(wait_strategy=next_look, initial_state="waiting")
    context.wait_for_condition(lambda state, _context: state, config, name="look")


def callback(context: DurableContext, event: dict[str, Any]) -> None:
    """Begin callbacks, and wait for none of them."""
    config = CallbackConfig(timeout=Duration.from_seconds(event["seconds"]))
    for number in range(event["times"]):
        context.create_callback(f"open-{number}", config)


def crash(_context: DurableContext, _event: dict[str, Any]) -> None:
    """End the process, as running out of memory does."""
    os._exit(1)
