"""A durable function that steps, waits and fails on request."""

import functools
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, StepContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration


class ExpectedFault(Exception):
    """Raised on request."""


def checked(poll: int, _step: StepContext) -> int:
    """Return the number of the poll, as a step's result."""
    return poll


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    """Poll as often as asked, with a wait before each poll."""
    polls = event.get("polls", 2)
    for poll in range(polls):
        context.wait(Duration.from_seconds(event.get("seconds", 1)), name=f"wait-{poll}")
        context.step(functools.partial(checked, poll), name=f"check-{poll}")
    if event.get("do") == "fail":
        raise ExpectedFault("as asked")
    return {"polls": polls}


def crash(_event: dict[str, Any], _context: Any) -> None:
    """Fail outside the SDK, as a function that cannot start does."""
    raise RuntimeError("the invocation fails")
