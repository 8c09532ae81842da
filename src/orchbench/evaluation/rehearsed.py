"""What a table shows of a rehearsal: counts and latencies from its trace, and the quota it came nearest."""

from dataclasses import asdict, dataclass

from orchbench.evaluation.counts import count
from orchbench.evaluation.figures import figure
from orchbench.evaluation.latency import latency
from orchbench.evaluation.limits import quotas
from orchbench.redshift.statement import Status
from orchbench.rehearsal.metering import MOST_BYTES, MOST_OPERATIONS
from orchbench.rehearsal.rehearse import Rehearsal
from orchbench.rehearsal.state_machine import MOST_EVENTS
from orchbench.trace import Json, Label

TRACE = "the rehearsal's trace, in virtual time"
REHEARSED_UNITS = {
    "makespan_seconds": "s",
    "polls": "polls",
    "transitions": "state transitions",
    "events": "history events",
    "operations": "durable operations",
    "written_bytes": "bytes",
    "invocations": "invocations",
    "operations_replayed": "operations",
    "detection_lag_seconds": "s",
    "statements_executed": "batches",
    "statements_running": "batches",
    "died_at_seconds": "s",
}
QUOTAS = {
    "history events": "sfn_history_events",
    "durable operations": "durable_operations",
    "bytes written": "durable_data_bytes",
}
"""The keys of the quotas that headroom is told of."""
ENDED_STATUSES = tuple(status.value for status in Status if status.ended)


@dataclass(frozen=True)
class Headroom:
    """The quota that an execution came nearest to.

    Attributes:
        left: the share of it that was not used, 0.0 to 1.0.
    """

    quota: str
    used: int
    limit: int

    @property
    def left(self) -> float:
        """The share that was not used, 0.0 to 1.0."""
        return round(max(0.0, 1 - self.used / self.limit), 6)

    def labelled(self) -> Json:
        """Return the figures with their labels and sources."""
        quota = quotas()[QUOTAS[self.quota]]
        return {
            "quota": self.quota,
            "used": figure(self.used, quota.unit, Label.REHEARSED, TRACE),
            "limit": {"value": self.limit, "unit": quota.unit, "label": "quoted", "source": quota.source},
            "left": figure(self.left, "of the quota", Label.REHEARSED, TRACE),
        }


@dataclass(frozen=True)
class Figures:
    """One row. Seconds are virtual but for ``rehearsal_seconds``.

    Attributes:
        outcome: the execution's status, and its error's name where it failed.
        died_at_seconds: after the start, where a quota ended the execution.
        cpu_seconds: measured, of all invocations of the handlers together.
    """

    way: str
    scenario: str
    poll: str
    outcome: str
    makespan_seconds: float | None
    polls: int
    transitions: int | None
    events: int
    operations: int | None
    written_bytes: int | None
    invocations: int
    operations_replayed: int | None
    detection_lag_seconds: float | None
    headroom: Headroom
    statements_executed: int
    statements_running: int
    died_at_seconds: float | None
    death: str | None
    cpu_seconds: float
    rehearsal_seconds: float

    def to_json(self) -> Json:
        """Return the row as plain JSON values, as results store it."""
        document = asdict(self)
        document["headroom"]["left"] = self.headroom.left
        return document | {"label": Label.REHEARSED.value, "source": TRACE}

    def labelled(self) -> Json:
        """Return the row as JSON values, every figure with its unit, its label and its source."""
        document = asdict(self)
        for name, unit in REHEARSED_UNITS.items():
            document[name] = figure(document[name], unit, Label.REHEARSED, TRACE)
        for name in ("cpu_seconds", "rehearsal_seconds"):
            document[name] = figure(document[name], "s", Label.MEASURED, "this machine's own clocks")
        return document | {"headroom": self.headroom.labelled()}


def figures(rehearsal: Rehearsal) -> Figures:
    """Return a rehearsal's row."""
    trace, death = rehearsal.trace, rehearsal.death
    counts, parts = count(trace), latency(trace)
    # Of a statement that still ran nothing was detected, nor by an execution that a quota ended.
    ended = death is None and trace.statement is not None and trace.statement.status in ENDED_STATUSES
    replayed = [one.operations_replayed for one in trace.invocations if one.operations_replayed is not None]
    return Figures(
        way=trace.orchestrator,
        scenario=rehearsal.scenario.name,
        poll=rehearsal.scenario.poll,
        outcome=f"{trace.status.value}: {trace.error_name}" if trace.error_name else trace.status.value,
        makespan_seconds=parts.makespan_seconds,
        polls=counts.polls,
        transitions=counts.state_transitions,
        events=counts.history_events,
        operations=rehearsal.operations,
        written_bytes=rehearsal.written_bytes,
        invocations=counts.invocations,
        operations_replayed=sum(replayed) if replayed else None,
        detection_lag_seconds=parts.detection_lag_seconds if ended else None,
        headroom=headroom(rehearsal),
        statements_executed=rehearsal.statements_executed,
        statements_running=rehearsal.statements_running,
        died_at_seconds=round(death.at - trace.started_at, 6) if death else None,
        death=death.reason if death else None,
        cpu_seconds=round(sum(one.cpu_seconds or 0.0 for one in trace.invocations), 3),
        rehearsal_seconds=rehearsal.rehearsal_seconds,
    )


def headroom(rehearsal: Rehearsal) -> Headroom:
    """Return the quota of its service that an execution came nearest to."""
    if rehearsal.operations is None:
        return Headroom("history events", rehearsal.trace.history_events, MOST_EVENTS)
    candidates = (
        Headroom("durable operations", rehearsal.operations, MOST_OPERATIONS),
        Headroom("bytes written", rehearsal.written_bytes or 0, MOST_BYTES),
    )
    return min(candidates, key=lambda one: one.left)
