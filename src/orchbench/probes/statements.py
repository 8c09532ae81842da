"""Statements that a probe submits by the bench's own identity, and tables of its own; both go in the end."""

from typing import Any

from botocore.exceptions import ClientError

from orchbench.deployment.warehouse import RUNNING, Warehouse
from orchbench.probes.lab import Lab
from orchbench.trace import Json

DIGITS = "SELECT 0 AS d" + "".join(f" UNION ALL SELECT {digit}" for digit in range(1, 10))
UNENDING = 12
"""Ten to this power of rows: no warehouse counts them while a probe runs."""


def counting(power: int) -> str:
    """Return a query that counts ten to a power of rows, which Redshift and PostgreSQL both take."""
    tables = ", ".join(f"digits AS d{place}" for place in range(power))
    return f"WITH digits AS ({DIGITS}) SELECT COUNT(*) AS n FROM {tables}"  # noqa: S608 - no text from outside


class Statements:
    """The Data API, as a probe uses it."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.client = lab.client("redshift-data")
        self.warehouse = Warehouse(self.client, lab.outputs)

    def submit(self, sql: str, **more: Any) -> str:
        """Submit one statement and return its id; one that still runs in the end is cancelled."""
        return self._noted(self.client.execute_statement(Sql=sql, **more, **self.warehouse.where))

    def submit_batch(self, *sqls: str, **more: Any) -> str:
        """Submit a batch and return its id."""
        return self._noted(
            self.client.batch_execute_statement(Sqls=list(sqls), **more, **self.warehouse.where)
        )

    def _noted(self, answer: Json) -> str:
        statement_id = str(answer["Id"])
        self._lab.remains.keep(
            f"The statement {statement_id}",
            f"aws redshift-data cancel-statement --id {statement_id}",
            lambda: self.cancel_if_running(statement_id),
        )
        return statement_id

    def describe(self, statement_id: str) -> Json:
        """Describe a statement."""
        answer: Json = self.client.describe_statement(Id=statement_id)
        return answer

    def started(self, statement_id: str, seconds: float = 60) -> bool:
        """Wait until a statement runs, and tell whether it does."""
        status = self._lab.until(lambda: self._unless(statement_id, ("SUBMITTED", "PICKED")), seconds)
        return status == "STARTED"

    def ended(self, statement_id: str, seconds: float = 120) -> Json | None:
        """Wait for a statement's end and describe it; None where it still runs."""
        if not self._lab.until(lambda: self._unless(statement_id, RUNNING), seconds):
            return None
        return self.describe(statement_id)

    def _unless(self, statement_id: str, statuses: tuple[str, ...]) -> str | None:
        status = str(self.describe(statement_id)["Status"])
        return None if status in statuses else status

    def cancel(self, statement_id: str) -> str | None:
        """Ask for a cancel, and return the refusal where the service says no."""
        try:
            taken = self.client.cancel_statement(Id=statement_id)["Status"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":
                raise
            return str(error.response["Error"]["Message"])
        return None if taken else "Status is false"

    def cancel_if_running(self, statement_id: str) -> None:
        """Cancel a statement until it has ended, or until it is clear that it does not."""
        deadline = 10

        def ended() -> bool:
            if self.describe(statement_id)["Status"] not in RUNNING:
                return True
            # A statement that waits refuses: it is asked again until it runs.
            self.cancel(statement_id)
            return False

        if not self._lab.until(ended, deadline, every=0.4):
            raise TimeoutError(f"it still runs {deadline} s after its cancel")

    def table(self, what: str, columns: str) -> str:
        """Create a table that goes in the end, and return its name."""
        name = "public." + self._lab.name(what).replace("-", "_")
        self._lab.remains.keep(
            f"The table {name}",
            f"a DROP TABLE {name} in {self.warehouse.database}",
            lambda: self.warehouse.run(f"DROP TABLE IF EXISTS {name}", "Dropping the probe's table"),
        )
        self.warehouse.run(f"CREATE TABLE {name} ({columns})", "Creating the probe's table")
        return name

    def listed(self, name: str) -> list[Json]:
        """Return the statements of a name, in any state."""
        answer = self.client.list_statements(StatementName=name, Status="ALL")
        found: list[Json] = answer["Statements"]
        return found
