"""Cost against detection lag: every policy on every way for one query, and the Pareto front of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from orchbench.durations import parse_policy
from orchbench.evaluation.decision import Candidate
from orchbench.report import drawing
from orchbench.report.estimating import Estimate, estimate_one
from orchbench.report.figures import seconds, told_duration, usd_of_runs
from orchbench.report.model import Chart, Datum, Section, Table
from orchbench.report.reading import Given
from orchbench.trace import Label

DURATION_SECONDS = 3_600
INTERVALS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
POLICIES = (*(f"fixed:{interval}s" for interval in INTERVALS), "adaptive")
FORM = "closed form of the way's own counts"


@dataclass(frozen=True)
class Point:
    """One policy on one way.

    Attributes:
        on_front: nothing is both cheaper and quicker.
    """

    way: str
    policy: str
    found: Estimate
    stretched: bool
    on_front: bool = False

    @property
    def cost_usd(self) -> float:
        """Of one run."""
        return float(self.found.bill.total_usd)

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
    told = ", ".join(f"{one.way} {one.policy}" for one in front)

    def draw(width: int) -> Mapping[str, Any]:
        return _drawn(width, ways, points)

    chart = Chart(
        "cost-against-lag",
        f"A query of {told_duration(DURATION_SECONDS)}, each policy on each way",
        (
            "Lower is cheaper, further left is seen sooner; both axes are logarithmic. The lag is the mean "
            "over every moment in which the query could have ended between its last two polls: half the "
            "last delay. Large marks with a label are the Pareto front: nothing is both cheaper and quicker. "
            "A delay that the poll budget stretches stands where it is stretched to.",
        ),
        f"Points of cost against detection lag. On the Pareto front: {told}.",
        draw,
        [datum for one in points for datum in _data(one, given)],
    )
    return Section("policies", "Cost against detection lag", parts=[chart, _front_table(front, given)])


def all_points(given: Given) -> list[Point]:
    """Return every policy on every way, the Pareto front marked."""
    found = [_point(candidate, policy, given) for candidate in given.candidates for policy in POLICIES]
    return [
        Point(one.way, one.policy, one.found, one.stretched, not any(_beats(other, one) for other in found))
        for one in found
    ]


def _beats(other: Point, one: Point) -> bool:
    """Tell whether a point is as good in both and better in one."""
    quicker = other.found.lag_mean_seconds <= one.found.lag_mean_seconds
    cheaper = other.cost_usd <= one.cost_usd
    same = other.cost_usd == one.cost_usd and other.found.lag_mean_seconds == one.found.lag_mean_seconds
    return quicker and cheaper and not same


def _point(candidate: Candidate, text: str, given: Given) -> Point:
    policy = parse_policy(text)
    found = estimate_one(candidate, DURATION_SECONDS, policy, given)
    return Point(candidate.name, text, found, found.lag_worst_seconds > policy.maximum_seconds)


def _data(one: Point, given: Given) -> list[Datum]:
    what = f"{one.way}, {one.policy}{', stretched by the poll budget' if one.stretched else ''}"
    return [Datum(f"{what}, mean lag", _lag(one, given)), Datum(f"{what}, cost", _cost(one, given))]


def _lag(one: Point, given: Given) -> Any:
    return seconds(one.found.lag_mean_seconds, Label.ESTIMATED, FORM, given.files[one.way])


def _cost(one: Point, given: Given) -> Any:
    label = one.found.bill.label
    return usd_of_runs(
        one.found.bill.total_usd, label, f"{FORM}, at list prices", given.estimated_in(one.way)
    )


def _front_table(front: Sequence[Point], given: Given) -> Table:
    rows = [
        [
            (f"{one.way}, {one.policy}",),
            (_lag(one, given),),
            (
                seconds(
                    one.found.lag_worst_seconds,
                    Label.ESTIMATED,
                    f"{FORM}: the last delay",
                    given.files[one.way],
                ),
            ),
            (_cost(one, given),),
        ]
        for one in sorted(front, key=lambda one: one.found.lag_mean_seconds)
    ]
    return Table(
        "The Pareto front, quickest first",
        ("way and policy", "mean lag, s", "worst lag, s", "USD a 1,000 runs"),
        rows,
    )


def _drawn(width: int, ways: Sequence[str], points: Sequence[Point]) -> Mapping[str, Any]:
    rows: list[dict[str, Any]] = [
        {
            "way": one.way,
            "lag": one.found.lag_mean_seconds,
            "cost": one.cost_usd * 1_000,
            "told": one.told,
            "on_front": one.on_front,
        }
        for one in sorted(points, key=lambda one: (one.way, one.found.lag_mean_seconds))
    ]
    narrow = width < drawing.NARROW
    lags = [row["lag"] for row in rows]
    domain = (min(lags) * 0.8, max(lags) * 1.4)
    x = drawing.duration_axis("lag", "mean detection lag, logarithmic", domain, narrow=narrow)
    y = drawing.money_axis("cost", "USD a 1,000 runs, logarithmic", (row["cost"] for row in rows))
    colour, shape = drawing.way_colour(ways), drawing.way_shape(ways)
    front = drawing.values([row for row in rows if row["on_front"]])
    adaptive = alt.Chart(drawing.values([row for row in rows if row["told"] == "adaptive"]))
    layers = [
        alt.Chart(drawing.values([row for row in rows if row["told"] != "adaptive"]))
        .mark_line(strokeWidth=1)
        .encode(x=x, y=y, color=colour, strokeDash=drawing.way_dash(ways)),
        alt.Chart(drawing.values(rows))
        .mark_point(filled=True, size=45, opacity=1)
        .encode(x=x, y=y, color=colour, shape=shape),
        alt.Chart(front)
        .mark_point(filled=True, size=170, opacity=1, stroke=drawing.INK, strokeWidth=1.5)
        .encode(x=x, y=y, color=colour, shape=shape),
        *drawing.labels(alt.Chart(front).encode(x=x, y=y), "told", align="center", dy=19),
        *drawing.labels(adaptive.encode(x=x, y=y), "told", align="left", dx=8),
    ]
    return drawing.drawn(alt.layer(*layers), width, drawing.HEIGHT + 40)
