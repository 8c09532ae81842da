"""The progress of one running request, written by its own thread and read or waited for by any other."""

import threading
from dataclasses import replace

from orchbench.redshift.clock import Clock
from orchbench.redshift.statement import PRIOR_FAILED, Progress, ResultSet, StatementProgress, Status, Work


class ProgressBoard:
    """Progress and results behind one lock; every change is told to those that wait."""

    def __init__(self, work: Work, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        waiting = StatementProgress(Status.SUBMITTED, work.created_at)
        self._progress = Progress(Status.SUBMITTED, work.created_at, (waiting,) * len(work.sqls))
        self._results: dict[int, ResultSet] = {}

    def progress(self) -> Progress:
        """Return how far the request is."""
        with self._changed:
            return self._progress

    def result(self, index: int) -> ResultSet | None:
        """Return the rows of a statement."""
        with self._changed:
            return self._results.get(index)

    def wait(self, seconds: float, index: int | None) -> bool:
        """Wait until the whole or one statement has ended, at most that many seconds; tell whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self._status(index).ended, seconds)

    def advance(self, status: Status, process_id: int = 0) -> None:
        """Note that the request has been picked or started."""
        with self._changed:
            self._progress = replace(
                self._progress, status=status, updated_at=self._clock.now(), process_id=process_id
            )

    def start_statement(self, index: int, query_id: int) -> None:
        """Note that a statement has started."""
        with self._changed:
            self._put(index, StatementProgress(Status.STARTED, self._clock.now(), query_id=query_id))

    def finish_statement(self, index: int, rows: int, size_bytes: int, result: ResultSet | None) -> None:
        """Note that a statement has succeeded."""
        with self._changed:
            if result is not None:
                self._results[index] = result
            ended = self._ended_statement(index, Status.FINISHED)
            self._put(
                index, replace(ended, rows=rows, size_bytes=size_bytes, has_result_set=result is not None)
            )

    def stop_statement(self, index: int, status: Status, error: str | None) -> None:
        """Note that a statement has failed or was aborted."""
        with self._changed:
            self._put(index, replace(self._ended_statement(index, status), error=error))

    def end(self, status: Status, error: str | None) -> None:
        """Note that the request has ended; what has not run by now never will."""
        with self._changed:
            now = self._clock.now()
            never_ran = StatementProgress(Status.ABORTED, now, 0, error=PRIOR_FAILED)
            statements = tuple(each if each.status.ended else never_ran for each in self._progress.statements)
            self._progress = replace(
                self._progress, status=status, updated_at=now, error=error, statements=statements
            )
            self._changed.notify_all()

    def _status(self, index: int | None) -> Status:
        return self._progress.status if index is None else self._progress.statements[index].status

    def _ended_statement(self, index: int, status: Status) -> StatementProgress:
        started = self._progress.statements[index]
        now = self._clock.now()
        duration = round((now - started.updated_at) * 1e6) * 1000
        return replace(started, status=status, updated_at=now, duration_nanoseconds=duration)

    def _put(self, index: int, statement: StatementProgress) -> None:
        before, after = self._progress.statements[:index], self._progress.statements[index + 1 :]
        self._progress = replace(self._progress, statements=(*before, statement, *after))
        self._changed.notify_all()
