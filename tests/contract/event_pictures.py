"""The table and the two pictures of docs/wait-or-poll.md: estimates of an hour, and a rehearsed query.

``document_blocks`` writes both anew.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import altair as alt
from project import ROOT

from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.estimate import LOST, Estimate, Terms, estimate_way
from orchbench.evaluation.figures import told_money
from orchbench.evaluation.latency import latency as latency_of
from orchbench.evaluation.prices import price_list
from orchbench.rehearsal import Scenario, rehearse
from orchbench.rehearsal.fault import Fault
from orchbench.report import drawing
from orchbench.report.figures import told_duration
from orchbench.report.model import Chart
from orchbench.report.svg import WIDE, svg, svg_file
from orchbench.trace import Trace
from orchbench.ways import all_ways
from orchbench.ways.durations import Policy
from orchbench.ways.way import Waits, Way

PICTURES = ROOT / "docs" / "pictures"
RUNS, HOUR_SECONDS = 1_000, 3_600
INTERVALS_SECONDS = (5, 10, 30, 60, 120, 300)
"""Of polls, from one picture's left to its right."""
FALLBACKS_SECONDS = (600, 1_800)
USUAL_SECONDS = 10
COMPARED = ("sfn-poll", "sfn-callback", "durable-poll", "durable-callback")
"""The pair, each beside the way that waits for an event in its place."""
WOKEN = COMPARED[1::2]
QUERY_SECONDS = 2_403.0
"""Of the rehearsed query: over between two of the slow polls, which are half an hour apart."""


def estimated(way: Way, interval_seconds: int, fallback_seconds: int = 1_800) -> Estimate:
    """Return the estimate of an hour; of the two lengths a way takes the one that it goes by."""
    candidate = Candidate.of(way)
    if candidate.is_woken:
        candidate = candidate.polling(Policy.fixed(fallback_seconds))
    terms = Terms(price_list("us-east-1"), "x86_64", 128, default_assumptions())
    return estimate_way(candidate, HOUR_SECONDS, Policy.fixed(interval_seconds), terms)


def usd_of_runs(found: Estimate) -> Decimal:
    """Return what a thousand runs cost."""
    return found.bill.total_usd * RUNS


def table(resources: Mapping[str, int]) -> Iterator[str]:
    """Yield the table that answers the question: cost, both lags, and what is needed besides.

    Args:
        resources: of a stack of each way alone, by the way's name.
    """
    yield "| | 1,000 queries of an hour | lag if the event arrives | lag if it is lost | also needed |"
    yield "|---|--:|--:|--:|---|"
    for way in (all_ways()[name] for name in COMPARED):
        found = estimated(way, USUAL_SECONDS)
        came = lost = f"{found.lag.mean_seconds:g} s, {found.lag.worst_seconds:g} s at worst"
        besides = "nothing"
        if found.candidate.is_woken:
            came = f"{found.when_told.lag.worst_seconds:g} s"
            lost = f"{told_duration(found.when_lost.lag.worst_seconds)} at worst"
            besides = _besides(way, resources)
        yield f"| `{way.name}` | ${told_money(usd_of_runs(found))} | {came} | {lost} | {besides} |"
    late = [_late(rehearsed(name, lost=False, latency="assumed")) for name in WOKEN]
    yield ""
    share = default_assumptions()[LOST]
    yield (
        f"Estimated at list prices; functions' durations, the {came} and {share:.1%} of the events lost are "
        "assumed. With all assumed AWS latencies, cold starts included, rehearsals end "
        f"{' and '.join(late)}."
    )


def _besides(way: Way, resources: Mapping[str, int]) -> str:
    assert way.varies
    parent = all_ways()[way.varies.of]
    more = " and ".join(f"`{name}`" for name in way.functions if name not in (way.name, *parent.functions))
    return f"a rule, {more}: {resources[way.name]} resources instead of {resources[parent.name]}"


def cost_chart() -> Chart:
    """Return cost against lag, each way that waits for an event at both ends."""
    rows = [row for name in COMPARED for row in _marks(all_ways()[name])]
    told = "; ".join(f"{row['mark']}: ${row['cost']:.3g}, {row['lag']:g} s" for row in rows)
    # A line is named at its left end.
    names = list({row["line"]: row for row in reversed(rows) if row["named"]}.values())

    def draw(width: int) -> Mapping[str, Any]:
        domain = (0.4, 3_000.0)
        x = drawing.duration_axis("lag", "longest lag", domain, narrow=width < drawing.NARROW)
        y = drawing.money_axis("cost", "USD per 1,000 runs of an hour", [row["cost"] for row in rows])
        colour = drawing.way_colour(COMPARED)
        base = alt.Chart(drawing.values(rows))
        lines = base.mark_line().encode(
            x=x, y=y, color=colour, strokeDash=drawing.way_dash(COMPARED), detail="line:N"
        )
        marks = base.mark_point(size=60, filled=True).encode(
            x=x, y=y, color=colour, shape=drawing.way_shape(COMPARED)
        )
        labels = base.mark_text(dy=-11).encode(x=x, y=y, text="told:N")
        named = alt.Chart(drawing.values(names))
        polls = named.mark_text(align="right", dx=-9).transform_filter("!datum.woken")
        waits = named.mark_text(align="left", dx=9, dy=-7).transform_filter("datum.woken")
        words = (one.encode(x=x, y=y, text="named:N") for one in (polls, waits))
        return drawing.drawn(alt.layer(lines, marks, labels, *words), width, 330)

    return Chart("wait-or-poll-cost", "What a lag costs", (), f"Estimated. {told}.", draw, ())


def _marks(way: Way) -> Iterator[dict[str, Any]]:
    """Yield the marks of a way: an interval each, or a fallback each at its two ends."""
    if way.waits is not Waits.FOR_AN_EVENT:
        for seconds in INTERVALS_SECONDS:
            found, told = estimated(way, seconds), told_duration(seconds)
            mark = _mark(way, way.name, found, found.lag.worst_seconds)
            yield mark | {"mark": f"{way.name}, every {told}", "told": told, "named": way.name}
        return
    for seconds in FALLBACKS_SECONDS:
        found = estimated(way, USUAL_SECONDS, seconds)
        line = f"{way.name}, fallback {told_duration(seconds)}"
        lost = _mark(way, line, found.when_lost, found.when_lost.lag.worst_seconds)
        yield lost | {"mark": f"{line}, its event is lost"}
        came = _mark(way, line, found.when_told, found.when_told.lag.worst_seconds)
        yield came | {"mark": f"{line}, its event comes", "named": line, "woken": True}


def _mark(way: Way, line: str, found: Estimate, lag: float) -> dict[str, Any]:
    cost = float(usd_of_runs(found))
    return {"way": way.name, "line": line, "cost": cost, "lag": lag, "told": "", "named": "", "woken": False}


def rehearsed(name: str, *, lost: bool, latency: str = "zero") -> Trace:
    """Return the trace of the query, with its event or without."""
    faults = (Fault.parse("lose-statement-event"),) if lost else ()
    asked = Scenario.polled(
        QUERY_SECONDS, f"fixed:{USUAL_SECONDS}s", timeout_seconds=7_200, latency=latency, faults=faults
    )
    return rehearse(asked, name).trace


def time_chart() -> Chart:
    """Return when each way looks at one query, with its event and without."""
    polled = COMPARED[0]
    runs = {f"{polled}, every {USUAL_SECONDS} s": (polled, rehearsed(polled, lost=False))}
    for name in WOKEN:
        runs[f"{name}, its event comes"] = (name, rehearsed(name, lost=False))
        runs[f"{name}, its event is lost"] = (name, rehearsed(name, lost=True))
    rows = ["the query", *runs]
    strokes: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    for row, (name, trace) in runs.items():
        moments = [(one.started_at - trace.started_at) / 60 for one in trace.invocations]
        strokes += [{"row": row, "way": name, "minute": round(at, 3)} for at in moments]
        told = f"{len(moments)} invocations, {_late(trace)}"
        ends.append({"row": row, "minute": round(max(moments), 3), "told": told})
    described = "; ".join(f"{one['row']}: {one['told']}" for one in ends)
    query = [{"row": rows[0], "start": 0.0, "end": QUERY_SECONDS / 60}]

    def draw(width: int) -> Mapping[str, Any]:
        ticks = [0, 10, 20, 30, 40, 50, 60]
        scale = alt.Scale(domain=[0, 84], nice=False)
        x = alt.X("minute:Q", title="minutes", scale=scale, axis=alt.Axis(values=ticks, grid=False))
        names = {row: way for row, (way, _trace) in runs.items()}
        y = alt.Y("row:N", sort=rows, title=None, axis=drawing.way_axis(names, labelLimit=220))
        marks = alt.Chart(drawing.values(strokes)).mark_tick(size=15, thickness=1.2)
        bar = alt.Chart(drawing.values(query)).mark_bar(height=13, color=drawing.INK)
        words = alt.Chart(drawing.values(ends)).mark_text(align="left", dx=7)
        layers = (
            marks.encode(x=x, y=y, color=drawing.way_colour(COMPARED)),
            bar.encode(x="start:Q", x2="end:Q", y=y),
            words.encode(x=x, y=y, text="told:N"),
        )
        return drawing.drawn(alt.layer(*layers), width, 60 + 25 * len(rows))

    return Chart("wait-or-poll-time", "When each way looks", (), f"Rehearsed. {described}.", draw, ())


def _late(trace: Trace) -> str:
    lag = latency_of(trace).detection_lag_seconds
    assert lag is not None
    return f"{lag:.1f} s late" if lag < 60 else f"{lag / 60:.0f} min late"


def pictures() -> dict[str, str]:
    """Return the files of the pictures by their names."""
    charts = (time_chart(), cost_chart())
    return {f"{one.name}.svg": svg_file(svg(one, WIDE)) for one in charts}
