"""Executions of both services, as the cancel function and the sweep know them: over or not, what they sent.

It reads the services' own records and changes nothing. A service tells its executions apart by the ARN alone,
so that a way is added or deleted without a change here.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from redshift_batch import clients
from redshift_batch.codes import ERRORS
from redshift_batch.errors import (
    BY_NAME,
    NOTHING_SUBMITTED,
    BatchError,
    ExecutionNotReadable,
    InvalidInput,
    NothingToCancelYet,
    UnexpectedError,
)
from redshift_batch.model import Json, Submission
from redshift_batch.status import NOT_SUBMITTED

# Executions that end together ask for their histories together; 15 to 20 calls a second are allowed.
CLIENT_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 6},
    user_agent_extra="orchbench",
)
PAGE = 100
"""Events a call: the submit is among the first."""

MACHINE_ENDS = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})
MACHINE_END_EVENTS = frozenset(
    {"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
)
DATA_API_INTEGRATION = "aws-sdk:redshiftdata"
"""Its submit and its look both answer the statement's ``Id``."""
DURABLE_ENDS = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED", "DELETING"})


class Executions(Protocol):
    """The executions of one service."""

    def submission(self, execution_id: str) -> Submission:
        """Return what an execution that has ended sent, as far as its history tells."""

    def has_ended(self, execution_id: str) -> bool | None:
        """Tell whether an execution has ended; None where the service knows no such execution (any more)."""


@cache
def client(service: str) -> Any:
    """Return the environment's one client of a service, built at the first call."""
    return clients.client(service, CLIENT_CONFIG)


def executions_of(execution_id: str) -> Executions:
    """Return the service that runs this execution.

    Raises:
        InvalidInput: the ARN is of neither service.
    """
    service = f"{execution_id}::".split(":")[2]
    if service == "states":
        return StateMachineExecutions(client("stepfunctions"))
    if service == "lambda":
        return DurableExecutions(client("lambda"))
    raise InvalidInput(
        f"{execution_id[:80]!r} is not an execution: it takes the ARN of a state machine's or a durable one."
    )


def ended_execution(event: Mapping[str, Any]) -> str:
    """Return the ARN of the execution that a status-change event is about.

    Args:
        event: EventBridge's, from either service: ``Step Functions Execution Status Change`` or
            ``Durable Execution Status Change``.

    Raises:
        InvalidInput: it names no execution.
    """
    detail = event.get("detail")
    found = (
        detail.get("executionArn") or detail.get("durableExecutionArn") if isinstance(detail, dict) else None
    )
    if not isinstance(found, str):
        raise InvalidInput(
            "The event names no execution: it takes a status change of Step Functions or of Lambda."
        )
    return found


class StateMachineExecutions:
    """Executions of state machines."""

    def __init__(self, step_functions: Any) -> None:
        self._client = step_functions

    def submission(self, execution_id: str) -> Submission:
        """Read the history up to the submit's answer, or to its end where there is none."""
        began = ended = concluded = False
        attempts: list[str | None] = []
        end = None
        for event in self._events(execution_id):
            began = began or event["type"] == "TaskScheduled"
            details = event.get("taskSucceededEventDetails") or {}
            told = parsed(details.get("output"))
            answered = _output(told.get("Payload"))
            if statement_id := _statement_id(answered) or _integrations_statement_id(details, told):
                return Submission(statement_id)
            concluded = concluded or answered.get("status") == NOT_SUBMITTED
            if event["type"] in ("TaskFailed", "TaskTimedOut"):
                attempts.append((event.get("taskFailedEventDetails") or {}).get("error"))
            ended = ended or event["type"] in MACHINE_END_EVENTS
            end = (event.get("executionFailedEventDetails") or {}).get("error", end)
        # Only a history that shows its end is whole.
        sent_nothing = _sent_nothing(attempts, end, concluded=concluded)
        return Submission(None, possible=not ended or (began and not sent_nothing))

    def has_ended(self, execution_id: str) -> bool | None:
        """Describe the execution."""
        found = answer(self._client.describe_execution, "ExecutionDoesNotExist", executionArn=execution_id)
        return None if found is None else found["status"] in MACHINE_ENDS

    def _events(self, execution_id: str) -> Iterator[Json]:
        request: Json = {"executionArn": execution_id, "maxResults": PAGE}
        while True:
            page = (
                answer(
                    self._client.get_execution_history,
                    "ExecutionDoesNotExist",
                    includeExecutionData=True,
                    **request,
                )
                or {}
            )
            yield from page.get("events", ())
            if not page.get("nextToken"):
                return
            request["nextToken"] = page["nextToken"]


class DurableExecutions:
    """Durable executions of Lambda functions."""

    def __init__(self, lambda_client: Any) -> None:
        self._client = lambda_client

    def submission(self, execution_id: str) -> Submission:
        """Read the history up to the submit's answer, or to its end where there is none.

        A step's start is written behind its back, so a history without one is no proof that nothing was sent.
        """
        attempts: list[str | None] = []
        end = None
        concluded = False
        for event in self._events(execution_id):
            result = (event.get("StepSucceededDetails") or {}).get("Result") or {}
            answered = _output(parsed(result.get("Payload")))
            if statement_id := _statement_id(answered):
                return Submission(statement_id)
            concluded = concluded or answered.get("status") == NOT_SUBMITTED
            if "StepFailedDetails" in event:
                attempts.append(_error_type(event, "StepFailedDetails"))
            end = _error_type(event, "ExecutionFailedDetails") or end
        return Submission(None, possible=not _sent_nothing(attempts, end, concluded=concluded))

    def has_ended(self, execution_id: str) -> bool | None:
        """Describe the execution."""
        # AWS's documents contradict each other about the default.
        found = answer(
            self._client.get_durable_execution,
            "ResourceNotFoundException",
            DurableExecutionArn=execution_id,
            IncludeExecutionData=False,
        )
        return None if found is None else found["Status"] in DURABLE_ENDS

    def _events(self, execution_id: str) -> Iterator[Json]:
        request: Json = {"DurableExecutionArn": execution_id, "MaxItems": PAGE}
        while True:
            page = (
                answer(
                    self._client.get_durable_execution_history,
                    "ResourceNotFoundException",
                    IncludeExecutionData=True,
                    **request,
                )
                or {}
            )
            yield from page.get("Events", ())
            if not page.get("NextMarker"):
                return
            request["Marker"] = page["NextMarker"]


def answer(operation: Any, *gone: str, **request: Any) -> Json | None:
    """Make a call; None where the service answers with one of these errors, as for what it does not know.

    Raises:
        ExecutionNotReadable: the service did not answer, or would not.
    """
    try:
        found: Json = operation(**request)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        # The local runner gives no code, but the status that goes with it.
        if code in gone or status == HTTPStatus.NOT_FOUND:
            return None
        raise ExecutionNotReadable(f"{code}: {error.response.get('Error', {}).get('Message', '')}") from error
    except BotoCoreError as error:
        raise ExecutionNotReadable(str(error)) from error
    return found


def parsed(text: Any) -> Json:
    """Read an object that a service kept as text; empty where it is none."""
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        # The service cuts long results.
        return {}
    return found if isinstance(found, dict) else {}


def _output(progress: Any) -> Json:
    found = progress.get("output") if isinstance(progress, dict) else None
    return found if isinstance(found, dict) else {}


def _statement_id(output: Json) -> str | None:
    found = output.get("statement_id")
    return found if isinstance(found, str) else None


def _integrations_statement_id(details: Mapping[str, Any], told: Json) -> str | None:
    """Return the id that the Data API itself answered to a Task which calls it without a function."""
    found = told.get("Id") if details.get("resourceType") == DATA_API_INTEGRATION else None
    return found if isinstance(found, str) else None


def _error_type(event: Json, details: str) -> str | None:
    error = ((event.get(details) or {}).get("Error") or {}).get("Payload") or {}
    found = error.get("ErrorType")
    return found if isinstance(found, str) else None


def _sent_nothing(attempts: Sequence[str | None], end: str | None, *, concluded: bool) -> bool:
    """Tell whether an execution failed knowing that it had no statement.

    Either every attempt at its submit was refused (an answer that was lost before a refusal may have been a
    yes), or met a defect after which its cancel found none; or the last thing it did was to look for a
    statement of its name, until its retries ran out. One that was ended from outside knows nothing.

    Args:
        attempts: the errors of the attempts at a call, in their order.
        end: the error that the execution itself failed with; None where it did not fail.
        concluded: whether its cancel looked, and said that there is none.
    """
    if end is None:
        return False
    over = (*NOTHING_SUBMITTED, UnexpectedError) if concluded else NOTHING_SUBMITTED
    looked_in_vain = bool(attempts) and _is(attempts[-1], NothingToCancelYet)
    return looked_in_vain or all(_is(one, *over) for one in (*attempts, end))


def _is(recorded: str | None, *kinds: type[BatchError]) -> bool:
    """Tell whether a recorded name is one of these kinds, or a code of the Data API that becomes one.

    A module's name may stand before it, or the integration's.
    """
    name = (recorded or "").rpartition(".")[2]
    found = BY_NAME.get(name) or ERRORS.get(name)
    return found is not None and issubclass(found, kinds)
