"""The waits of executions, as the notify function ends them: by a task token, or by a callback.

It reads the services' own records for what is waited for, so that nothing is stored besides. A wait ends
without a verdict: the execution describes its statement then.
"""

from typing import Any, Protocol

from executions import StateMachineExecutions, answer, client, executions_of, parsed
from redshift_batch.errors import ExecutionNotReadable, ExecutionNotWoken
from redshift_batch.model import Json
from task_tokens import complete

NEWEST = 100
"""Events: more than follow a wait that is still open."""
RESOURCE_OF_A_WAIT = "invoke.waitForTaskToken"

CALLBACK_REFUSED = (
    "CallbackTimeoutException",
    "ResourceNotFoundException",
    "InvalidParameterValueException",
    "ValidationException",
)
"""Of a wait that is over, timed out, or was never begun."""
CALLBACK_ENDS = frozenset({"CallbackSucceeded", "CallbackFailed", "CallbackTimedOut"})


class Waits(Protocol):
    """The waits of one service's executions."""

    def end(self, execution_id: str, callback_id: str) -> bool:
        """End the wait that is open; False where there is none, or where it is over already.

        Args:
            callback_id: of the execution's first wait, if it is known.
        """


def wake(execution_id: str, callback_id: str = "") -> bool:
    """Wake an execution, so that it looks at its statement; False where it is over.

    Args:
        callback_id: of its first wait, if it is known.

    Raises:
        ExecutionNotWoken: its service said no, or shows no wait that is open. A history that is read may be
            older than the wait, so the same may work a minute later.
    """
    try:
        if waits_of(execution_id).end(execution_id, callback_id):
            return True
        if executions_of(execution_id).has_ended(execution_id):
            return False
    except ExecutionNotReadable as error:
        raise ExecutionNotWoken(str(error)) from error
    raise ExecutionNotWoken("It is not over, and no wait of it is open, as far as its history shows by now.")


def waits_of(execution_id: str) -> Waits:
    """Return the waits of the service that runs this execution.

    Raises:
        InvalidInput: the ARN is of neither service.
    """
    if isinstance(executions_of(execution_id), StateMachineExecutions):
        return TaskTokens(client("stepfunctions"))
    return Callbacks(client("lambda"))


class TaskTokens:
    """Tasks of state machines that wait for their token."""

    def __init__(self, step_functions: Any) -> None:
        self._client = step_functions

    def end(self, execution_id: str, callback_id: str) -> bool:  # noqa: ARG002 - a token is in no name
        """Complete the token of the newest wait: each time that a Task is entered, it has a new one."""
        token = self._newest(execution_id)
        return token is not None and complete(token, self._client)

    def _newest(self, execution_id: str) -> str | None:
        page = answer(
            self._client.get_execution_history,
            "ExecutionDoesNotExist",
            executionArn=execution_id,
            includeExecutionData=True,
            maxResults=NEWEST,
            reverseOrder=True,
        )
        scheduled = (event.get("taskScheduledEventDetails") or {} for event in (page or {}).get("events", ()))
        waits = (one for one in scheduled if one.get("resource") == RESOURCE_OF_A_WAIT)
        payload = parsed(next(waits, {}).get("parameters")).get("Payload") or {}
        found = payload.get("task_token")
        return found if isinstance(found, str) else None


class Callbacks:
    """Callbacks of durable executions."""

    def __init__(self, lambda_client: Any) -> None:
        self._client = lambda_client

    def end(self, execution_id: str, callback_id: str) -> bool:
        """Complete the first wait's callback, and where it is over the newest one that waits.

        The history is read only then: 15 calls a second are allowed, and 3,000 completions.
        """
        if callback_id and self._complete(callback_id):
            return True
        newest = self._newest(execution_id)
        return newest is not None and self._complete(newest)

    def _complete(self, callback_id: str) -> bool:
        operation = self._client.send_durable_execution_callback_success
        return answer(operation, *CALLBACK_REFUSED, CallbackId=callback_id) is not None

    def _newest(self, execution_id: str) -> str | None:
        page = answer(
            self._client.get_durable_execution_history,
            "ResourceNotFoundException",
            DurableExecutionArn=execution_id,
            IncludeExecutionData=True,
            MaxItems=NEWEST,
            ReverseOrder=True,
        )
        events: list[Json] = sorted(
            (page or {}).get("Events", ()), key=lambda event: event["EventId"], reverse=True
        )
        over = {event.get("Id") for event in events if event["EventType"] in CALLBACK_ENDS}
        waiting = (
            event
            for event in events
            if event["EventType"] == "CallbackStarted" and event.get("Id") not in over
        )
        details = next(waiting, {}).get("CallbackStartedDetails") or {}
        found = details.get("CallbackId")
        return found if isinstance(found, str) else None
