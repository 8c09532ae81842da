"""Cost against the query's duration: estimated lines, rehearsed points, break-evens, and where quotas end."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import altair as alt
import numpy as np

from orchbench.evaluation.cost import bill
from orchbench.evaluation.estimate import estimate_way
from orchbench.evaluation.limits import Reach, reach
from orchbench.evaluation.variants import parent_of
from orchbench.evaluation.workload import LONGEST_SECONDS
from orchbench.report import drawing
from orchbench.report.figures import count, hours, seconds, told_duration, usd_of_runs
from orchbench.report.model import Chart, Datum, Figure, Part, Text, plain
from orchbench.report.reading import QUOTAS_IN, Given, Results
from orchbench.results.supplements import KeptRehearsal
from orchbench.trace import Label
from orchbench.ways.durations import Policy, parse_policy

SHORTEST_SECONDS = 5
POINTS = 34
NAMED_AT_SECONDS = 900
"""Where a line carries its name."""
NAME_WIDTH, NAME_HEIGHT, DECADES = 90, 2.6, 5
"""Of a name above its line: pixels, how many times the line's cost its upper edge is, and the axis's room."""
ROWS_OF_LABELS = 3
POLICIES = ("fixed:10s", "adaptive")
FORM = "closed form of the way's own counts, at list prices"
TITLES = {
    "fixed:10s": "Cost against the query's duration: a poll every 10 s, without a poll budget",
    "adaptive": "Cost against the query's duration: adaptive polls, 5 % of the time elapsed, 2 s to 5 min",
}


@dataclass(frozen=True)
class _Line:
    """One way's cost with one policy."""

    way: str
    reach: Reach
    last_seen: Figure
    data: Sequence[Datum]
    rows: Sequence[Mapping[str, Any]]

    @property
    def end(self) -> Mapping[str, Any]:
        """The last point, where a quota ends it."""
        return self.rows[-1]


@dataclass(frozen=True)
class BreakEven:
    """The whole second from which on another way is the cheaper one of two."""

    seconds: int
    before: str
    after: str


def charts(results: Sequence[Results], given: Given) -> list[Chart]:
    """Return a chart for each policy."""
    rehearsed = next((one for one in results if one.rehearsals), None)
    return [_chart(policy, rehearsed, given) for policy in POLICIES]


def unbudgeted(policy: Policy) -> Policy:
    """Return a fixed policy without a budget, to show where the quota ends it; an adaptive one as it is."""
    return replace(policy, budget=not policy.is_fixed)


def _chart(text: str, rehearsed: Results | None, given: Given) -> Chart:
    policy = unbudgeted(parse_policy(text))
    ways = [one.name for one in given.candidates]
    kept = [one for one in rehearsed.rehearsals if one.poll == text] if rehearsed else []
    marked = {one.duration_seconds for one in kept}
    lines = [_line(one.name, text, policy, given, marked) for one in given.candidates]
    marks = [_mark(one, rehearsed.name, given) for one in kept] if rehearsed else []
    evens = [(one, _moment(one, given)) for one in break_evens(policy, given)]
    said = _said(lines, evens)

    def draw(width: int) -> Mapping[str, Any]:
        return _drawn(width, lines, [row for row, _datum in marks], [one for one, _moment in evens])

    data = [
        *(datum for _row, datum in marks),
        *(one for line in lines for one in _end_data(line)),
        *(Datum(f"break-even of {one.before} and {one.after}, {text}", moment) for one, moment in evens),
        *(datum for line in lines for datum in line.data),
    ]
    return Chart(
        f"cost-against-duration-{text.partition(':')[0]}",
        TITLES[text],
        _reading(said, marked=bool(marks)),
        f"Lines of cost against duration on two logarithmic axes, one for each of {', '.join(ways)}. "
        + plain(said).strip(),
        draw,
        data,
    )


def _reading(said: Text, *, marked: bool) -> Text:
    marks = "Marks on them are rehearsals: the deployed definition and handlers in virtual time. "
    return (f"Lines are estimates on logarithmic axes. {marks if marked else ''}", *said)


def _said(lines: Sequence[_Line], evens: Sequence[tuple[BreakEven, Figure]]) -> Text:
    """Say where lines end and where they cross."""
    parts: list[Part] = []
    for line in lines:
        if line.reach.ends_early:
            parts += [f"{line.way} ends after ", line.last_seen, f" h ({line.reach.limited_by}). "]
    if not parts:
        parts.append("No quota ends a line before the 24 h of a query. ")
    for one, moment in evens:
        parts += [f"{one.after} costs less than {one.before} for queries of ", moment, " s or longer. "]
    if not evens:
        parts.append(f"No two lines cross from {SHORTEST_SECONDS} s on, so there is no break-even. ")
    return tuple(parts)


def _line(way: str, text: str, policy: Policy, given: Given, marked: Set[float]) -> _Line:
    """Return a way's line; a cost grows in steps, so that it is computed at the marks as well."""
    candidate = next(one for one in given.candidates if one.name == way).following(policy)
    reached = reach(candidate, candidate.kept(policy))
    last = reached.without_budget_seconds if reached.ends_early else float(LONGEST_SECONDS)
    even = np.round(np.geomspace(SHORTEST_SECONDS, LONGEST_SECONDS, POINTS))
    grid = np.unique([*even, *marked])
    data, rows = [], []
    for duration in (*(one for one in grid if one < last), last):
        found = estimate_way(candidate, float(duration), policy, given.terms)
        cost = usd_of_runs(found.bill.total_usd, found.bill.label, FORM, given.estimated_in(way))
        data.append(Datum(f"{way}, {text}, {told_duration(float(duration))}", cost))
        rows.append({"way": way, "duration": float(duration), "cost": float(cost.value or 0)})
    source = f"closed form over the way's own counts and {reached.limited_by}"
    last_seen = hours(last, Label.ESTIMATED, source, f"{given.files[way]}; {QUOTAS_IN}")
    return _Line(way, reached, last_seen, data, rows)


def _mark(one: KeptRehearsal, folder: str, given: Given) -> tuple[Mapping[str, Any], Datum]:
    found = bill(
        one.trace,
        given.prices,
        architecture=given.architecture,
        assumptions=given.assumed,
        metered=one.metered,
    )
    source = "bill of the rehearsal's trace: counts rehearsed, durations of functions assumed"
    cost = usd_of_runs(found.total_usd, found.label, source, f"{folder}/{one.file}")
    row = {"way": one.way, "duration": one.duration_seconds, "cost": float(cost.value or 0)}
    return row, Datum(f"{one.way}, {one.poll}, {told_duration(one.duration_seconds)}, rehearsed", cost)


def _end_data(line: _Line) -> Iterator[Datum]:
    if line.reach.ends_early:
        yield Datum(f"{line.way}, longest query that is seen to end", line.last_seen)
        if line.reach.most_polls is not None:
            origin = (Label.ESTIMATED, line.last_seen.source, line.last_seen.file)
            yield Datum(f"{line.way}, polls that fit", count(line.reach.most_polls, "polls", *origin))


def _moment(one: BreakEven, given: Given) -> Figure:
    source = f"first whole second at which {one.after} costs less"
    return seconds(one.seconds, Label.ASSUMED, source, given.estimated_in(one.after))


def break_evens(policy: Policy, given: Given) -> Iterator[BreakEven]:
    """Yield where the cheaper one of two ways changes for good, up to where one of them ends."""
    every = np.arange(SHORTEST_SECONDS, LONGEST_SECONDS + 1, dtype=np.float64)
    costs = {
        one.name: estimate_way(replace(one, budget_polls=None), every, policy, given.terms).cost_usd
        for one in given.candidates
    }
    last = {
        one.name: reach(one, one.kept(policy)).without_budget_seconds
        for one in (each.following(policy) for each in given.candidates)
    }
    for first, second in combinations(costs, 2):
        # A variation is held against what it varies: any two of many would be too many to read.
        if (
            parent_of(first) != second
            and parent_of(second) != first
            and (parent_of(first) or parent_of(second))
        ):
            continue
        both = every <= min(last[first], last[second])
        less = np.sign(costs[first] - costs[second])[both]
        changes = np.flatnonzero(less != less[-1])
        if len(changes) and less[-1]:
            after, before = (second, first) if less[-1] > 0 else (first, second)
            yield BreakEven(int(every[changes[-1] + 1]), before, after)


def _drawn(
    width: int,
    lines: Sequence[_Line],
    marks: Sequence[Mapping[str, Any]],
    evens: Sequence[BreakEven],
) -> Mapping[str, Any]:
    # What costs nothing has no place on a logarithmic axis.
    lines = [line for line in lines if all(row["cost"] for row in line.rows)]
    ways = [line.way for line in lines]
    ends = [line.end for line in lines if line.reach.ends_early]
    narrow = width < drawing.NARROW
    domain = (SHORTEST_SECONDS, LONGEST_SECONDS * 1.15)
    x = drawing.duration_axis("duration", "duration of the query", domain, narrow=narrow)
    rows = [row for line in lines for row in line.rows]
    y = drawing.money_axis("cost", "USD per 1,000 runs", (row["cost"] for row in rows))
    names = _names(lines, width)
    legend = drawing.legend_of(2 if narrow else 4) if len(names) < len(lines) else None
    colour = drawing.way_colour(ways, legend=legend)
    layers: list[alt.Chart] = [
        alt.Chart(drawing.values(rows))
        .mark_line()
        .encode(
            x=x,
            y=y,
            color=colour,
            strokeDash=drawing.way_dash(ways),
            strokeWidth=drawing.way_width(ways),
        ),
    ]
    if marks:
        layers.append(
            alt.Chart(drawing.values(marks))
            .mark_point(filled=True, size=70, opacity=1)
            .encode(x=x, y=y, color=colour, shape=drawing.way_shape(ways, legend=legend))
        )
    layers += _name_layers(names, x, y, colour)
    if ends:
        layers += _end_layers(x, y, colour, ends, narrow=narrow)
    if evens:
        layers += _break_even_layers(x, evens)
    return drawing.drawn(alt.layer(*layers), width, drawing.HEIGHT + (40 if narrow else 0))


def _names(lines: Sequence[_Line], width: int) -> list[Mapping[str, Any]]:
    """Return where lines are named, but for a name that would cover the line above; the legend has all."""
    left = NAMED_AT_SECONDS / 10 ** (NAME_WIDTH * DECADES / width)

    def at(line: _Line, duration: float) -> Mapping[str, Any]:
        return next((row for row in line.rows if row["duration"] >= duration), line.end)

    ranked = sorted((at(line, NAMED_AT_SECONDS) for line in lines), key=lambda row: float(row["cost"]))
    named = ranked[:1]
    for row, above in zip(ranked[1:], [*ranked[2:], None], strict=False):
        over = next((line for line in lines if above and line.way == above["way"]), None)
        if over is None or at(over, left)["cost"] > NAME_HEIGHT * row["cost"]:
            named.append(row)
    return named


def _name_layers(
    names: Sequence[Mapping[str, Any]], x: alt.X, y: alt.Y, colour: alt.Color
) -> Iterator[alt.Chart]:
    """Yield each line's name above it, the lowest line's below it."""
    lowest = min(names, key=lambda one: float(one["cost"]), default=None)
    for one in names:
        base = alt.Chart(drawing.values([one])).encode(x=x, y=y)
        below = one is lowest
        yield from drawing.labels(
            base,
            "way",
            colour,
            align="left" if below else "right",
            dx=4 if below else -7,
            dy=14 if below else -9,
            fontWeight="bold",
        )


def _end_layers(
    x: alt.X, y: alt.Y, colour: alt.Color, ends: Sequence[Mapping[str, Any]], *, narrow: bool
) -> Iterator[alt.Chart]:
    shown = [{**end, "told": f"ends at {end['duration'] / 3600:.1f} h"} for end in ends]
    base = alt.Chart(drawing.values(shown)).encode(x=x, y=y)
    yield base.mark_point(shape="cross", angle=45, size=150, filled=True, opacity=1, color=drawing.INK)
    # One label is enough for what ends at one place. The dearest stands above, the last one below, any other
    # further below, clear of the lines.
    dearest = max(shown, key=lambda one: float(one["cost"]))
    last = max((one for one in shown if one is not dearest), key=lambda one: one["duration"], default=None)
    for end in shown:
        if end is not dearest and end["told"] == dearest["told"]:
            continue
        if end is dearest:
            place: dict[str, Any] = {"align": "right", "dx": 4, "dy": -15}
        elif end is last:
            place = {"align": "left", "dx": -20, "dy": 17}
        else:
            place = {"align": "center", "dx": 20 if narrow else 16, "dy": 50 if narrow else 37}
        one = alt.Chart(drawing.values([end])).encode(x=x, y=y)
        yield from drawing.labels(one, "told", colour, **place)


def _break_even_layers(x: alt.X, evens: Sequence[BreakEven]) -> Iterator[alt.Chart]:
    moments = sorted({one.seconds for one in evens})
    shown = [{"duration": one, "told": f"break-even, {one:,} s"} for one in moments]
    yield (
        alt.Chart(drawing.values(shown))
        .mark_rule(strokeDash=[3, 3], strokeWidth=1, color=drawing.MUTED)
        .encode(x=x)
    )
    # One below another, so that labels of neighbours do not meet.
    for index, one in enumerate(shown):
        yield from drawing.labels(
            alt.Chart(drawing.values([one])).encode(x=x),
            "told",
            align="left",
            dx=4,
            y=8 + index % ROWS_OF_LABELS * 14,
            fontSize=11,
        )
