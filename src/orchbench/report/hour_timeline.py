"""The rehearsed hour in time: when each way polls, every 10 s and adaptively."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from orchbench.report import drawing
from orchbench.report.asked import DURATION_SECONDS, INTERVAL_SECONDS
from orchbench.report.figures import count
from orchbench.report.model import Chart, Datum, Figure, Section, Text
from orchbench.report.reading import Results
from orchbench.results.supplements import KeptRehearsal
from orchbench.trace import EventKind, Label, Trace, Work
from orchbench.ways import all_ways, in_table_order
from orchbench.ways.way import Waits

QUERY = "the query"
POLICIES = {f"fixed:{INTERVAL_SECONDS}s": f"every {INTERVAL_SECONDS} s", "adaptive": "adaptive"}
SOURCE = "the rehearsal's trace, in virtual time"


def of_the_hour(rehearsals: Sequence[KeptRehearsal]) -> list[KeptRehearsal]:
    """Return the rehearsals of the hour that the page is about, in the order of a table.

    One of each way to which the policy makes no difference.
    """
    hour = float(DURATION_SECONDS)
    found = [one for one in rehearsals if one.poll in POLICIES and one.duration_seconds == hour]
    ways = in_table_order(one.way for one in found)
    found.sort(key=lambda one: (ways.index(one.way), list(POLICIES).index(one.poll)))
    return list({_row(one): one for one in reversed(found)}.values())[::-1]


def section(results: Results, kept: Sequence[KeptRehearsal]) -> Section:
    """Return the section."""
    of_one = [one for one in kept if one.way == kept[0].way]
    title: Text = (f"In an hour {kept[0].way} polls ", _polls(results, of_one[0]), " times")
    if len(of_one) > 1:
        title = (
            *title,
            ", or ",
            _polls(results, of_one[1]),
            " times adaptively; so does every way that polls",
        )
    return Section(
        "timeline",
        "A run in time",
        title,
        [
            (
                "The rehearsed hour of each way, with the files that are deployed, in virtual time. Between "
                "two polls nothing runs. The adaptive policy looks often at first, when short queries "
                "end, and less often later.",
            )
        ],
        [_chart(results, kept)],
    )


def _polls(results: Results, one: KeptRehearsal) -> Figure:
    return count(one.figures["polls"], "polls", Label.REHEARSED, SOURCE, results.file(one.file))


def _row(one: KeptRehearsal) -> str:
    return f"{one.way} {POLICIES[one.poll]}" if _follows_policy(one.way) else one.way


def _follows_policy(way: str) -> bool:
    found = all_ways().get(way)
    return found is None or found.waits is Waits.BY_POLLING


def _moments(trace: Trace) -> list[float]:
    """Return when an execution looked; where no state does, when its function was invoked."""
    looks = [
        event.at
        for event in trace.events
        if event.work is Work.LOOK and event.kind is EventKind.STATE_ENTERED
    ]
    return looks or [call.started_at for call in trace.invocations]


def _chart(results: Results, kept: Sequence[KeptRehearsal]) -> Chart:
    strokes, totals = [], []
    for one in kept:
        moments = [(at - one.trace.started_at) / 60 for at in _moments(one.trace)]
        strokes += [{"row": _row(one), "way": one.way, "minute": round(at, 4)} for at in moments]
        told = f"{one.figures['polls']} polls"
        totals.append({"row": _row(one), "minute": round(max(moments, default=0.0), 4), "told": told})
    query = [{"row": QUERY, "start": 0.0, "end": DURATION_SECONDS / 60}]
    rows = [QUERY, *map(_row, kept)]

    def draw(width: int) -> Mapping[str, Any]:
        narrow = width < drawing.NARROW
        x = alt.X(
            "minute:Q",
            title="minutes since the start",
            scale=alt.Scale(domain=[0, 82 if narrow else 67], nice=False),
            axis=alt.Axis(values=[0, 20, 40, 60] if narrow else [0, 10, 20, 30, 40, 50, 60], grid=False),
        )
        names = {_row(one): one.way for one in kept}
        y = alt.Y("row:N", sort=rows, title=None, axis=drawing.way_axis(names, labelLimit=200))
        colour = drawing.way_colour(results_ways)
        ticks = alt.Chart(drawing.values(strokes)).mark_tick(size=15, thickness=0.4 if narrow else 0.8)
        told = alt.Chart(drawing.values(totals)).mark_text(align="left", dx=7)
        layers = [
            ticks.encode(x=x, y=y, color=colour),
            alt.Chart(drawing.values(query))
            .mark_bar(height=13, color=drawing.INK)
            .encode(x=alt.X("start:Q"), x2=alt.X2("end:Q"), y=y),
            told.encode(x=x, y=y, text=alt.Text("told:N")),
        ]
        return drawing.drawn(alt.layer(*layers), width, 60 + 23 * len(rows))

    results_ways = list(dict.fromkeys(one.way for one in kept))
    return Chart(
        "timeline-one-hour",
        "An hour of each way: a stroke is a poll, or an invocation of a durable function",
        ("Bold names are the two that are compared.",),
        f"Strokes over minutes, in rows: {', '.join(rows)}.",
        draw,
        [Datum(f"{_row(one)}, polls", _polls(results, one)) for one in kept],
    )
