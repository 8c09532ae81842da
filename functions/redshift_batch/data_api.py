"""The Redshift Data API as this application uses it: submit, describe, cancel and find, with our errors.

One table tells faults that another attempt may not meet from those it would meet again. The client is built
once per environment of a function.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from .clients import client
from .codes import ERRORS
from .errors import (
    BatchError,
    DataApiRefused,
    DataApiUnavailable,
    StatementNotRunningYet,
)
from .model import Batch, NamedStatement, Statement, SubStatement
from .names import client_token, execution_named, statement_name
from .settings import Settings
from .status import ENDED_STATUSES, RUNNING_STATUSES

# Three attempts of at most 2 s + 10 s and the pauses between them stay well below the function's 60 s, so
# that a slow Data API is reported as what it is before the handler's own time runs out.
CLIENT_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent_extra="orchbench",
)


class RedshiftDataClient(Protocol):
    """The operations of botocore's ``redshift-data`` client that are called."""

    def batch_execute_statement(self, **parameters: Any) -> dict[str, Any]: ...
    def describe_statement(self, **parameters: Any) -> dict[str, Any]: ...
    def cancel_statement(self, **parameters: Any) -> dict[str, Any]: ...
    def list_statements(self, **parameters: Any) -> dict[str, Any]: ...


# Three cancels a second are allowed. Whoever cancels for a burst of executions waits for his turn, some 35 s
# on average, before the fault is left to the next attempt.
PATIENT_CLIENT_CONFIG = CLIENT_CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 8}))


@cache
def redshift_data_client(*, patient: bool = False) -> RedshiftDataClient:
    """Return the environment's one client, built at the first call.

    Args:
        patient: wait out the throttling of a burst, where nothing else waits for the answer.
    """
    config = PATIENT_CLIENT_CONFIG if patient else CLIENT_CONFIG
    made: RedshiftDataClient = client("redshift-data", config)
    return made


class DataApi:
    """The Data API for one deployment: where batches run, and the calls they need."""

    def __init__(self, client: RedshiftDataClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def submit(
        self, batch: Batch, execution_id: str, *, with_event: bool = False, callback_id: str = ""
    ) -> Statement:
        """Submit a batch; a repeated submit of the same execution returns the statement that runs already.

        Args:
            with_event: whether an event is to tell of the statement's end.
            callback_id: of the callback that the event completes, to travel in the statement's name.

        Raises:
            TransientFault: the batch may have been submitted all the same.
            DataApiRefused: it was not.
        """
        token = client_token(execution_id)
        request: dict[str, Any] = {
            "Sqls": list(batch.statements),
            "ClientToken": token,
            "StatementName": statement_name(execution_id, callback_id),
            "ExecutionMode": batch.execution_mode.value,
            **self._target(),
        }
        if with_event:
            request["WithEvent"] = True
        if batch.parameters:
            request["Parameters"] = [{"name": name, "value": value} for name, value in batch.parameters]
        try:
            answer = _translated(self._client.batch_execute_statement, request)
        except DataApiRefused:
            # An earlier attempt may have been taken, its answer lost, and this one refused for its token.
            statement_id = self._found(execution_id)
            if statement_id is None:
                raise
            return self.describe(statement_id)
        created_at = answer["CreatedAt"]
        return Statement(answer["Id"], answer.get("Status", "SUBMITTED"), created_at, created_at)

    def describe(self, statement_id: str, *, wait_seconds: int = 0) -> Statement:
        """Return the statement as the service sees it, its sub-statements included.

        Args:
            statement_id: as the submit returned it.
            wait_seconds: up to 30, how long the service may hold its answer back until the statement ends.
        """
        request: dict[str, Any] = {"Id": statement_id}
        if wait_seconds:
            request["WaitTimeSeconds"] = wait_seconds
        answer = _translated(self._client.describe_statement, request)
        return Statement(
            statement_id=answer["Id"],
            status=answer["Status"],
            created_at=answer["CreatedAt"],
            updated_at=answer["UpdatedAt"],
            query_seconds=_seconds(answer.get("Duration")),
            result_rows=max(0, answer.get("ResultRows", 0)),
            error=answer.get("Error"),
            sub_statements=tuple(_sub_statement(one) for one in answer.get("SubStatements", ())),
        )

    def cancel(self, statement_id: str) -> None:
        """Ask for the statement to be stopped; one that has ended already is left as it is.

        Raises:
            StatementNotRunningYet: the service takes no cancel while the statement waits to run.
            DataApiRefused: the service says no for another reason than that the statement has ended.
        """
        try:
            answer = _translated(self._client.cancel_statement, {"Id": statement_id})
        except DataApiRefused as refusal:
            status = self.describe(statement_id).status
            if status in ENDED_STATUSES:
                return
            if refusal.code == "ValidationException":
                # CancelStatement takes running statements only, and this one may still be queued.
                raise StatementNotRunningYet(f"The statement is {status}: {refusal}") from refusal
            raise
        if answer.get("Status") is False and self.describe(statement_id).status not in ENDED_STATUSES:
            raise StatementNotRunningYet("The Data API took the cancel, and says that it did not succeed.")

    def find(self, execution_id: str) -> str | None:
        """Return the id of the statement that this execution submitted, or None where there is none.

        Only statements of the caller's own role are listed, by the name that the submit gave them.
        """
        listed = list(self._list({"StatementName": client_token(execution_id), "Status": "ALL"}))
        # A token is kept for 8 hours: a redriven execution may have two, and the newer one may still run.
        running = [one for one in listed if one.get("Status") in RUNNING_STATUSES]
        return next((str(statement["Id"]) for statement in running or listed), None)

    def running(self) -> Iterator[NamedStatement]:
        """Yield every statement that runs, or waits to, under the name of an execution.

        Only statements of the caller's own role are listed, so those of another deployment are not.
        """
        seen: set[str] = set()
        # In the order in which a statement passes them, so that none slips through between two calls.
        for status in ("SUBMITTED", "PICKED", "STARTED"):
            for statement in self._list({"Status": status}):
                statement_id = str(statement["Id"])
                execution_id = execution_named(statement.get("StatementName") or "")
                if execution_id is not None and statement_id not in seen:
                    seen.add(statement_id)
                    yield NamedStatement(statement_id, execution_id, statement["CreatedAt"])

    def _list(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            answer = _translated(self._client.list_statements, request)
            yield from answer.get("Statements", ())
            if not answer.get("NextToken"):
                return
            request["NextToken"] = answer["NextToken"]

    def _found(self, execution_id: str) -> str | None:
        """Look for a statement after a refusal; a look-up that may work later is worth another attempt."""
        try:
            return self.find(execution_id)
        except DataApiRefused:
            return None

    def _target(self) -> dict[str, str]:
        settings = self._settings
        named = {
            "Database": settings.database,
            "WorkgroupName": settings.workgroup_name,
            "ClusterIdentifier": settings.cluster_identifier,
            "DbUser": settings.db_user,
            "SecretArn": settings.secret_arn,
        }
        return {key: value for key, value in named.items() if value}


def _translated(operation: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Make a call, and raise the service's errors as ours; the text stays the service's own."""
    try:
        answer: dict[str, Any] = operation(**request)
    except ClientError as error:
        raise _error_of(error) from error
    except ParamValidationError as error:
        raise DataApiRefused(" ".join(str(error).split())) from error
    except BotoCoreError as error:
        # No answer: no connection, a timeout, no credentials yet.
        raise DataApiUnavailable(str(error)) from error
    return answer


def _error_of(error: ClientError) -> BatchError:
    details = error.response.get("Error", {})
    code = details.get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    fallback = DataApiUnavailable if status >= 500 else DataApiRefused
    translated = ERRORS.get(code, fallback)(f"{code}: {details.get('Message', '')}")
    translated.code = code
    return translated


def _seconds(nanoseconds: int | None) -> float:
    # -1 stands for "not known yet".
    return max(0, nanoseconds or 0) / 1e9


def _sub_statement(answer: dict[str, Any]) -> SubStatement:
    return SubStatement(
        statement_id=answer["Id"],
        status=answer.get("Status", ""),
        result_rows=max(0, answer.get("ResultRows", 0)),
        query_seconds=_seconds(answer.get("Duration")),
        error=answer.get("Error"),
    )
