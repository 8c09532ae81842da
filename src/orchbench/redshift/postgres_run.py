"""One request on one PostgreSQL connection, from its queue to its end, with its cancel."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from orchbench.redshift.clock import Clock
from orchbench.redshift.parameters import names_used, with_placeholders
from orchbench.redshift.result_set import ResultTooLargeError, read_result
from orchbench.redshift.statement import PRIOR_FAILED, Progress, ResultSet, StatementProgress, Status, Work
from orchbench.redshift.table_locks import lock_statements

log = logging.getLogger(__name__)

QUERY_CANCELED = b"57014"
CANCEL_SECONDS = 10.0
CANCEL_INTERVAL_SECONDS = 0.05
SUCCESS = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a statement may run and how many bytes it may return."""

    query_seconds: float
    result_bytes: int


class _StatementFailed(Exception):
    """PostgreSQL refused a statement; the text is the error as the Data API shows it."""


class _Stopped(Exception):
    """The request was cancelled, here or by somebody else on the server."""


class PostgresRun:
    """A request on PostgreSQL. `play` runs in a thread of its own; any thread may call the rest."""

    def __init__(
        self,
        work: Work,
        *,
        connect: Callable[[], psycopg.Connection],
        clock: Clock,
        slots: threading.Semaphore,
        limits: Limits,
        new_query_id: Callable[[], int],
    ) -> None:
        self._work = work
        self._connect = connect
        self._clock = clock
        self._slots = slots
        self._limits = limits
        self._new_query_id = new_query_id
        self._changed = threading.Condition()
        waiting = StatementProgress(Status.SUBMITTED, work.created_at)
        self._progress = Progress(Status.SUBMITTED, work.created_at, (waiting,) * len(work.sqls))
        self._results: dict[int, ResultSet] = {}
        self._connection: psycopg.Connection | None = None
        self._cancelled = False
        self._committing = False

    def progress(self) -> Progress:
        """Return how far it is."""
        with self._changed:
            return self._progress

    def wait(self, seconds: float, index: int | None) -> None:
        """Return when the whole or one statement has ended, or after that many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._status(index).ended, seconds)

    def result(self, index: int) -> ResultSet | None:
        """Return the rows of a statement."""
        with self._changed:
            return self._results.get(index)

    def cancel(self) -> bool:
        """Stop the query on the server and return when it has ended.

        A commit that has begun is not stopped: then the request ends by itself.
        """
        with self._changed:
            if self._progress.status.ended:
                return False
            self._cancelled = True
            deadline = self._clock.now() + CANCEL_SECONDS
        # Again and again: one cancel may fall between two statements, where it stops nothing.
        while not self._ended_within(CANCEL_INTERVAL_SECONDS) and self._clock.now() < deadline:
            self._interrupt()
        return self.progress().status is not Status.FINISHED

    def play(self) -> None:
        """Run the request to its end."""
        try:
            self._await_slot()
        except _Stopped:
            self._end(Status.ABORTED, None)
            return
        try:
            self._update(status=Status.PICKED)
            with self._connect() as connection:
                self._play_on(connection)
        except _Stopped:
            self._end(Status.ABORTED, None)
        except (psycopg.Error, _StatementFailed) as error:
            self._end(Status.FAILED, _without_address(str(error).strip()))
        except Exception as error:  # a thread that dies in silence would leave its statement running for ever
            log.exception("statement %s failed inside the local service", self._work.statement_id)
            self._end(Status.FAILED, f"Internal error: {type(error).__name__}")
        finally:
            self._slots.release()

    def _await_slot(self) -> None:
        while not self._slots.acquire(timeout=CANCEL_INTERVAL_SECONDS):
            self._stop_if_cancelled()
        if self._cancelled:
            self._slots.release()
            raise _Stopped

    def _play_on(self, connection: psycopg.Connection) -> None:
        with self._changed:
            self._connection = connection
        self._update(status=Status.STARTED, process_id=connection.info.backend_pid)
        self._stop_if_cancelled()
        self._run(f"SET statement_timeout = {round(self._limits.query_seconds * 1000)}")
        if self._work.one_transaction and self._work.is_batch:
            self._play_transaction()
            self._end(Status.FINISHED, None)
        else:
            errors = self._play_each()
            self._end(Status.FAILED if errors else Status.FINISHED, "; ".join(errors) or None)

    def _play_transaction(self) -> None:
        self._run("BEGIN")
        for index in range(len(self._work.sqls)):
            try:
                self._play_statement(index)
            except _StatementFailed as error:
                raise _StatementFailed(f"Query #{index + 1} failed with {error}") from error
        self._commit()

    def _play_each(self) -> list[str]:
        """Commit every statement by itself, and return the errors of those that failed."""
        errors: list[str] = []
        for index, sql in enumerate(self._work.sqls):
            # Some statements (VACUUM) refuse a transaction, so there is one only where a lock needs it.
            locked = bool(lock_statements(sql))
            try:
                if locked:
                    self._run("BEGIN")
                self._play_statement(index)
                if locked:
                    self._commit()
            except _StatementFailed as error:
                self._run("ROLLBACK")
                errors.append(
                    f"Query #{index + 1} failed with {error}" if self._work.is_batch else str(error)
                )
        return errors

    def _commit(self) -> None:
        with self._changed:
            self._stop_if_cancelled()
            self._committing = True
        try:
            self._run("COMMIT")
        finally:
            with self._changed:
                self._committing = False

    def _play_statement(self, index: int) -> None:
        sql = self._work.sqls[index]
        started_at = self._clock.now()
        query_id = self._new_query_id()
        self._update_statement(index, StatementProgress(Status.STARTED, started_at, query_id=query_id))
        try:
            for lock in lock_statements(sql):
                self._run(lock)
            rows, size, result = self._read(self._run(self._bound(sql)))
        except (_StatementFailed, _Stopped) as error:
            status = Status.ABORTED if isinstance(error, _Stopped) else Status.FAILED
            self._end_statement(index, started_at, query_id, status, error=str(error) or None)
            raise
        with self._changed:
            if result is not None:
                self._results[index] = result
        self._end_statement(
            index,
            started_at,
            query_id,
            Status.FINISHED,
            rows=rows,
            size=size,
            has_result_set=result is not None,
        )

    def _bound(self, sql: str) -> str:
        names = names_used(sql) & self._work.parameters.keys()
        if not names:
            return sql
        values = {name: self._work.parameters[name] for name in names}
        cursor = psycopg.ClientCursor(self._open_connection())
        return cursor.mogrify(with_placeholders(sql, names).encode(), values)

    def _read(self, outcome: PGresult) -> tuple[int, int, ResultSet | None]:
        if outcome.status != ExecStatus.TUPLES_OK:
            return outcome.command_tuples or 0, 0, None
        try:
            result, size = read_result(outcome, self._limits.result_bytes)
        except ResultTooLargeError as error:
            raise _StatementFailed(str(error)) from error
        return len(result.records), size, result

    def _run(self, sql: str) -> PGresult:
        """Run exactly one command (the extended protocol refuses two) and return its result."""
        if not self._committing:
            self._stop_if_cancelled()
        began = self._clock.now()
        outcome = self._open_connection().pgconn.exec_params(sql.encode(), None)
        if outcome.status in SUCCESS:
            return outcome
        took_its_time = self._clock.now() - began >= self._limits.query_seconds
        if outcome.error_field(DiagnosticField.SQLSTATE) == QUERY_CANCELED and not took_its_time:
            raise _Stopped("Query cancelled on user's request")
        raise _StatementFailed(_error_text(outcome))

    def _open_connection(self) -> psycopg.Connection:
        if self._connection is None:
            raise _StatementFailed("ERROR: the connection was lost")
        return self._connection

    def _stop_if_cancelled(self) -> None:
        if self._cancelled:
            raise _Stopped

    def _interrupt(self) -> None:
        with self._changed:
            connection = None if self._committing else self._connection
        if connection is not None and not connection.closed:
            try:
                connection.cancel_safe(timeout=1.0)
            except psycopg.Error as error:
                log.debug("cancelling statement %s: %s", self._work.statement_id, error)

    def _status(self, index: int | None) -> Status:
        return self._progress.status if index is None else self._progress.statements[index].status

    def _ended_within(self, seconds: float) -> bool:
        self.wait(seconds, None)
        return self.progress().status.ended

    def _update(self, *, status: Status, process_id: int = 0) -> None:
        with self._changed:
            self._progress = replace(
                self._progress, status=status, updated_at=self._clock.now(), process_id=process_id
            )

    def _update_statement(self, index: int, statement: StatementProgress) -> None:
        with self._changed:
            statements = list(self._progress.statements)
            statements[index] = statement
            self._progress = replace(self._progress, statements=tuple(statements))
            self._changed.notify_all()

    def _end_statement(
        self,
        index: int,
        started_at: float,
        query_id: int,
        status: Status,
        *,
        rows: int = -1,
        size: int = -1,
        has_result_set: bool = False,
        error: str | None = None,
    ) -> None:
        ended_at = self._clock.now()
        duration = round((ended_at - started_at) * 1e6) * 1000
        self._update_statement(
            index,
            StatementProgress(status, ended_at, duration, rows, size, query_id, has_result_set, error),
        )

    def _end(self, status: Status, error: str | None) -> None:
        ended_at = self._clock.now()
        never_ran = StatementProgress(Status.ABORTED, ended_at, 0, error=PRIOR_FAILED)
        with self._changed:
            self._connection = None
            statements = tuple(each if each.status.ended else never_ran for each in self._progress.statements)
            self._progress = replace(
                self._progress, status=status, updated_at=ended_at, error=error, statements=statements
            )
            self._changed.notify_all()


def _without_address(text: str) -> str:
    """Return the server's own words of a failed connection, without the path of its socket."""
    return text[text.index("FATAL:") :] if "FATAL:" in text else text


def _error_text(outcome: PGresult) -> str:
    message = outcome.error_field(DiagnosticField.MESSAGE_PRIMARY)
    if message is None:  # libpq's own words for a connection that broke, the server's first if it sent any
        return (outcome.error_message.splitlines() or [b"the connection was lost"])[0].decode()
    severity = outcome.error_field(DiagnosticField.SEVERITY) or b"ERROR"
    detail = outcome.error_field(DiagnosticField.MESSAGE_DETAIL)
    text = f"{severity.decode()}: {message.decode()}"
    return f"{text} Detail: {detail.decode()}" if detail else text
