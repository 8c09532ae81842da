"""Cost against the longest delay: every policy on every way for one query, and the Pareto front of them.

The longest delay is that of the schedule up to the timeout: a query may end at any moment, and where the poll
budget stretches a schedule, it stretches the beginning most.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import altair as alt

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.estimate import EVENT_SECONDS, Estimate, estimate_way
from orchbench.evaluation.figures import NOTHING
from orchbench.evaluation.variants import parent_of
from orchbench.report import drawing
from orchbench.report.figures import (
    RUNS,
    count,
    lag_seconds,
    told_duration,
    told_poll,
    usd_of_runs,
    with_unit,
)
from orchbench.report.hour import Hours
from orchbench.report.model import Chart, Datum, Section, Table, Text
from orchbench.report.reading import Given
from orchbench.trace import Label
from orchbench.ways.durations import Policy, parse_policy

INTERVALS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
POLICIES = (*(f"fixed:{interval}s" for interval in INTERVALS), "adaptive")
FORM = "closed form of the way's own counts"
NAMED_AT_SECONDS = 20
"""Where a line carries its name: the shortest delay from here on that every line has."""
AT_ONCE_SECONDS = 0.2
"""Where an end stands that is seen at once: nothing is 0 on a logarithmic axis."""
COMES, LOST = "its event comes", "its event is lost"
"""In the place of a policy: both ends of a way that waits for an event."""
ALIKE = 1.25
"""Costs that are closer than this are one place for a name."""


@dataclass(frozen=True)
class Point:
    """One policy on one way, or one end of a way that waits for an event.

    Attributes:
        on_front: of what polls, nothing is both cheaper and quicker to see every end.
    """

    way: str
    policy: str
    found: Estimate
    on_front: bool = False

    @property
    def cost_usd(self) -> float:
        """Of one run."""
        return float(self.found.bill.total_usd)

    @property
    def delay_seconds(self) -> float:
        """The longest of the schedule up to the timeout; of an event that comes, its own."""
        if self.policy == COMES:
            return self.found.lag.worst_seconds
        return self.found.followed.longest_delay_seconds

    @property
    def polls(self) -> bool:
        """Tell whether it is a policy, and not an end of a way that waits for an event."""
        return self.policy not in (COMES, LOST)

    @property
    def stretched(self) -> bool:
        """Tell whether a poll budget slows it down."""
        return self.found.followed.stretched

    @property
    def named(self) -> str:
        """The way and the policy."""
        return f"{self.way}, {self.policy}{', stretched' if self.found.followed.stretched else ''}"

    @property
    def told(self) -> str:
        """The policy as a label; none where it is no policy that makes an end wait."""
        if not self.polls or not self.delay_seconds:
            return ""
        return (
            "adaptive"
            if self.policy == "adaptive"
            else told_duration(parse_policy(self.policy).minimum_seconds)
        )


def lag_chart(given: Given) -> Chart:
    """Return the chart: the first of the page."""
    points = all_points(given)
    ways = [one.name for one in given.candidates]
    told = "; ".join(one.named for one in points if one.on_front)

    def draw(width: int) -> Mapping[str, Any]:
        return _drawn(width, ways, points)

    return Chart(
        "cost-against-lag",
        f"Polling less often costs less and tells later: {given.asked.queries}",
        (
            "Each mark is a polling interval: lower is cheaper, further left is sooner, and both axes are "
            "logarithmic. Bold lines are the two ways that are compared. No other mark is both cheaper and "
            "sooner than a large one. A hollow mark is an interval too short for the quota, drawn where the "
            "poll budget slows it down to."
            + (
                ""
                if all(one.delay_seconds for one in points)
                else f" A mark at {AT_ONCE_SECONDS:g} s stands for an end that is seen at once."
            )
            + (
                ""
                if all(one.polls for one in points)
                else " A way that waits for an event has two marks, joined: the event arrives, or it is lost."
            ),
        ),
        f"Points of cost against the longest delay. On the Pareto front: {told}.",
        draw,
        [datum for one in points for datum in _data(one, given)],
    )


def section(given: Given, found: Hours) -> Section:
    """Return the section: what each interval costs, where every way keeps it."""
    points = all_points(given)
    kept = [
        [one for one in points if one.policy == policy]
        for policy in POLICIES
        if not any(one.stretched for one in points if one.policy == policy)
    ]
    ends = [[one for one in points if one.policy == end] for end in (COMES, LOST)]
    best = found.chosen
    polled = told_poll(best.planned.policy)
    title: Text = (
        f"Polled {polled}, an end is seen ",
        *with_unit(best.mean_lag),
        " late on average, whichever way polls",
    )
    return Section(
        "policies",
        "How soon",
        title,
        [
            (
                "A query that ends between two polls is noticed at the next one: half the interval later on "
                "average, all of it at worst. The adaptive policy waits 5 % of the time elapsed, so the end "
                "of a short query is seen sooner, and a long query costs less. Shorter intervals are in the "
                "chart above: there the poll budget slows a way down before its quota would end it.",
            )
        ],
        [_table([one for one in (*kept, *ends) if one], given)],
    )


def all_points(given: Given) -> list[Point]:
    """Return every policy on every way, the Pareto front marked."""
    found = [one for candidate in given.candidates for one in _points(candidate, given)]
    return [
        replace(one, on_front=one.polls and not any(_beats(other, one) for other in found if other.polls))
        for one in found
    ]


def _beats(other: Point, one: Point) -> bool:
    """Tell whether a point is as good in both and better in one."""
    quicker = other.delay_seconds <= one.delay_seconds
    cheaper = other.cost_usd <= one.cost_usd
    same = (other.cost_usd, other.delay_seconds) == (one.cost_usd, one.delay_seconds)
    return quicker and cheaper and not same


def _points(candidate: Candidate, given: Given) -> Iterator[Point]:
    asked = given.asked

    def estimated(text: str) -> Estimate:
        policy, timeout = parse_policy(text), float(asked.timeout_seconds)
        return estimate_way(candidate, asked.durations_seconds, policy, given.terms, timeout)

    if candidate.fallback:
        bearable = int(min(asked.promise.bearable(candidate), asked.timeout_seconds))
        candidate = candidate.polling(Policy.fixed(bearable))
        found = estimated(POLICIES[0])
        yield Point(candidate.name, COMES, found.when_told)
        yield Point(candidate.name, LOST, found.when_lost)
        return
    for text in POLICIES:
        yield Point(candidate.name, text, estimated(text))


def _data(one: Point, given: Given) -> list[Datum]:
    return [
        Datum(f"{one.named}, longest delay", _delay(one, given)),
        Datum(f"{one.named}, cost", _cost(one, given)),
    ]


def _delay(one: Point, given: Given) -> Any:
    if one.policy == COMES:
        event = given.assumed.named[EVENT_SECONDS]
        return lag_seconds(one.delay_seconds, event.label, event.source, given.files[one.way])
    source = f"{FORM}: the longest delay up to the timeout"
    return lag_seconds(one.delay_seconds, Label.ESTIMATED, source, given.files[one.way])


def _mean(one: Point, given: Given) -> Any:
    if one.policy == COMES:
        return _delay(one, given)
    source = f"{FORM}: half the delay before the last poll of this query"
    return count(one.found.lag.mean_seconds or 0.0, "s", Label.ESTIMATED, source, given.files[one.way])


def _cost(one: Point, given: Given) -> Any:
    label = one.found.bill.label
    return usd_of_runs(
        one.found.bill.total_usd, label, f"{FORM}, at list prices", given.estimated_in(one.way)
    )


def _table(kept: Sequence[Sequence[Point]], given: Given) -> Table:
    """Return what each policy costs: a row for all ways that poll, and one for each end of an event."""
    ways = [one.name for one in given.candidates]
    rows: list[Sequence[Text]] = []
    for points in kept:
        of = {one.way: one for one in points}
        slowest = max(points, key=lambda one: one.delay_seconds)
        costs: list[Text] = [(_cost(of[way], given),) if way in of else (NOTHING,) for way in ways]
        told = slowest.told if slowest.polls else f"never; {slowest.policy}"
        rows.append([(told,), (_mean(slowest, given),), (_delay(slowest, given),), *costs])
    return Table(
        f"USD per {RUNS:,} runs, estimated: {given.asked.queries}",
        ("poll every", "mean lag, s", "longest lag, s", *ways),
        rows,
        main=(1, *(3 + index for index, way in enumerate(ways) if parent_of(way) is None)),
    )


def _drawn(width: int, ways: Sequence[str], points: Sequence[Point]) -> Mapping[str, Any]:
    # A way that no policy makes wait is one mark.
    marks = {(one.way, one.told, one.delay_seconds): one for one in points}
    rows: list[dict[str, Any]] = [
        {
            "way": one.way,
            "delay": one.delay_seconds or AT_ONCE_SECONDS,
            "cost": one.cost_usd * 1_000,
            "told": one.told,
            "named": not one.told and one.policy != LOST,
            "on_front": one.on_front,
            "stretched": one.found.followed.stretched,
        }
        for one in sorted(marks.values(), key=lambda one: (one.way, one.delay_seconds, one.cost_usd))
        if one.cost_usd
    ]
    narrow = width < drawing.NARROW
    delays = [row["delay"] for row in rows]
    domain = (min(delays) * 0.8, max(delays) * 1.4)
    title = "longest delay until an end is seen"
    x = drawing.duration_axis("delay", title, domain, narrow=narrow)
    costs = [row["cost"] for row in rows]
    # Labels stand below the lowest marks.
    y = drawing.money_axis("cost", "USD per 1,000 runs", [*costs, 0.5 * min(costs)])
    colour, shape = drawing.way_colour(ways), drawing.way_shape(ways)
    hollow = alt.Fill(
        "way:N",
        scale=alt.Scale(domain=list(ways), range=[drawing.SURFACE] * len(ways)),
        legend=None,
    )
    fixed = [row for row in rows if row["told"] != "adaptive"]
    layers: list[alt.Chart] = [
        alt.Chart(drawing.values(fixed))
        .mark_line()
        .encode(
            x=x,
            y=y,
            color=colour,
            strokeDash=drawing.way_dash(ways),
            strokeWidth=drawing.way_width(ways),
        ),
    ]
    for on_front, size in ((False, 45), (True, 170)):
        of = [row for row in rows if row["on_front"] is on_front]
        kept, stretched = (
            alt.Chart(drawing.values([row for row in of if row["stretched"] is one])) for one in (False, True)
        )
        layers.append(
            kept.mark_point(filled=True, size=size, opacity=1).encode(x=x, y=y, color=colour, shape=shape)
        )
        layers.append(
            stretched.mark_point(size=size, opacity=1, strokeWidth=1.5).encode(
                x=x, y=y, color=colour, shape=shape, fill=hollow
            )
        )
    layers += _names(fixed, x, y, colour, narrow=narrow)
    layers += _adaptive(rows, x, y)
    return drawing.drawn(alt.layer(*layers), width, drawing.HEIGHT)


def _names(
    rows: Sequence[Mapping[str, Any]], x: alt.X, y: alt.Y, colour: alt.Color, *, narrow: bool
) -> Iterator[alt.Chart]:
    """Yield each line's name above it, the lowest line's below it; of close lines above each other."""
    for row in rows:
        if row["named"]:
            yield from _name(row, x, y, colour, narrow=narrow)
    ranked = sorted(_named([row for row in rows if row["told"]]), key=lambda row: float(row["cost"]))
    for index, row in enumerate(ranked):
        above = ranked[index + 1 :]
        close = bool(above) and above[0]["cost"] < row["cost"] * ALIKE
        yield from _name(
            row, x, y, colour, row_of_names=1 if close else -1 if index == 0 else 0, narrow=narrow
        )


def _name(
    row: Mapping[str, Any], x: alt.X, y: alt.Y, colour: alt.Color, *, narrow: bool, row_of_names: int = 0
) -> Iterator[alt.Chart]:
    """Yield a name at its mark: above it, one row further up, or below it at -1."""
    below = row_of_names < 0
    yield from drawing.labels(
        alt.Chart(drawing.values([row])).encode(x=x, y=y),
        "way",
        colour,
        align="right" if below else "left",
        dx=-8 if below else 8,
        dy=15 if below else -9 - 14 * row_of_names,
        fontWeight="normal" if parent_of(row["way"]) else "bold",
        fontSize=11 if narrow else 14,
    )


def _named(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return each line's point where names fit: one delay that all have, with room on its left."""
    if not rows:
        return []
    least = max(NAMED_AT_SECONDS, 3 * min(row["delay"] for row in rows))
    ways = {row["way"] for row in rows}
    at = [[row for row in rows if row["delay"] == delay] for delay in sorted({row["delay"] for row in rows})]
    shared = [found for found in at if {row["way"] for row in found} == ways]
    return next((found for found in shared if found[0]["delay"] >= least), shared[-1] if shared else [])


def _adaptive(rows: Sequence[Mapping[str, Any]], x: alt.X, y: alt.Y) -> Iterator[alt.Chart]:
    """Yield the name of the adaptive policy, which is on no line: one does for all, above each other."""
    found = max((row for row in rows if row["told"] == "adaptive"), key=lambda row: float(row["cost"]))
    base = alt.Chart(drawing.values([found])).encode(x=x, y=y)
    yield from drawing.labels(base, "told", align="left", dx=8, dy=-8)
