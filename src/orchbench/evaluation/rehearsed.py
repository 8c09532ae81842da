"""What a table shows of a rehearsal: counts and latencies from its trace, and the quota it came nearest."""

from collections.abc import Mapping

from orchbench.evaluation.cost import bill
from orchbench.evaluation.counts import count, platform_meters
from orchbench.evaluation.figures import figure
from orchbench.evaluation.latency import latency
from orchbench.evaluation.limits import quotas
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.tariff import plain
from orchbench.platforms import all_platforms, platform_named
from orchbench.platforms.meters import HISTORY_EVENTS, Meter
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


def figures(rehearsal: Rehearsal) -> Json:
    """Return a rehearsal's row as plain JSON values, as results store it.

    Seconds are virtual but for ``rehearsal_seconds`` and ``cpu_seconds``, of all invocations of the handlers
    together. What a platform does not know is None; so is the headroom where no quota limits an execution.
    """
    trace, death = rehearsal.trace, rehearsal.death
    counts, parts = count(trace), latency(trace)
    # Of a statement that still ran nothing was detected, nor by an execution that a quota ended.
    ended = death is None and trace.statement is not None and trace.statement.status in ENDED_STATUSES
    replayed = [one.operations_replayed for one in trace.invocations if one.operations_replayed is not None]
    return {
        "way": trace.orchestrator,
        "scenario": rehearsal.scenario.name,
        "poll": rehearsal.scenario.poll,
        "outcome": f"{trace.status.value}: {trace.error_name}" if trace.error_name else trace.status.value,
        "makespan_seconds": parts.makespan_seconds,
        "polls": counts.polls,
        **{meter.column: amount for meter, amount in metered(rehearsal).items()},
        "invocations": counts.invocations,
        "operations_replayed": sum(replayed) if replayed else None,
        "detection_lag_seconds": parts.detection_lag_seconds if ended else None,
        "headroom": headroom(rehearsal),
        "statements_executed": rehearsal.statements_executed,
        "statements_running": rehearsal.statements_running,
        "died_at_seconds": round(death.at - trace.started_at, 6) if death else None,
        "death": death.reason if death else None,
        "cpu_seconds": round(sum(one.cpu_seconds or 0.0 for one in trace.invocations), 3),
        "rehearsal_seconds": rehearsal.rehearsal_seconds,
        "label": Label.REHEARSED.value,
        "source": TRACE,
    }


def labelled(row: Json) -> Json:
    """Return a row with the unit, the label and the source of every figure."""
    document = {name: value for name, value in row.items() if name not in {"label", "source"}}
    meters = (*platform_meters(), HISTORY_EVENTS)
    units = {meter.column: "bytes" if meter.is_size else meter.unit for meter in meters}
    for name, unit in (REHEARSED_UNITS | units).items():
        document[name] = figure(row[name], unit, Label.REHEARSED, TRACE)
    for name in ("cpu_seconds", "rehearsal_seconds"):
        document[name] = figure(row[name], "s", Label.MEASURED, "this machine's own clocks")
    nearest = row["headroom"]
    document["headroom"] = _labelled(nearest) if nearest else {"quota": None, "why": NO_QUOTA}
    return document


def _labelled(nearest: Json) -> Json:
    every = (quota for platform in all_platforms().values() for quota in platform.execution_quotas)
    quota = quotas()[next(one.key for one in every if one.meter.unit == nearest["quota"])]
    limit = {"value": nearest["limit"], "unit": quota.unit, "label": "quoted", "source": quota.source}
    return {
        "quota": nearest["quota"],
        "used": figure(nearest["used"], quota.unit, Label.REHEARSED, TRACE),
        "limit": limit,
        "left": figure(nearest["left"], "of the quota", Label.REHEARSED, TRACE),
    }


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


def headroom(rehearsal: Rehearsal) -> Json | None:
    """Return the quota of its service that an execution came nearest to; None where there is none."""
    found: list[Json] = []
    amounts = metered(rehearsal)
    for quota in platform_named(rehearsal.trace.platform).execution_quotas:
        used = amounts.get(quota.meter) or 0
        left = round(max(0.0, 1 - used / quota.limit), 6)
        found.append({"quota": quota.meter.unit, "used": used, "limit": quota.limit, "left": left})
    return min(found, key=lambda one: one["left"], default=None)
