"""One request on one PostgreSQL connection, from its queue to its end, with its cancel."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from orchbench.redshift.clock import Clock
from orchbench.redshift.parameters import names_used, with_placeholders
from orchbench.redshift.progress_board import ProgressBoard
from orchbench.redshift.result_set import ResultTooLargeError, read_result
from orchbench.redshift.slots import Slots
from orchbench.redshift.statement import Progress, ResultSet, Status, Work
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
        slots: Slots,
        limits: Limits,
        new_query_id: Callable[[], int],
    ) -> None:
        self._work = work
        self._connect = connect
        self._clock = clock
        self._slots = slots
        self._ticket = slots.ticket()
        self._limits = limits
        self._new_query_id = new_query_id
        self._board = ProgressBoard(work, clock)
        # Guards the three below: a cancel must know whether a commit has begun.
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = None
        self._cancelled = False
        self._committing = False

    def progress(self) -> Progress:
        """Return how far it is."""
        return self._board.progress()

    def wait(self, seconds: float, index: int | None) -> None:
        """Return when the whole or one statement has ended, or after that many seconds."""
        self._board.wait(seconds, index)

    def result(self, index: int) -> ResultSet | None:
        """Return the rows of a statement."""
        return self._board.result(index)

    def cancel(self) -> bool:
        """Stop the query on the server and return when it has ended.

        A commit that has begun is not stopped: then the request ends by itself.
        """
        if self.progress().status.ended:
            return False
        self.give_up()
        deadline = self._clock.now() + CANCEL_SECONDS
        # Again and again: one cancel may fall between two statements, where it stops nothing.
        while not self._board.wait(CANCEL_INTERVAL_SECONDS, None) and self._clock.now() < deadline:
            self._interrupt()
        return self.progress().status is not Status.FINISHED

    def give_up(self) -> None:
        """Let no further statement of the request start."""
        with self._lock:
            self._cancelled = True
        self._slots.wake()
        self._interrupt()

    def play(self) -> None:
        """Run the request to its end."""
        if not self._slots.acquire(self._ticket, lambda: self._cancelled):
            self._board.end(Status.ABORTED, None)
            return
        try:
            status, error = self._outcome()
            self._board.end(status, error)
        finally:
            self._slots.release()

    def _outcome(self) -> tuple[Status, str | None]:
        try:
            self._board.advance(Status.PICKED)
            with self._connect() as connection:
                return self._play_on(connection)
        except _Stopped:
            return Status.ABORTED, None
        except (psycopg.Error, _StatementFailed) as error:
            return Status.FAILED, _without_address(str(error).strip())
        except Exception as error:  # a thread that dies in silence would leave its statement running for ever
            log.exception("statement %s failed inside the local service", self._work.statement_id)
            return Status.FAILED, f"Internal error: {type(error).__name__}"
        finally:
            with self._lock:
                self._connection = None

    def _play_on(self, connection: psycopg.Connection) -> tuple[Status, str | None]:
        with self._lock:
            self._connection = connection
        self._board.advance(Status.STARTED, connection.info.backend_pid)
        self._run(f"SET statement_timeout = {round(self._limits.query_seconds * 1000)}")
        if self._work.one_transaction and self._work.is_batch:
            self._play_transaction()
            return Status.FINISHED, None
        errors = self._play_each()
        return Status.FAILED if errors else Status.FINISHED, "; ".join(errors) or None

    def _play_transaction(self) -> None:
        for index in range(len(self._work.sqls)):
            try:
                # Before each: a COMMIT or ROLLBACK among the statements ends one transaction, not the batch.
                self._begin_unless_begun()
                self._play_statement(index)
            except _StatementFailed as error:
                raise _StatementFailed(self._numbered(index, error)) from error
        self._commit()

    def _play_each(self) -> list[str]:
        """Commit every statement by itself, and return the errors of those that failed."""
        errors: list[str] = []
        for index, sql in enumerate(self._work.sqls):
            # Some statements (VACUUM) refuse a transaction, so there is one only where a lock needs it and
            # the statements have not begun one themselves.
            own = False
            try:
                own = bool(lock_statements(sql)) and self._begin_unless_begun()
                self._play_statement(index)
                if own:
                    self._commit()
            except _StatementFailed as error:
                if own:
                    self._run("ROLLBACK")
                errors.append(self._numbered(index, error))
        return errors

    def _begin_unless_begun(self) -> bool:
        """Begin a transaction and return True, or return False inside one."""
        if self._open_connection().pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        self._run("BEGIN")
        return True

    def _numbered(self, index: int, error: _StatementFailed) -> str:
        return f"Query #{index + 1} failed with {error}" if self._work.is_batch else str(error)

    def _commit(self) -> None:
        with self._lock:
            self._stop_if_cancelled()
            self._committing = True
        try:
            self._run("COMMIT")
        finally:
            with self._lock:
                self._committing = False

    def _play_statement(self, index: int) -> None:
        sql = self._work.sqls[index]
        self._board.start_statement(index, self._new_query_id())
        try:
            for lock in lock_statements(sql):
                self._run(lock)
            rows, size_bytes, result = self._read(self._run(self._bound(sql)))
        except _Stopped:
            self._board.stop_statement(index, Status.ABORTED, "Query cancelled on user's request")
            raise
        except _StatementFailed as error:
            self._board.stop_statement(index, Status.FAILED, str(error))
            raise
        self._board.finish_statement(index, rows, size_bytes, result)

    def _bound(self, sql: str) -> str:
        names = names_used(sql) & self._work.parameters.keys()
        if not names:
            return sql
        values = {name: self._work.parameters[name] for name in names}
        cursor = psycopg.ClientCursor(self._open_connection())
        return cursor.mogrify(with_placeholders(sql, names).encode(), values)

    def _read(self, outcome: PGresult) -> tuple[int, int, ResultSet | None]:
        """Return rows, bytes and the result set, if there is one."""
        if outcome.status != ExecStatus.TUPLES_OK:
            return outcome.command_tuples or 0, 0, None
        try:
            result, size_bytes = read_result(outcome, self._limits.result_bytes)
        except ResultTooLargeError as error:
            raise _StatementFailed(str(error)) from error
        return len(result.records), size_bytes, result

    def _run(self, sql: str) -> PGresult:
        """Run exactly one command (the extended protocol refuses two) and return its result."""
        if not self._committing:
            self._stop_if_cancelled()
        began = self._clock.now()
        outcome = self._open_connection().pgconn.exec_params(sql.encode(), None)
        if outcome.status in SUCCESS:
            return outcome
        timed_out = self._clock.now() - began >= self._limits.query_seconds
        if outcome.error_field(DiagnosticField.SQLSTATE) == QUERY_CANCELED and not timed_out:
            raise _Stopped
        raise _StatementFailed(_error_text(outcome))

    def _open_connection(self) -> psycopg.Connection:
        if self._connection is None:
            raise _StatementFailed("ERROR: the connection was lost")
        return self._connection

    def _stop_if_cancelled(self) -> None:
        if self._cancelled:
            raise _Stopped

    def _interrupt(self) -> None:
        with self._lock:
            connection = None if self._committing else self._connection
        if connection is None or connection.closed:
            return
        try:
            connection.cancel_safe(timeout=1.0)
        except psycopg.Error as error:
            log.debug("cancelling statement %s: %s", self._work.statement_id, error)


def _without_address(text: str) -> str:
    """Return the server's own words of a failed connection, without the path of its socket."""
    if "FATAL:" in text:
        return "FATAL: " + text.rpartition("FATAL:")[2].strip()
    return "The database could not be reached." if "connection to server" in text else text


def _error_text(outcome: PGresult) -> str:
    message = outcome.error_field(DiagnosticField.MESSAGE_PRIMARY)
    if message is None:  # libpq's own words for a connection that broke
        return (outcome.error_message.splitlines() or [b"the connection was lost"])[0].decode()
    severity = outcome.error_field(DiagnosticField.SEVERITY) or b"ERROR"
    detail = outcome.error_field(DiagnosticField.MESSAGE_DETAIL)
    text = f"{severity.decode()}: {message.decode()}"
    return f"{text} Detail: {detail.decode()}" if detail else text
