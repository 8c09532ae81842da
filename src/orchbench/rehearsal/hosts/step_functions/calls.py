"""What Step Functions answers of one execution, while it runs and afterwards: histories and task tokens."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackNotifyConsumerError,
    CallbackOutcomeSuccess,
    CallbackPoolManager,
)

from orchbench.rehearsal.function_calls import refusal
from orchbench.trace import Json

SEND = "SendTaskSuccess"
MOST_EVENTS_A_PAGE = 1000
USUAL_EVENTS_A_PAGE = 100
"""``PageSize`` of GetExecutionHistory, and what is taken where nobody says."""


def known(operation: str, request: Mapping[str, Any], execution_arn: str) -> None:
    """Refuse a request that is about another execution.

    Raises:
        ClientError: ExecutionDoesNotExist, as a rehearsal has one execution.
    """
    if request["executionArn"] != execution_arn:
        message = f"Execution Does Not Exist: {request['executionArn']}"
        raise refusal("ExecutionDoesNotExist", message, operation)


def history_page(events: Sequence[Mapping[str, Any]], request: Mapping[str, Any]) -> Json:
    """Return the page of a history that GetExecutionHistory is asked for."""
    ordered = list(reversed(events)) if request.get("reverseOrder") else list(events)
    first = int(request.get("nextToken") or 0)
    after = first + min(request.get("maxResults") or USUAL_EVENTS_A_PAGE, MOST_EVENTS_A_PAGE)
    page: Json = {"events": ordered[first:after]}
    return page | ({"nextToken": str(after)} if after < len(ordered) else {})


def complete(waiting: CallbackPoolManager | None, request: Mapping[str, Any]) -> Json:
    """End the Task that waits for a token, as SendTaskSuccess does.

    Raises:
        ClientError: InvalidToken where no Task had it, InvalidOutput where the output is not JSON, and
            TaskTimedOut where its Task is over already, or has been told.
    """
    token, output = request["taskToken"], request["output"]
    endpoint = waiting.get(token) if waiting else None
    if waiting is None or endpoint is None:
        raise refusal("InvalidToken", "Invalid token", SEND)
    try:
        json.loads(output)
    except ValueError:
        raise refusal("InvalidOutput", "The output is not valid JSON", SEND) from None
    try:
        if endpoint.get_outcome() is None:
            waiting.notify(token, CallbackOutcomeSuccess(token, output))
            return {}
    except CallbackNotifyConsumerError:
        pass
    raise refusal("TaskTimedOut", "The task has either expired or been closed already", SEND)
