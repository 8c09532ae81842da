"""All figures of a comparison as one JSON document: from its runs alone, the same each time.

Each figure has its unit, its label and its source; money is text, so that no digit is lost.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from itertools import combinations
from statistics import median, median_low

from orchbench.evaluation.apart import apart
from orchbench.evaluation.cost import HOST_LABELS, bill
from orchbench.evaluation.counts import Counts, count, names_of_counts
from orchbench.evaluation.intervals import MEDIAN, P95, Interval, difference, interval
from orchbench.evaluation.latency import Latency, latency
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.sentence import meaning
from orchbench.evaluation.tariff import Bill
from orchbench.results.comparison import SUMMARY_SCHEMA, Comparison, Run
from orchbench.trace import EventKind, ExecutionStatus, Json, Label, Trace, TraceEvent
from orchbench.ways import all_ways

LATENCIES = {
    "makespan_seconds": "makespan",
    "query_seconds": "query time",
    "redshift_queue_seconds": "Redshift queue",
    "submit_latency_seconds": "submit latency",
    "detection_lag_seconds": "detection lag",
    "overhead_seconds": "orchestration overhead",
}


def summarize(comparison: Comparison, prices: PriceList) -> Json:
    """Return the figures of a comparison."""
    settings = comparison.settings
    ways = {
        way: _way(title, comparison.of(way), prices, settings.architecture)
        for way, title in comparison.ways.items()
    }
    usages = (all_ways()[name].usage for name in comparison.ways if name in all_ways())
    told = prices.told(price_keys(usages, settings.architecture))
    differences = _differences(comparison)
    found = apart(ways, differences, settings.input.get("poll", {}).get("interval_seconds"))
    return {
        "schema": SUMMARY_SCHEMA,
        "started_at": comparison.started_at,
        "complete": comparison.complete,
        "settings": asdict(settings),
        "prices": {"region": prices.region, "told": told},
        "ways": ways,
        "differences": differences,
        "apart": found,
        "notes": _notes([run.trace for run in comparison.runs]),
        "meaning": meaning(ways, found, settings.host, complete=comparison.complete),
    }


def _notes(traces: Sequence[Trace]) -> list[str]:
    """Return what a reader must know of the records behind the figures."""
    notes = []
    kinds = [{event.kind for event in trace.events} for trace in traces]
    if any(EventKind.TASK_SCHEDULED in one and EventKind.TASK_STARTED not in one for one in kinds):
        notes.append(
            "The local Step Functions writes no TaskStarted: AWS records one more history event per call."
        )
    if any(map(_is_poll_without_result, (event for trace in traces for event in trace.events))):
        notes.append("The local runner keeps no results of a condition's polls: AWS bills more data written.")
    return notes


def _is_poll_without_result(event: TraceEvent) -> bool:
    answered = event.kind is EventKind.STEP_SUCCEEDED and bool(event.detail.get("next_attempt_seconds"))
    return answered and "written_bytes" not in event.detail


def _way(title: str, runs: Sequence[Run], prices: PriceList, architecture: str) -> Json:
    traces = [run.trace for run in runs]
    bills = [bill(trace, prices, architecture=architecture) for trace in traces]
    return {
        "title": title,
        "runs": [_run(run, one) for run, one in zip(runs, bills, strict=True)],
        "outcomes": _outcomes(runs),
        "latencies": _latencies([latency(trace) for trace in traces], _host_label(traces)),
        "counts": _counts([count(trace) for trace in traces], _host_label(traces)),
        "functions": _functions(traces),
        "bill": _bill(bills),
    }


def _run(run: Run, cost: Bill) -> Json:
    trace = run.trace
    return {
        "number": run.number,
        "execution_name": trace.execution_name,
        "status": trace.status.value,
        "error_name": trace.error_name,
        "cause": trace.cause,
        "mart": run.mart,
        **asdict(latency(trace)),
        **count(trace).to_json(),
        "bill_usd": str(cost.total_usd),
        "label": HOST_LABELS[trace.host].value,
        "bill_label": cost.label.value,
        "source": "the services' own records",
    }


def _outcomes(runs: Sequence[Run]) -> Json:
    succeeded = sum(run.trace.status is ExecutionStatus.SUCCEEDED for run in runs)
    marts = [run.mart["outcome"] for run in runs]
    return {
        "runs": len(runs),
        "succeeded": succeeded,
        "marts_right": marts.count("right"),
        "marts_wrong": marts.count("wrong"),
        "label": _host_label([run.trace for run in runs]).value,
        "source": "the executions' status, and a look at the mart after each",
    }


def _host_label(traces: Sequence[Trace]) -> Label:
    return HOST_LABELS[traces[0].host] if traces else Label.MISSING


def _figure(name: str, unit: str, values: Iterable[float | None], label: Label, source: str) -> Json | None:
    """Return the middle and the ends of the values that there are, None where there is none."""
    known = sorted(_known(values))
    if not known:
        return None
    return {
        "name": name,
        "unit": unit,
        "label": label.value,
        "source": source,
        "count": len(known),
        "median": round(median(known), 6),
        "minimum": known[0],
        "maximum": known[-1],
    }


def _figures(
    names: dict[str, str], values: Sequence[Json], unit: Callable[[str], str], label: Label, source: str
) -> Json:
    found: Json = {}
    for key, name in names.items():
        figure = _figure(name, unit(key), (one[key] for one in values), label, source)
        if figure is not None:
            found[key] = figure
    return found


def _latencies(values: Sequence[Latency], label: Label) -> Json:
    latencies = [asdict(one) for one in values]
    found = _figures(LATENCIES, latencies, lambda _key: "s", label, "the services' own records")
    for key, figure in found.items():
        known = _known(getattr(one, key) for one in values)
        figure["median_interval"] = _bounds(interval(known, MEDIAN))
        figure.update(_p95(interval(known, P95)))
    return found


def _p95(found: Interval | None) -> Json:
    """Return a 95th percentile with its interval, or neither: of few runs it is little but the largest."""
    bounds = _bounds(found)
    return {"p95": round(found.value, 6) if found and bounds else None, "p95_interval": bounds}


def _bounds(found: Interval | None) -> Json | None:
    """Return where a figure lies, None where there are too few runs to say."""
    if found is None or found.low is None or found.high is None:
        return None
    return {"low": round(found.low, 6), "high": round(found.high, 6), "confidence": found.confidence}


def _differences(comparison: Comparison) -> list[Json]:
    """Return how far each two ways lie apart, the first less the second."""
    return [
        {
            "first": first,
            "second": second,
            "key": key,
            "name": name,
            "unit": "s",
            "label": _host_label([run.trace for run in comparison.of(first)]).value,
            "source": "order statistics of the runs of both, squared and added",
            **_difference(comparison, first, second, key),
        }
        for first, second in combinations(comparison.ways, 2)
        for key, name in LATENCIES.items()
    ]


def _difference(comparison: Comparison, first: str, second: str, key: str) -> Json:
    one, other = (
        _known(getattr(latency(run.trace), key) for run in comparison.of(way)) for way in (first, second)
    )
    medians, p95s = (
        difference(interval(one, quantile), interval(other, quantile)) for quantile in (MEDIAN, P95)
    )
    return {
        "median": medians and round(medians.value, 6),
        "median_interval": _bounds(medians),
        **_p95(p95s),
    }


def _counts(values: Sequence[Counts], label: Label) -> Json:
    counts = [one.to_json() for one in values]
    names = names_of_counts()
    return _figures(names, counts, lambda key: key.replace("_", " "), label, "the execution's history")


def _functions(traces: Sequence[Trace]) -> Json:
    names = dict.fromkeys(one.function_name for trace in traces for one in trace.invocations)
    return {name: _function(name, traces) for name in names}


def _function(name: str, traces: Sequence[Trace]) -> Json:
    """Return what one function was invoked for, an execution."""
    each = [[one for one in trace.invocations if one.function_name == name] for trace in traces]
    reported = [[one.billed_seconds for one in invocations] for invocations in each]
    complete = [sum(known) * 1000 for found in reported if len(known := _known(found)) == len(found)]
    label = _host_label(traces)
    missing = sum(seconds is None for found in reported for seconds in found)
    return {
        "invocations": _figure(
            "invocations", "invocations", map(len, each), label, "the execution's history"
        ),
        "billed_milliseconds": _figure(
            "billed milliseconds",
            "ms",
            (round(one, 3) for one in complete),
            label,
            "Lambda's REPORT lines",
        ),
        "reports_missing": missing,
        "label": label.value,
        "source": "Lambda's REPORT lines, against the execution's history",
    }


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _bill(bills: Sequence[Bill]) -> Json:
    """Return the spread of the totals, and the lines of the run in the middle."""
    if not bills:
        return {}
    totals = [one.total_usd for one in bills]
    middle = median_low(totals)
    shown = bills[totals.index(middle)]
    return {
        "median_usd": str(middle),
        "minimum_usd": str(min(totals)),
        "maximum_usd": str(max(totals)),
        "label": shown.label.value,
        "source": "the sum of the lines",
        "lines": [
            {key: str(value) if isinstance(value, Decimal) else value for key, value in asdict(line).items()}
            for line in shown.lines
        ],
    }
