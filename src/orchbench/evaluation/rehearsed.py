"""What a table shows of a rehearsal: counts and latencies from its trace, and the quota it came nearest."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from orchbench.evaluation.cost import bill
from orchbench.evaluation.counts import count, platform_meters
from orchbench.evaluation.figures import figure
from orchbench.evaluation.latency import latency
from orchbench.evaluation.limits import quotas
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.tariff import plain
from orchbench.platforms import platform_named
from orchbench.platforms.meters import (
    HISTORY_EVENTS,
    ExecutionQuota,
    Meter,
)
from orchbench.redshift.statement import Status
from orchbench.rehearsal.rehearse import Rehearsal
from orchbench.trace import Json, Label

TRACE = "the rehearsal's trace, in virtual time"
REHEARSED_UNITS = {
    "makespan_seconds": "s",
    "polls": "polls",
    "invocations": "invocations",
    "operations_replayed": "operations",
    "detection_lag_seconds": "s",
    "statements_executed": "batches",
    "statements_running": "batches",
    "died_at_seconds": "s",
}
NO_QUOTA = "its service has no quota of one execution"
ENDED_STATUSES = tuple(status.value for status in Status if status.ended)


@dataclass(frozen=True)
class Headroom:
    """The quota that an execution came nearest to.

    Attributes:
        left: the share of it that was not used, 0.0 to 1.0.
    """

    quota: ExecutionQuota
    used: int

    @property
    def left(self) -> float:
        """The share that was not used, 0.0 to 1.0."""
        return round(max(0.0, 1 - self.used / self.quota.limit), 6)

    def to_json(self) -> Json:
        """Return the figures as plain JSON values."""
        return {
            "quota": self.quota.meter.unit,
            "used": self.used,
            "limit": self.quota.limit,
            "left": self.left,
        }

    def labelled(self) -> Json:
        """Return the figures with their labels and sources."""
        quota = quotas()[self.quota.key]
        limit = {"value": self.quota.limit, "unit": quota.unit, "label": "quoted", "source": quota.source}
        return {
            "quota": self.quota.meter.unit,
            "used": figure(self.used, quota.unit, Label.REHEARSED, TRACE),
            "limit": limit,
            "left": figure(self.left, "of the quota", Label.REHEARSED, TRACE),
        }


@dataclass(frozen=True)
class Figures:
    """One row. Seconds are virtual but for ``rehearsal_seconds``.

    Attributes:
        outcome: the execution's status, and its error's name where it failed.
        metered: by each meter of every platform; None where its own has no such thing.
        headroom: None where no quota of one execution limits it.
        died_at_seconds: after the start, where a quota ended the execution.
        cpu_seconds: measured, of all invocations of the handlers together.
    """

    way: str
    scenario: str
    poll: str
    outcome: str
    makespan_seconds: float | None
    polls: int
    metered: Mapping[Meter, int | None]
    invocations: int
    operations_replayed: int | None
    detection_lag_seconds: float | None
    headroom: Headroom | None
    statements_executed: int
    statements_running: int
    died_at_seconds: float | None
    death: str | None
    cpu_seconds: float
    rehearsal_seconds: float

    def to_json(self) -> Json:
        """Return the row as plain JSON values, as results store it."""
        headroom = self.headroom.to_json() if self.headroom else None
        return self._values() | {"headroom": headroom, "label": Label.REHEARSED.value, "source": TRACE}

    def labelled(self) -> Json:
        """Return the row as JSON values, every figure with its unit, its label and its source."""
        document = self._values()
        units = {meter.column: "bytes" if meter.is_size else meter.unit for meter in self.metered}
        for name, unit in (REHEARSED_UNITS | units).items():
            document[name] = figure(document[name], unit, Label.REHEARSED, TRACE)
        for name in ("cpu_seconds", "rehearsal_seconds"):
            document[name] = figure(document[name], "s", Label.MEASURED, "this machine's own clocks")
        none = {"quota": None, "why": NO_QUOTA}
        return document | {"headroom": self.headroom.labelled() if self.headroom else none}

    def _values(self) -> Json:
        """Return each value by its name, a meter's by its column."""
        document: Json = {}
        for one in fields(self):
            if one.name == "metered":
                document |= {meter.column: amount for meter, amount in self.metered.items()}
            else:
                document[one.name] = getattr(self, one.name)
        return document


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
        metered=metered(rehearsal),
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


def cost(rehearsal: Rehearsal, prices: PriceList, architecture: str = "x86_64") -> Json:
    """Return what a rehearsal's execution is billed for, with its label and its source."""
    found = bill(rehearsal.trace, prices, architecture=architecture, metered=rehearsal.metered)
    source = f"the bill of its trace, at list prices of {prices.region}"
    return figure(plain(found.total_usd), "USD", found.label, source)


def metered(rehearsal: Rehearsal) -> Mapping[Meter, int | None]:
    """Return how much of each meter an execution used, as its host metered it where it did."""
    counts = count(rehearsal.trace)
    found = {meter: counts.of(meter) for meter in platform_meters()}
    return found | dict(rehearsal.metered) | {HISTORY_EVENTS: counts.history_events}


def headroom(rehearsal: Rehearsal) -> Headroom | None:
    """Return the quota of its service that an execution came nearest to; None where there is none."""
    used = metered(rehearsal)
    found = [
        Headroom(quota, used.get(quota.meter) or 0)
        for quota in platform_named(rehearsal.trace.platform).execution_quotas
    ]
    return min(found, key=lambda one: one.left, default=None)
