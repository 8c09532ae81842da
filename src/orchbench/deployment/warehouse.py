"""SQL on the deployment's warehouse by the bench's own identity, through the Data API.

For seeding, checking and looking; no batch that is compared runs here. The same code on AWS and locally.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol

Row = tuple[Any, ...]
LONG_POLL_SECONDS = 30
RUNNING = ("SUBMITTED", "PICKED", "STARTED")


class RunsSql(Protocol):
    """What seeding and checking ask of a database; a ``Warehouse`` is one."""

    def run(self, sql: str, what: str) -> str: ...
    def rows(self, sql: str, what: str) -> list[Row]: ...


class SqlFailed(Exception):
    """A statement of the bench's own did not finish; the message holds the service's reason, not the SQL."""


class Warehouse:
    """One database, as the outputs of the deployed template name it."""

    def __init__(self, client: Any, outputs: Mapping[str, str], secret_arn: str | None = None) -> None:
        """Keep a boto3 client of ``redshift-data`` and where statements run.

        Args:
            client: of ``redshift-data``.
            outputs: of the deployed template.
            secret_arn: of the database user to run them as; None for that of the caller's identity.
        """
        self._client = client
        self.target = outputs["Target"]
        self.database = outputs["Database"]
        kind = "WorkgroupName" if self.target.startswith("arn:") else "ClusterIdentifier"
        self.where = {kind: self.target, "Database": self.database}
        if secret_arn is not None:
            self.where["SecretArn"] = secret_arn

    def run(self, sql: str, what: str) -> str:
        """Run one statement to its end and return its id.

        Args:
            sql: the statement.
            what: said in the error.

        Raises:
            SqlFailed: it failed or was cancelled.
        """
        statement_id = str(self._client.execute_statement(Sql=sql, **self.where)["Id"])
        try:
            while True:
                answer = self._client.describe_statement(Id=statement_id, WaitTimeSeconds=LONG_POLL_SECONDS)
                if answer["Status"] not in RUNNING:
                    break
        except BaseException:
            # It may have ended meanwhile; what interrupted it is what the caller must see.
            with suppress(self._client.exceptions.ValidationException):
                self._client.cancel_statement(Id=statement_id)
            raise
        if answer["Status"] != "FINISHED":
            reason = answer.get("Error") or answer["Status"]
            raise SqlFailed(f"{what} failed: {reason}")
        return statement_id

    def rows(self, sql: str, what: str) -> list[Row]:
        """Run a query and return its rows."""
        return list(self._pages(self.run(sql, what)))

    def _pages(self, statement_id: str) -> Iterator[Row]:
        request: dict[str, Any] = {"Id": statement_id}
        while True:
            answer = self._client.get_statement_result(**request)
            for record in answer["Records"]:
                yield tuple(_value(field) for field in record)
            if not answer.get("NextToken"):
                return
            request["NextToken"] = answer["NextToken"]


def _value(field: Mapping[str, Any]) -> Any:
    ((kind, value),) = field.items()
    return None if kind == "isNull" else value
