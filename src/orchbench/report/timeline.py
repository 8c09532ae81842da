"""One run of each way as bars in time: the query, the functions, and the states or operations below them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from orchbench.evaluation.cost import HOST_LABELS
from orchbench.report import drawing, hour_timeline
from orchbench.report.figures import seconds
from orchbench.report.model import Chart, Datum, Section
from orchbench.report.reading import Results
from orchbench.results.comparison import Run
from orchbench.trace import EventKind, ExecutionStatus, Trace, TraceEvent

QUERY, FUNCTIONS = "query in Redshift", "functions"
BEGINS = {
    EventKind.STATE_ENTERED: (EventKind.STATE_EXITED,),
    EventKind.STEP_STARTED: (EventKind.STEP_SUCCEEDED,),
    EventKind.WAIT_STARTED: (EventKind.WAIT_ENDED, EventKind.WAIT_WOKEN, EventKind.WAIT_RAN_OUT),
}
LEAST_SHARE_DRAWN = 0.008
"""Of the axis: what is shorter would be a sliver."""
MOST_BARS = 60
"""A run of more polls is drawn up to here."""


@dataclass(frozen=True)
class Bar:
    """Something that lasted; seconds since the execution's start."""

    row: str
    kind: str
    start: float
    end: float


def section(results: Sequence[Results]) -> Section:
    """Return the section: the rehearsed hour, or where none is, the run whose makespan is in the middle."""
    rehearsed = next((one for one in results if one.rehearsals), None)
    kept = hour_timeline.of_the_hour(rehearsed.rehearsals) if rehearsed else []
    if rehearsed and kept:
        return hour_timeline.section(rehearsed, kept)
    charts = [chart for one in results for chart in _charts(one, several=len(results) > 1)]
    return Section(
        "timeline",
        "A run in time",
        ("A run waits for its query and does next to nothing else",),
        [
            (
                "Of each way the run whose makespan is in the middle. Moments are the services' own records: "
                "the query above, the functions' invocations below it, then the states or the operations.",
            )
        ],
        charts,
    )


def _charts(results: Results, *, several: bool) -> Iterator[Chart]:
    """Yield the charts of a folder, all on the same axis of time."""
    found = [run for way in results.ways if (run := middle_run(results.comparison.of(way)))]
    longest = max((bar.end for run in found for bar in bars(run.trace)[:MOST_BARS]), default=0.0)
    for run in found:
        yield _chart(results, run, longest, several=several)


def middle_run(runs: Sequence[Run]) -> Run | None:
    """Return the run in the middle of those that ended, by makespan."""
    ended = [run for run in runs if run.trace.status is ExecutionStatus.SUCCEEDED and run.trace.ended_at]
    ranked = sorted(ended, key=lambda run: ((run.trace.ended_at or 0) - run.trace.started_at, run.number))
    return ranked[(len(ranked) - 1) // 2] if ranked else None


def bars(trace: Trace) -> list[Bar]:
    """Return what lasted, the query first."""
    start = trace.started_at
    found = []
    if trace.statement:
        statement = trace.statement
        found.append(Bar(QUERY, "query", statement.created_at - start, statement.updated_at - start))
    for one in trace.invocations:
        if one.duration_seconds is not None:
            begun = one.started_at - start
            found.append(Bar(FUNCTIONS, "function", begun, begun + one.duration_seconds))
    return [*found, *_of_events(trace)]


def _of_events(trace: Trace) -> Iterator[Bar]:
    start = trace.started_at
    for index, event in enumerate(trace.events):
        later = trace.events[index + 1 :]
        if event.kind in BEGINS and event.name:
            waits = event.kind is EventKind.WAIT_STARTED or event.detail.get("type") == "Wait"
            end = _next(later, event.name, BEGINS[event.kind], event.at)
            yield Bar(event.name, "wait" if waits else "state", event.at - start, end - start)
        elif event.kind is EventKind.STEP_SUCCEEDED and event.detail.get("next_attempt_seconds"):
            # A condition waits between its polls, and is no wait of its own in the history.
            end = _next(later, event.name, (EventKind.STEP_STARTED,), event.at)
            yield Bar(event.name, "wait", event.at - start, end - start)


def _next(events: Sequence[TraceEvent], name: str, kinds: Sequence[EventKind], otherwise: float) -> float:
    """Return the moment of the first event of these kinds with a name."""
    return next((one.at for one in events if one.kind in kinds and one.name == name), otherwise)


def _chart(results: Results, run: Run, longest: float, *, several: bool) -> Chart:
    trace = run.trace
    found = bars(trace)[:MOST_BARS]
    where = f"{results.name} ({results.host})" if several else results.host
    label = HOST_LABELS[trace.host]
    file = results.file(f"traces/{run.file_name}")
    data = [
        Datum(f"{one.row}, {what}", seconds(round(moment, 6), label, "the services' records", file))
        for one in found
        for what, moment in (("from", one.start), ("to", one.end))
    ]
    rows = list(dict.fromkeys(one.row for one in found))
    shorter = ", the beginning of it" if len(bars(trace)) > MOST_BARS else ""

    def draw(width: int) -> Mapping[str, Any]:
        return _drawn(width, rows, found, longest)

    return Chart(
        f"timeline-{results.name.replace('/', '-')}-{run.way}",
        f"{run.way}, run {run.number}, {where}{shorter}",
        (
            "Filled: the query. Hatched: a function runs. Outlined: a wait. Grey: a state or an operation. "
            "Too short to draw: a function is a tall tick, a state or an operation a short one.",
        ),
        f"Bars over seconds since the execution's start, in rows: {', '.join(rows)}.",
        draw,
        data,
    )


FILLS = {"query": drawing.INK, "function": "url(#hatch-1)", "wait": drawing.SURFACE, "state": "var(--bar)"}


def _drawn(width: int, rows: Sequence[str], found: Sequence[Bar], longest: float) -> Mapping[str, Any]:
    shown = [
        {"row": one.row, "kind": one.kind, "start": round(one.start, 6), "end": round(one.end, 6)}
        for one in found
    ]
    y = alt.Y("row:N", sort=list(rows), title=None, axis=alt.Axis(labelColor=drawing.INK))
    chart = (
        alt.Chart(drawing.values(shown))
        .mark_bar(height=13, stroke=drawing.INK, strokeWidth=1)
        .encode(
            x=alt.X(
                "start:Q",
                title="seconds since the execution's start",
                scale=alt.Scale(domain=[0, longest], nice=False),
            ),
            x2="end:Q",
            y=y,
            fill=alt.Fill(
                "kind:N", scale=alt.Scale(domain=list(FILLS), range=list(FILLS.values())), legend=None
            ),
        )
    )
    layers = [chart]
    for kind, height in (("function", 19), ("state", 9)):
        short = [
            row
            for row, one in zip(shown, found, strict=True)
            if one.kind == kind and one.end - one.start < LEAST_SHARE_DRAWN * longest
        ]
        ticks = alt.Chart(drawing.values(short)).mark_tick(size=height, thickness=3, color=drawing.INK)
        layers.append(ticks.encode(x=alt.X("start:Q"), y=y))
    return drawing.drawn(alt.layer(*layers), width, 60 + 24 * len(rows))
