"""When a scripted request is picked, started and ended, and what each of its statements does in between."""

from dataclasses import dataclass, replace

from orchbench.redshift.script import Script, ScriptedStatement
from orchbench.redshift.statement import PRIOR_FAILED, Progress, StatementProgress, Status, Work


@dataclass(frozen=True, slots=True)
class Span:
    """One statement from its start to its end. `ran` is False for one that never started."""

    started_at: float
    ended_at: float
    duration_nanoseconds: int
    status: Status
    rows: int
    query_id: int
    has_result_set: bool
    error: str | None = None
    ran: bool = True

    def progress(self, now: float, created_at: float) -> StatementProgress:
        """Return how far the statement is."""
        if now >= self.ended_at:
            return self._ended()
        if self.ran and now >= self.started_at:
            return StatementProgress(Status.STARTED, self.started_at, query_id=self.query_id)
        return StatementProgress(Status.SUBMITTED, created_at)

    def _ended(self) -> StatementProgress:
        finished = self.status is Status.FINISHED
        return StatementProgress(
            self.status,
            self.ended_at,
            self.duration_nanoseconds,
            rows=self.rows if finished else -1,
            size_bytes=0 if finished else -1,
            query_id=self.query_id if self.ran else -1,
            has_result_set=finished and self.has_result_set,
            error=self.error,
        )

    def cut(self, moment: float, status: Status, error: str | None) -> "Span":
        """Return the span of a statement whose request ends at a moment."""
        if moment >= self.ended_at:
            return self
        if moment < self.started_at or not self.ran:
            return _never_ran(self, moment, status if error is None else Status.ABORTED)
        duration = round((moment - self.started_at) * 1e6) * 1000
        return replace(self, ended_at=moment, duration_nanoseconds=duration, status=status, error=error)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole future of a request, as far as nobody cancels it."""

    created_at: float
    picked_at: float
    started_at: float
    ended_at: float
    status: Status
    error: str | None
    spans: tuple[Span, ...]
    process_id: int

    def progress(self, now: float) -> Progress:
        """Return how far the request is at a moment."""
        status, updated_at = self._state(now)
        return Progress(
            status,
            updated_at,
            tuple(span.progress(now, self.created_at) for span in self.spans),
            process_id=self.process_id if now >= self.started_at else 0,
            error=self.error if status.ended else None,
        )

    def _state(self, now: float) -> tuple[Status, float]:
        if now >= self.ended_at:
            return self.status, self.ended_at
        if now >= self.started_at:
            return Status.STARTED, self.started_at
        if now >= self.picked_at:
            return Status.PICKED, self.picked_at
        return Status.SUBMITTED, self.created_at

    def aborted(self, moment: float) -> "Timeline":
        """Return the timeline of a request that is stopped at a moment."""
        return self._cut(moment, Status.ABORTED, None)

    def limited(self, seconds: float) -> "Timeline":
        """Return the timeline of a request that may not run longer than that."""
        error = f"ERROR: Query exceeded the maximum duration of {seconds:.0f} seconds"
        return self._cut(self.started_at + seconds, Status.FAILED, error)

    def _cut(self, moment: float, status: Status, error: str | None) -> "Timeline":
        # To the microsecond, as a virtual clock stops: who is told of the end must find it.
        moment = round(moment, 6)
        if moment >= self.ended_at:
            return self
        spans = tuple(span.cut(moment, status, error) for span in self.spans)
        return replace(self, ended_at=moment, status=status, error=error, spans=spans)


def build_timeline(
    work: Work, script: "Script", query_ids: tuple[int, ...], process_id: int, limit_seconds: float
) -> Timeline:
    """Lay a script out in time.

    A failure ends a transaction (the statements after it are ABORTED); under AUTO_COMMIT the others run on.
    """
    picked_at = work.created_at + script.queue_seconds
    started_at = picked_at + script.pickup_seconds
    spans: list[Span] = []
    errors: list[str] = []
    moment = started_at
    for number, (statement, query_id) in enumerate(zip(script.statements, query_ids, strict=True), start=1):
        span = _span(statement, moment, query_id)
        if errors and work.one_transaction:
            span = _never_ran(span, moment, Status.ABORTED)
        elif span.error:
            errors.append(f"Query #{number} failed with {span.error}" if work.is_batch else span.error)
        spans.append(span)
        moment = span.ended_at
    status = Status.FAILED if errors else Status.FINISHED
    error = "; ".join(errors) or None
    timeline = Timeline(
        work.created_at, picked_at, started_at, moment, status, error, tuple(spans), process_id
    ).limited(limit_seconds)
    if script.aborted_after_seconds is None:
        return timeline
    return timeline.aborted(work.created_at + script.aborted_after_seconds)


def _span(statement: "ScriptedStatement", started_at: float, query_id: int) -> Span:
    return Span(
        started_at,
        # To the microsecond, as a virtual clock stops: who waits for the end must not wake just before it.
        round(started_at + statement.seconds, 6),
        round(statement.seconds * 1e9),
        Status.FAILED if statement.error else Status.FINISHED,
        statement.rows,
        query_id,
        statement.result is not None,
        statement.error,
    )


def _never_ran(span: Span, moment: float, status: Status) -> Span:
    return replace(
        span,
        started_at=moment,
        ended_at=moment,
        duration_nanoseconds=0,
        status=status,
        error=PRIOR_FAILED,
        ran=False,
    )
