"""The figures of a load as one JSON document, from its traces, its ledger and the Data API's counts alone."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from statistics import median

import numpy as np

from orchbench.evaluation.counts import count
from orchbench.evaluation.latency import latency
from orchbench.evaluation.learned import Learned, learned
from orchbench.load.run import Load, LoadedExecution, LoadPlan
from orchbench.redshift.quotas import Quotas
from orchbench.trace import ExecutionStatus, Json, Label, Trace

SCHEMA = "orchbench.load/1"
LATENCIES = {
    "makespan_seconds": "makespan",
    "submit_latency_seconds": "submit latency",
    "detection_lag_seconds": "detection lag",
}
THROTTLED = "ThrottlingException"


def summarize_load(load: Load) -> Json:
    """Return the figures of a load; ``lost`` names every execution that is not as it should be."""
    plan = load.plan
    ways = {way: _way([one for one in load.executions if one.way == way], load.entries) for way in plan.ways}
    return {
        "schema": SCHEMA,
        "label": Label.MEASURED.value,
        "settings": {
            "ways": list(plan.ways),
            "at_once": plan.at_once,
            "poll_interval_seconds": plan.poll_interval_seconds,
            "batch_seconds": plan.batch_seconds,
            "quota_share": plan.quota_share,
            "lost_events": float(plan.lost_events),
        },
        "start_seconds": round(load.start_seconds, 3),
        "most_at_once": most_at_once([one.trace for one in load.executions if one.trace is not None]),
        "executions": len(load.executions),
        "succeeded": sum(way["succeeded"] for way in ways.values()),
        "transactions": load.transactions,
        "ways": ways,
        "operations": _operations(load.calls, plan),
        "lost": _lost(load),
    }


def most_at_once(traces: Iterable[Trace]) -> int:
    """Return how many executions ran at the same moment, at the most, by the services' own records."""
    moments = [
        moment
        for trace in traces
        if trace.ended_at is not None
        for moment in ((trace.started_at, 1), (trace.ended_at, -1))
    ]
    running = accumulate(change for _moment, change in sorted(moments))
    return max(running, default=0)


def _way(executions: Sequence[LoadedExecution], entries: Mapping[str, int]) -> Json:
    traces = [one.trace for one in executions if one.trace is not None]
    parts, counts = [latency(trace) for trace in traces], [count(trace) for trace in traces]
    return {
        "executions": len(executions),
        "succeeded": sum(trace.status is ExecutionStatus.SUCCEEDED for trace in traces),
        "entries": sum(entries.get(one.name, 0) for one in executions),
        "polls": sum(one.polls for one in counts),
        "learned": {how.name.lower(): sum(learned(one) is how for one in traces) for how in Learned},
        "retries": sum(one.retries for one in counts),
        "retried_executions": sum(one.retries > 0 for one in counts),
        "latencies": {key: _figure(getattr(one, key) for one in parts) for key in LATENCIES},
    }


def _figure(values: Iterable[float | None]) -> Json | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return {
        "count": len(known),
        "median": round(median(known), 3),
        "p95": round(float(np.quantile(known, 0.95)), 3),
        "maximum": round(max(known), 3),
        "unit": "s",
        "label": Label.MEASURED.value,
        "source": "the services' own records",
    }


def _operations(calls: Json, plan: LoadPlan) -> Json:
    quotas = {} if plan.quota_share is None else Quotas().scaled(plan.quota_share).calls_per_second
    return {
        operation: {
            "calls": told["calls"],
            "throttled": told["errors"].get(THROTTLED, 0),
            "other_errors": {code: times for code, times in told["errors"].items() if code != THROTTLED},
            "most_a_second": told["most_a_second"],
            "quota_a_second": quotas.get(operation),
            "label": Label.MEASURED.value,
            "source": "the local Data API's own counts",
        }
        for operation, told in calls.items()
    }


def _lost(load: Load) -> list[Json]:
    """Return every execution that did not succeed, or whose batch did not run exactly once."""
    found = []
    for one in load.executions:
        said = one.problem or (_failure(one) if one.trace is not None else None)
        entries = load.entries.get(one.name, 0)
        if said is not None or entries != 1:
            found.append({"way": one.way, "name": one.name, "problem": said, "entries": entries})
    return found


def _failure(one: LoadedExecution) -> str | None:
    trace = one.trace
    if trace is None or trace.status is ExecutionStatus.SUCCEEDED:
        return None
    return f"{trace.status.value}: {trace.error_name}: {trace.cause}"
