"""The Redshift Data API without a transport: requests in, answers out, on an injected clock.

Requests must have passed `model.request_check`. The end of a statement that was submitted `WithEvent` is told
to whoever sends its event; the event itself is `statement_event`'s. Not modelled: sessions, CSV results,
ownership by role, the catalogue operations. AWS does not say what the same ClientToken with other parameters
does; here the first statement is returned.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from orchbench.redshift import answers
from orchbench.redshift.admission import check_sqls, read_parameters
from orchbench.redshift.clock import Clock
from orchbench.redshift.dialect_watch import DialectWatch
from orchbench.redshift.errors import ServiceError, not_found, throttled, validation
from orchbench.redshift.paging import page_position, page_token
from orchbench.redshift.quotas import Quotas, RateLimiter
from orchbench.redshift.statement import Executor, Status, Work
from orchbench.redshift.store import Entry, StatementStore
from orchbench.redshift.warehouse import Warehouse

log = logging.getLogger(__name__)

Request = Mapping[str, Any]
Answer = dict[str, Any]

LIST_PAGE = 100
RESULT_PAGE = 1000


def random_id() -> str:
    """Return a new statement id."""
    return str(uuid.uuid4())


class DataApi:
    """The operations of the Data API over one executor.

    Thread-safe if the executor is. The lock is never held while a call waits. A `watch` is shown what was
    accepted; it refuses nothing. `on_end` is told once of each statement or batch that was submitted
    `WithEvent` and has ended, in the executor's own thread: it must return at once and raise nothing.
    """

    def __init__(
        self,
        executor: Executor,
        clock: Clock,
        *,
        quotas: Quotas | None = None,
        warehouse: Warehouse | None = None,
        new_id: Callable[[], str] = random_id,
        result_page: int = RESULT_PAGE,
        watch: DialectWatch | None = None,
        on_end: Callable[[Entry], None] | None = None,
    ) -> None:
        self.clock = clock
        self._executor = executor
        self._quotas = quotas or Quotas()
        self._warehouse = warehouse or Warehouse()
        self._new_id = new_id
        self._result_page = result_page
        self._watch = watch
        self._on_end = on_end
        self._limiter = RateLimiter(self._quotas.calls_per_second, clock)
        self._store = StatementStore()
        self._lock = threading.RLock()
        self._operations: dict[str, Callable[[Request], Answer]] = {
            "ExecuteStatement": lambda request: self._submit(request, [request["Sql"]], is_batch=False),
            "BatchExecuteStatement": lambda request: self._submit(request, request["Sqls"], is_batch=True),
            "DescribeStatement": self._describe,
            "CancelStatement": self._cancel,
            "GetStatementResult": self._result,
            "ListStatements": self._list,
        }

    def call(self, operation: str, request: Request) -> Answer:
        """Perform one operation.

        Raises:
            ServiceError: what the caller of the API receives, ThrottlingException included.
        """
        if not self._limiter.admits(operation):
            raise throttled()
        return self._operations[operation](request)

    def newest(self) -> Entry | None:
        """Return the statement that was accepted last; None before the first."""
        with self._lock:
            return next((entry for _, entry in self._store.newest_first(None, lambda _: True)), None)

    def _submit(self, request: Request, sqls: list[str], *, is_batch: bool) -> Answer:
        self._warehouse.check(request)
        check_sqls(sqls, self._quotas)
        parameters = read_parameters(request, sqls)
        if request.get("ResultFormat") == "CSV":
            raise validation("ResultFormat CSV is not part of this local Data API; use JSON.")
        with self._lock:
            oldest = self.clock.now() - self._quotas.client_token_seconds
            entry = self._store.submitted_with(request.get("ClientToken"), oldest)
            if entry is None:
                entry = self._start(request, tuple(sqls), parameters, is_batch=is_batch)
        if self._watch is not None:
            self._watch.look(entry.work.statement_id, sqls)
        self._wait(entry, request, None)
        return answers.submitted(entry, waited="WaitTimeSeconds" in request)

    def _start(
        self, request: Request, sqls: tuple[str, ...], parameters: Mapping[str, str], *, is_batch: bool
    ) -> Entry:
        limit = self._quotas.active_statements
        if limit is not None and self._store.active_count() >= limit:
            raise ServiceError(
                "ActiveStatementsExceededException", f"The number of active statements exceeds {limit}."
            )
        work = Work(
            statement_id=self._new_id(),
            sqls=sqls,
            database=request["Database"],
            created_at=self.clock.now(),
            parameters=parameters,
            is_batch=is_batch,
            one_transaction=request.get("ExecutionMode") != "AUTO_COMMIT",
        )
        entry = Entry(work, request, self._run(work, self._told_of_end(work, request)))
        self._store.add(entry)
        log.info("statement %s accepted, %d SQL", work.statement_id, len(sqls))
        return entry

    def _told_of_end(self, work: Work, request: Request) -> Callable[[], None] | None:
        on_end = self._on_end
        if on_end is None or not request.get("WithEvent"):
            return None

        def ended() -> None:
            # Behind the lock the statement is known, however soon it ended.
            with self._lock:
                entry = self._store.get(work.statement_id)
            on_end(entry)

        return ended

    def _run(self, work: Work, ended: Callable[[], None] | None) -> Any:
        try:
            return self._executor.submit(work, ended)
        except OSError as error:
            code = "BatchExecuteStatementException" if work.is_batch else "ExecuteStatementException"
            raise ServiceError(code, str(error), {"StatementId": work.statement_id}) from error

    def _find(self, statement_id: str) -> tuple[Entry, int | None]:
        """Return the statement and, for the id of a sub-statement, its index."""
        base, _, number = statement_id.partition(":")
        with self._lock:
            entry = self._store.get(base)
        if not number:
            return entry, None
        if not entry.work.is_batch or not 1 <= int(number) <= len(entry.work.sqls):
            raise not_found("Query does not exist.", statement_id)
        return entry, int(number) - 1

    def _wait(self, entry: Entry, request: Request, index: int | None) -> None:
        seconds = request.get("WaitTimeSeconds")
        if seconds is None:
            return
        with self._counted_wait(entry):
            entry.run.wait(float(seconds), index)

    @contextmanager
    def _counted_wait(self, entry: Entry) -> Iterator[None]:
        limit = self._quotas.waits_per_statement
        with self._lock:
            if limit is not None and entry.waits >= limit:
                raise ServiceError(
                    "ActiveWaitingRequestsExceededException",
                    f"The number of active requests with WaitTimeSeconds for this statement exceeds {limit}.",
                )
            entry.waits += 1
        try:
            yield
        finally:
            with self._lock:
                entry.waits -= 1

    def _describe(self, request: Request) -> Answer:
        entry, index = self._find(request["Id"])
        self._wait(entry, request, index)
        return answers.described(entry, index)

    def _cancel(self, request: Request) -> Answer:
        entry, index = self._find(request["Id"])
        if index is not None:
            raise validation("A sub-statement cannot be cancelled; cancel its batch.")
        status = entry.run.progress().status
        if status is Status.STARTED:
            if entry.run.cancel():
                log.info("statement %s cancelled", entry.work.statement_id)
                return {"Status": True}
            status = entry.run.progress().status
        # "To be canceled, a query must be running", says the API's reference. Assumed: one that waits is
        # refused in the words that are known of one that has ended.
        raise validation(
            f"Could not cancel a query that is already in {status} state with ID: {request['Id']}"
        )

    def _result(self, request: Request) -> Answer:
        entry, index = self._find(request["Id"])
        token = request.get("NextToken")
        start = page_position(token, request["Id"]) if token else 0
        self._wait(entry, request, index)
        result = self._kept_result(entry, index)
        if result is None:
            raise not_found(
                "Query does not have result. Please check query status with DescribeStatement.", request["Id"]
            )
        end = start + self._result_page
        return {
            "Records": list(result.records[start:end]),
            "ColumnMetadata": list(result.columns),
            "TotalNumRows": len(result.records),
            "NextToken": page_token(request["Id"], end) if end < len(result.records) else None,
        }

    def _kept_result(self, entry: Entry, index: int | None) -> Any:
        if index is None and entry.work.is_batch:
            return None
        statement = entry.run.progress().statements[index or 0]
        kept = self._quotas.result_retention_seconds
        if statement.status is not Status.FINISHED or (
            kept is not None and self.clock.now() - statement.updated_at > kept
        ):
            return None
        return entry.run.result(index or 0)

    def _list(self, request: Request) -> Answer:
        if request.get("WorkgroupName") and request.get("ClusterIdentifier"):
            raise validation("ClusterIdentifier and WorkgroupName cannot be provided together.")
        filters = {name: value for name, value in request.items() if name not in ("NextToken", "MaxResults")}
        token = request.get("NextToken")
        position = page_position(token, filters) if token else None
        size = request.get("MaxResults") or LIST_PAGE
        with self._lock:
            found = self._store.newest_first(position, lambda entry: _matches(entry, request))
            page = list(islice(found, size + 1))
        more = len(page) > size
        return {
            "Statements": [answers.listed(entry) for _, entry in page[:size]],
            "NextToken": page_token(filters, page[size - 1][0]) if more else None,
        }


def _matches(entry: Entry, request: Request) -> bool:
    for name in ("WorkgroupName", "ClusterIdentifier", "Database"):
        if request.get(name) and request[name] != entry.request.get(name):
            return False
    prefix = request.get("StatementName")
    if prefix and not (entry.request.get("StatementName") or "").startswith(prefix):
        return False
    status = request.get("Status") or Status.FINISHED
    return status == "ALL" or entry.run.progress().status == status
