"""What the promises and the changes of docs/examples add to each way: tables, and a chart.

A cell is "state machine / durable function". Rows after the first say what a step adds.
"""

import json
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import altair as alt
import vl_convert
from examples import CHANGES, PAIR, cost_of_change, costs_of_promises

CHART = "promises.svg"
COLOURS = ["#b45309", "#1d4ed8"]
UNITS = {
    "decisions": "decisions",
    "error_names": "error names",
    "retry_rules": "retry rules",
    "references": "references",
    "operations": "states or operations",
    "ends": "ends",
    "lines": "lines",
    "resources": "resources",
    "actions": "IAM actions for the work",
}
Counts = dict[str, dict[str, int]]


@cache
def _promises() -> tuple[tuple[str, Counts, int], ...]:
    with tempfile.TemporaryDirectory() as folder:
        return tuple(
            (name, {way: cost.rows() for way, cost in costs.items()}, shared)
            for name, costs, shared in costs_of_promises(Path(folder))
        )


def promise_table() -> Iterator[str]:
    """Yield what each promise adds to each way."""
    yield f"| | {' | '.join(UNITS.values())} | lines that both share |"
    yield f"|---|{'--:|' * (len(UNITS) + 1)}"
    last: tuple[Counts, int] | None = None
    for name, counts, shared in _promises():
        cells = [_pair(key, counts, last[0] if last else None) for key in UNITS]
        added = f"{shared - last[1]:+d}" if last else f"{shared}"
        yield f"| {name} | {' | '.join(cells)} | {_told(added)} |"
        last = (counts, shared)
    if last:
        cells = [_pair(key, last[0], None) for key in UNITS]
        yield f"| **all** | {' | '.join(cells)} | {last[1]} |"


def change_table() -> Iterator[str]:
    """Yield what each change touches, and adds to each way."""
    heads = ("change", "way", "files", "places", "languages", *UNITS.values())
    yield f"| {' | '.join(heads)} |"
    yield f"|---|---|--:|--:|---|{'--:|' * len(UNITS)}"
    with tempfile.TemporaryDirectory() as folder:
        for change, (what, _) in CHANGES.items():
            for way in PAIR:
                found = cost_of_change(change, way, Path(folder))
                counts = [_told(f"{found.more[one]:+d}") for one in UNITS]
                patch = f"[{what}](examples/changes/{change}.{way}.patch)"
                yield (
                    f"| {patch} | {way} | {found.files} | {found.places} | {', '.join(found.languages)} "
                    f"| {' | '.join(counts)} |"
                )


def _pair(key: str, counts: Counts, last: Counts | None) -> str:
    values = [counts[way][key] - (last[way][key] if last else 0) for way in PAIR]
    return " / ".join(_told(f"{one:+d}") if last else str(one) for one in values)


def _told(change: str) -> str:
    return "0" if change == "+0" else change


def promise_chart() -> str:
    """Return the growth of each unit, promise by promise, as an SVG file."""
    rows = [
        {"unit": title, "promise": name, "order": order, "way": way, "count": counts[way][key]}
        for order, (name, counts, _) in enumerate(_promises())
        for way in PAIR
        for key, title in UNITS.items()
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(point=True, interpolate="step-after")
        .encode(
            x=alt.X("promise:N", sort=alt.SortField("order"), title=None, axis=alt.Axis(labelAngle=-40)),
            y=alt.Y("count:Q", title=None),
            color=alt.Color("way:N", sort=list(PAIR), title=None, scale=alt.Scale(range=COLOURS)),
            strokeDash=alt.StrokeDash("way:N", sort=list(PAIR), title=None),
        )
        .properties(width=210, height=110)
        .facet(facet=alt.Facet("unit:N", sort=list(UNITS.values()), title=None), columns=3)
        .resolve_scale(y="independent")
        .configure(background="white")
    )
    drawn: str = vl_convert.vegalite_to_svg(json.dumps(chart.to_dict(), sort_keys=True), allowed_base_urls=[])
    return re.sub(r"\s+$", "", drawn) + "\n"
