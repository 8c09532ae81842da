"""How long the parts of an execution took, in the project's terms, all from the services' own records."""

from collections.abc import Iterable
from dataclasses import dataclass

from orchbench.trace import Trace

TIMED_OUT = "BatchTimedOut"


@dataclass(frozen=True)
class Latency:
    """The parts of one execution in seconds; None where the record does not hold the moments.

    Attributes:
        makespan_seconds: from the execution's start to its end.
        query_seconds: the statement's Duration.
        redshift_queue_seconds: the statement's life less its Duration: queueing, and the resume of a
            workgroup.
        submit_latency_seconds: from the execution's start to the statement's CreatedAt.
        detection_lag_seconds: from the statement's UpdatedAt to the end of the execution; None where the
            batch's own deadline cancelled the statement, for its end was made and not detected.
        overhead_seconds: submit latency plus detection lag: what orchestrating cost.
    """

    makespan_seconds: float | None
    query_seconds: float | None
    redshift_queue_seconds: float | None
    submit_latency_seconds: float | None
    detection_lag_seconds: float | None
    overhead_seconds: float | None


def latency(trace: Trace) -> Latency:
    """Return the parts of one execution."""
    ended, statement = trace.ended_at, trace.statement
    makespan = None if ended is None else _microseconds(ended - trace.started_at)
    if statement is None:
        return Latency(makespan, None, None, None, None, None)
    submit = _microseconds(statement.created_at - trace.started_at)
    cancelled = trace.error_name == TIMED_OUT
    lag = None if ended is None or cancelled else _microseconds(ended - statement.updated_at)
    return Latency(
        makespan_seconds=makespan,
        query_seconds=statement.query_seconds,
        redshift_queue_seconds=_microseconds(
            statement.updated_at - statement.created_at - statement.query_seconds
        ),
        submit_latency_seconds=submit,
        detection_lag_seconds=lag,
        overhead_seconds=None if lag is None else _microseconds(submit + lag),
    )


def makespans(traces: Iterable[Trace]) -> list[float]:
    """Return the makespans of those that have one."""
    found = (latency(trace).makespan_seconds for trace in traces)
    return [one for one in found if one is not None]


def _microseconds(seconds: float) -> float:
    # Moments are kept to the microsecond; a difference of two floats shows more digits than that.
    return round(seconds, 6)
