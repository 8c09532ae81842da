"""Statements that a probe submits by the bench's own identity, and tables of its own; both go in the end."""

import itertools
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from orchbench.deployment.bench import SUBMITS_IN_FLIGHT_SECONDS
from orchbench.deployment.missing_permissions import REFUSED
from orchbench.deployment.warehouse import RUNNING, SqlFailed, Warehouse
from orchbench.probes.lab import Lab
from orchbench.probes.probe import NoAnswer
from orchbench.trace import Json

DIGITS = "SELECT 0 AS d" + "".join(f" UNION ALL SELECT {digit}" for digit in range(1, 10))
UNENDING = 12
"""Ten to this power of rows: no warehouse counts them while a probe runs."""
WAITING = ("SUBMITTED", "PICKED")
CANCEL_SECONDS = 10
NOT_TAKEN = "Status is false"
"""How a cancel is refused without an error."""
NO_REFUSAL = {
    *REFUSED,
    "DatabaseConnectionException",
    "InternalServerException",
    "QueryTimeoutException",
    "ResourceNotFoundException",
    "ThrottlingException",
}
"""Errors of a cancel that say nothing of how its statement stands."""
LISTED_BY = 64
"""Characters of a name that tell it from others: what is behind them may be shortened, as a probe tries."""


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
        self._ids: dict[str, list[str]] = {}
        self._unanswered: set[str] = set()

    def submit(self, sql: str, **more: Any) -> str:
        """Submit one statement and return its id; one that still runs in the end is cancelled."""
        return self._submitted(self.client.execute_statement, Sql=sql, **more)

    def submit_batch(self, *sqls: str, **more: Any) -> str:
        """Submit a batch and return its id."""
        return self._submitted(self.client.batch_execute_statement, Sqls=list(sqls), **more)

    def _submitted(self, submit: Callable[..., Json], **order: Any) -> str:
        """Submit under a name that is noted before: an interrupt may come before the answer with the id."""
        number = self._lab.once("numbers of statements", itertools.count)
        name = str(order.setdefault("StatementName", self._lab.name(f"statement-{next(number)}")))[:LISTED_BY]
        listing = (
            f"aws redshift-data list-statements --statement-name {name} --status STARTED "
            '--query "Statements[0].Id" --output text'
        )
        self._unanswered.add(name)
        with self._lab.remains.making(
            f"The statement {name}",
            f'aws redshift-data cancel-statement --id "$({listing})"',
            lambda: self._cancel_named(name),
        ):
            statement_id = str(submit(**order, **self.warehouse.where)["Id"])
        self._ids.setdefault(name, []).append(statement_id)
        self._unanswered.discard(name)
        return statement_id

    def _cancel_named(self, name: str) -> None:
        known = self._ids.get(name, [])

        def others() -> list[str]:
            return [one["Id"] for one in self.listed(name) if one["Id"] not in known]

        unanswered = name in self._unanswered
        found = self._lab.until(others, SUBMITS_IN_FLIGHT_SECONDS, every=0.5) if unanswered else []
        for statement_id in dict.fromkeys((*known, *found)):
            self.cancel_if_running(statement_id)

    def describe(self, statement_id: str) -> Json:
        """Describe a statement."""
        answer: Json = self.client.describe_statement(Id=statement_id)
        return answer

    def started(self, statement_id: str, seconds: float = 60) -> bool:
        """Wait until a statement runs, and tell whether it does.

        Raises:
            SqlFailed: it failed or was cancelled before.
        """
        found = self._lab.until(lambda: self._unless(statement_id, WAITING), seconds)
        return found is not None and _sound(found)["Status"] == "STARTED"

    def ended(self, statement_id: str, seconds: float = 120) -> Json | None:
        """Wait for a statement's end and describe it; None where it still runs."""
        return self._lab.until(lambda: self._unless(statement_id, RUNNING), seconds)

    def finished(self, statement_id: str, seconds: float = 120) -> Json:
        """Wait until a statement has finished and describe it.

        Raises:
            NoAnswer: it still runs.
            SqlFailed: it failed or was cancelled; whatever was to be seen of it is not the reason.
        """
        found = self.ended(statement_id, seconds)
        if found is None:
            raise NoAnswer(f"A statement did not end in {seconds:g} s.")
        return _sound(found)

    def _unless(self, statement_id: str, statuses: tuple[str, ...]) -> Json | None:
        found = self.describe(statement_id)
        return None if found["Status"] in statuses else found

    def cancel(self, statement_id: str) -> str | None:
        """Ask for a cancel, and return the refusal where the service says no: its code and its words."""
        try:
            taken = self.client.cancel_statement(Id=statement_id)["Status"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in NO_REFUSAL:
                raise
            return f"{code}: {error.response['Error']['Message']}"
        return None if taken else NOT_TAKEN

    def cancel_if_running(self, statement_id: str) -> None:
        """Cancel a statement until it has ended, or until it is clear that it does not."""

        def ended() -> bool:
            if self.describe(statement_id)["Status"] not in RUNNING:
                return True
            # A statement that waits refuses: it is asked again until it runs.
            self.cancel(statement_id)
            return False

        if not self._lab.until(ended, CANCEL_SECONDS, every=0.4):
            raise TimeoutError(f"it still runs {CANCEL_SECONDS} s after its cancel")

    def table(self, what: str, columns: str) -> str:
        """Create a table that goes in the end, and return its name."""
        name = "public." + self._lab.name(what).replace("-", "_")
        self._lab.remains.keep(
            f"The table {name}",
            f"a DROP TABLE {name} in {self.warehouse.database}",
            lambda: self.warehouse.run(f"DROP TABLE IF EXISTS {name}", "Dropping the probe's table"),
        )
        self.finished(self.submit(f"CREATE TABLE {name} ({columns})"))
        return name

    def listed(self, name: str) -> list[Json]:
        """Return the statements of a name, in any state."""
        answer = self.client.list_statements(StatementName=name, Status="ALL")
        found: list[Json] = answer["Statements"]
        return found


def _sound(description: Json) -> Json:
    """Return a description; one of a statement that did not get through is an error."""
    if description["Status"] in ("FAILED", "ABORTED"):
        reason = description.get("Error") or description["Status"]
        raise SqlFailed(f"A statement of the probe's failed: {reason}")
    return description
