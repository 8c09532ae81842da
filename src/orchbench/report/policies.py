"""Cost against the longest delay: every policy on every way for one query, and the Pareto front of them.

The longest delay is that of the schedule up to the timeout: a query may end at any moment, and where the poll
budget stretches a schedule, it stretches the beginning most.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.estimate import Estimate, estimate_way
from orchbench.report import drawing
from orchbench.report.figures import seconds, told_duration, usd_of_runs
from orchbench.report.model import Chart, Datum, Section, Table
from orchbench.report.reading import Given
from orchbench.trace import Label
from orchbench.ways.durations import parse_policy

DURATION_SECONDS = 3_600
INTERVALS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
POLICIES = (*(f"fixed:{interval}s" for interval in INTERVALS), "adaptive")
FORM = "closed form of the way's own counts"


@dataclass(frozen=True)
class Point:
    """One policy on one way.

    Attributes:
        on_front: nothing is both cheaper and quicker to see every end.
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
        """The longest of the schedule up to the timeout."""
        return self.found.followed.longest_delay_seconds

    @property
    def named(self) -> str:
        """The way and the policy."""
        return f"{self.way}, {self.policy}{', stretched' if self.found.followed.stretched else ''}"

    @property
    def told(self) -> str:
        """The policy as a label."""
        return (
            "adaptive"
            if self.policy == "adaptive"
            else told_duration(parse_policy(self.policy).minimum_seconds)
        )


def section(given: Given) -> Section:
    """Return the section."""
    points = all_points(given)
    ways = [one.name for one in given.candidates]
    front = [one for one in points if one.on_front]
    told = "; ".join(one.named for one in front)
    timeout = told_duration(points[0].found.followed.longest_timeout_seconds)

    def draw(width: int) -> Mapping[str, Any]:
        return _drawn(width, ways, points)

    chart = Chart(
        "cost-against-lag",
        f"A query of {told_duration(DURATION_SECONDS)} with a timeout of {timeout}, each policy on each way",
        (
            "Lower is cheaper, further left is seen sooner; both axes are logarithmic. The longest delay is "
            f"that of the schedule up to the timeout of {timeout}: what a query that may end at any moment "
            "stays unseen at worst. Large marks with a label are the Pareto front: nothing is both cheaper "
            "and quicker. Hollow marks are stretched by the poll budget, and stand where it stretches them "
            "to. The marks off the lines are adaptive: a delay grows with the "
            "time elapsed, so a shorter query is seen sooner.",
        ),
        f"Points of cost against the longest delay. On the Pareto front: {told}.",
        draw,
        [datum for one in points for datum in _data(one, given)],
    )
    return Section("policies", "Cost against the longest delay", parts=[chart, _front_table(front, given)])


def all_points(given: Given) -> list[Point]:
    """Return every policy on every way, the Pareto front marked."""
    found = [_point(candidate, policy, given) for candidate in given.candidates for policy in POLICIES]
    return [
        Point(one.way, one.policy, one.found, not any(_beats(other, one) for other in found)) for one in found
    ]


def _beats(other: Point, one: Point) -> bool:
    """Tell whether a point is as good in both and better in one."""
    quicker = other.delay_seconds <= one.delay_seconds
    cheaper = other.cost_usd <= one.cost_usd
    same = (other.cost_usd, other.delay_seconds) == (one.cost_usd, one.delay_seconds)
    return quicker and cheaper and not same


def _point(candidate: Candidate, text: str, given: Given) -> Point:
    policy = parse_policy(text)
    return Point(candidate.name, text, estimate_way(candidate, DURATION_SECONDS, policy, given.terms))


def _data(one: Point, given: Given) -> list[Datum]:
    return [
        Datum(f"{one.named}, longest delay", _delay(one, given)),
        Datum(f"{one.named}, cost", _cost(one, given)),
    ]


def _delay(one: Point, given: Given) -> Any:
    source = f"{FORM}: the longest delay up to the timeout"
    return seconds(one.delay_seconds, Label.ESTIMATED, source, given.files[one.way])


def _mean(one: Point, given: Given) -> Any:
    source = f"{FORM}: half the delay before the last poll of this query"
    return seconds(one.found.lag.mean_seconds or 0.0, Label.ESTIMATED, source, given.files[one.way])


def _cost(one: Point, given: Given) -> Any:
    label = one.found.bill.label
    return usd_of_runs(
        one.found.bill.total_usd, label, f"{FORM}, at list prices", given.estimated_in(one.way)
    )


def _front_table(front: Sequence[Point], given: Given) -> Table:
    rows = [
        [(one.named,), (_delay(one, given),), (_mean(one, given),), (_cost(one, given),)]
        for one in sorted(front, key=lambda one: (one.delay_seconds, one.cost_usd))
    ]
    timeout = told_duration(front[0].found.followed.longest_timeout_seconds)
    query = told_duration(DURATION_SECONDS)
    return Table(
        f"The Pareto front, quickest first; a timeout of {timeout}",
        ("way and policy", "longest delay, s", f"mean lag at an end about {query}, s", "USD a 1,000 runs"),
        rows,
    )


def _drawn(width: int, ways: Sequence[str], points: Sequence[Point]) -> Mapping[str, Any]:
    rows: list[dict[str, Any]] = [
        {
            "way": one.way,
            "delay": one.delay_seconds,
            "cost": one.cost_usd * 1_000,
            "told": one.told,
            "on_front": one.on_front,
            "stretched": one.found.followed.stretched,
        }
        for one in sorted(points, key=lambda one: (one.way, one.delay_seconds, one.cost_usd))
        if one.cost_usd
    ]
    narrow = width < drawing.NARROW
    delays = [row["delay"] for row in rows]
    domain = (min(delays) * 0.8, max(delays) * 1.4)
    title = "longest delay up to the timeout, logarithmic"
    x = drawing.duration_axis("delay", title, domain, narrow=narrow)
    costs = [row["cost"] for row in rows]
    # Labels stand below the lowest marks.
    y = drawing.money_axis("cost", "USD a 1,000 runs, logarithmic", [*costs, 0.6 * min(costs)])
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
    layers += _labels(rows, x, y, narrow=narrow)
    return drawing.drawn(alt.layer(*layers), width, drawing.HEIGHT + 40)


def _labels(rows: Sequence[Mapping[str, Any]], x: alt.X, y: alt.Y, *, narrow: bool) -> Iterator[alt.Chart]:
    """Yield the names of the front's policies, and of the adaptive policy, which is on no line."""
    front = [row for row in rows if row["on_front"] and row["told"] != "adaptive"]
    # On a phone there is room for every second one.
    shown = front[::-2] if narrow else front
    yield from drawing.labels(
        alt.Chart(drawing.values(shown)).encode(x=x, y=y), "told", align="center", dy=19
    )
    # One name does for all: they stand above each other.
    adaptive = [max((row for row in rows if row["told"] == "adaptive"), key=lambda row: float(row["cost"]))]
    yield from drawing.labels(
        alt.Chart(drawing.values(adaptive)).encode(x=x, y=y), "told", align="left", dx=8, dy=-8
    )
