"""The bill as stacked line items: of the runs made, and of rehearsals of an hour."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import altair as alt

from orchbench.evaluation.cost import bill
from orchbench.evaluation.figures import told_money
from orchbench.evaluation.tariff import bill_to_json
from orchbench.report import drawing, durations
from orchbench.report.figures import usd_of_runs
from orchbench.report.hour import Hours
from orchbench.report.model import Chart, Datum, Figure, Section, Text
from orchbench.report.reading import Given, Results
from orchbench.trace import Json

PARTS = ("transitions or operations", "durable data", "requests", "GB-seconds", "logs")
FILLS = ("var(--bar-strong)", "url(#hatch-1)", "url(#hatch-2)", "url(#hatch-3)", "var(--surface)")
LEAST_SHARE_DRAWN = 0.02
"""Of the longest bar: what is thinner shows no hatch."""
REHEARSED_SCENARIO = ("fixed:10s", 3_600)


@dataclass(frozen=True)
class _Line:
    """One line of a bill, for a thousand runs."""

    way: str
    what: str
    part: str
    figure: Figure
    quantity: Figure


def section(results: Sequence[Results], given: Given, found: Hours) -> Section:
    """Return the section: the hour on default settings first, then other durations, then the runs made."""
    rehearsed = next((one for one in results if one.rehearsals), None)
    hour = list(_rehearsed(rehearsed, given)) if rehearsed else []
    ranked = sorted(found.each, key=lambda one: one.usd)
    low, high = ranked[0], ranked[-1]
    fixed, *others = durations.charts(results, given)
    return Section(
        "bill",
        "What it costs",
        (
            f"{given.asked.told_runs} cost ",
            low.cost,
            " to ",
            high.cost,
            "; Redshift's own bill is ",
            found.redshift,
        ),
        [
            (
                f"The charts are on default settings: {given.memory_mb} MB functions, a poll every 10 s, "
                "list prices without a free tier. Counts are "
                "rehearsed; durations of functions and bytes of logs are assumed. Redshift and "
                "traces are billed apart.",
            ),
            *(((f"Redshift: {note}.",),) if (note := found.warehouse.note) else ()),
            *_without_rehearsals(results),
        ],
        [*hour, fixed],
        more=[*others, *(_measured(one, several=len(results) > 1) for one in results)],
        more_title="adaptive polls, and the bill of the local runs",
    )


def _without_rehearsals(results: Sequence[Results]) -> Iterator[Text]:
    rehearsed = next((one for one in results if one.rehearsals), None)
    if not results:
        yield ("This page is not based on runs: `make compare` in a clone makes some, and a page of them.",)
    elif rehearsed is None:
        yield (
            "No results folder holds rehearsals: `orchbench supplement` adds them, and the marks with them.",
        )
    elif len(results) > 1:
        yield (f"The rehearsals are those of {rehearsed.name}.",)


def _measured(results: Results, *, several: bool) -> Chart:
    lines = [
        line
        for way in results.ways
        for line in _lines(way, results.summary["ways"][way]["bill"].get("lines", ()), results.traces_of(way))
    ]
    where = f"{results.name} ({results.host})" if several else results.host
    return _chart(
        f"bill-{results.name.replace('/', '-')}",
        f"The bill of the runs made, {where}: the run in the middle of each way",
        lines,
        results.ways,
    )


def _rehearsed(results: Results, given: Given) -> Iterator[Chart]:
    kept = [one for one in results.rehearsals if (one.poll, one.duration_seconds) == REHEARSED_SCENARIO]
    lines = [
        line
        for one in kept
        for line in _lines(
            one.way,
            bill_to_json(
                bill(
                    one.trace,
                    given.prices,
                    architecture=given.architecture,
                    assumptions=given.assumed,
                    metered=one.metered,
                )
            )["lines"],
            results.file(one.file),
        )
    ]
    if lines:
        ways = [one.name for one in given.candidates]
        yield _chart("bill-one-hour", "The bill of a query of 1 h, a poll every 10 s, rehearsed", lines, ways)


def _lines(way: str, lines: Sequence[Json], file: str) -> Iterator[_Line]:
    for line in lines:
        source = f"{line['source']}; price: {line['price_source']}"
        yield _Line(
            way,
            line["what"],
            part_of(line["what"]),
            usd_of_runs(Decimal(line["amount_usd"]), line["label"], source, file),
            _quantity(line, file),
        )


def _quantity(line: Json, file: str) -> Figure:
    value = Decimal(line["quantity"])
    shown = f"{value:,.0f}" if value == value.to_integral_value() else f"{value:.3g}"
    if "e" in shown.lower():
        shown = f"{value:.9f}".rstrip("0")
    return Figure(value, shown, line["unit"], line["quantity_label"], line["source"], file)


def part_of(what: str) -> str:
    """Return which part of a bill a line belongs to."""
    if what.startswith("logs"):
        return PARTS[4]
    if what.endswith("GB-seconds"):
        return PARTS[3]
    if what.endswith("requests"):
        return PARTS[2]
    return PARTS[1] if what.startswith("data ") else PARTS[0]


def _chart(name: str, title: str, lines: Sequence[_Line], ways: Sequence[str]) -> Chart:
    totals = {
        way: sum((Decimal(str(one.figure.value)) for one in lines if one.way == way), Decimal(0))
        for way in ways
    }
    told = ", ".join(f"{way} ${told_money(total)}" for way, total in totals.items())

    def draw(width: int) -> Mapping[str, Any]:
        return _drawn(width, lines, ways)

    data = [
        datum
        for one in lines
        for datum in (
            Datum(f"{one.way}, {one.what}, of one run", one.quantity),
            Datum(f"{one.way}, {one.what}", one.figure),
        )
    ]
    return Chart(
        name,
        title,
        (f"The amount is the bar's total, per 1,000 runs.{_slivers(lines, ways)}",),
        f"Stacked bars: {told} per 1,000 runs.",
        draw,
        data,
    )


def _slivers(lines: Sequence[_Line], ways: Sequence[str]) -> str:
    """Name the parts that are too small to be told apart in a bar."""
    usd = {(way, part): 0.0 for way in ways for part in PARTS}
    for one in lines:
        usd[one.way, one.part] += float(one.figure.value or 0)
    longest = max((sum(usd[way, part] for part in PARTS) for way in ways), default=0.0)
    small: dict[str, list[str]] = {}
    for (way, part), amount in usd.items():
        if 0 < amount < LEAST_SHARE_DRAWN * longest:
            small.setdefault(way, []).append(part)
    alike: dict[str, list[str]] = {}
    for way, parts in small.items():
        alike.setdefault(", ".join(parts), []).append(way)
    told = "; ".join(f"{parts} (of {', '.join(each)})" for parts, each in alike.items())
    return f" Too small to tell apart: {told}." if told else ""


def _drawn(width: int, lines: Sequence[_Line], ways: Sequence[str]) -> Mapping[str, Any]:
    rows = [
        {
            "way": one.way,
            "part": one.part,
            "usd": float(one.figure.value or 0),
            "order": PARTS.index(one.part),
        }
        for one in lines
    ]
    sums = {way: sum(float(one.figure.value or 0) for one in lines if one.way == way) for way in ways}
    totals = [
        {"way": way, "usd": usd, "told": f"${told_money(Decimal(str(usd)))}"}
        for way, usd in sums.items()
        if usd
    ]
    longest = max(sums.values(), default=0.0) or 1.0
    room = 1.3 if width < drawing.NARROW else 1.12
    present = [part for part in PARTS if any(row["part"] == part for row in rows)]
    fills = [FILLS[PARTS.index(part)] for part in present]
    base = alt.Chart(drawing.values(rows))
    y = alt.Y("way:N", sort=list(ways), title=None, axis=drawing.way_axis(dict(zip(ways, ways, strict=True))))
    stacked = base.mark_bar(height=26, stroke=drawing.INK, strokeWidth=1).encode(
        x=alt.X("sum(usd):Q", title="USD per 1,000 runs", scale=alt.Scale(domain=[0, longest * room])),
        y=y,
        fill=alt.Fill(
            "part:N",
            scale=alt.Scale(domain=present, range=fills),
            legend=alt.Legend(
                title=None,
                symbolType="square",
                symbolStrokeColor=drawing.INK,
                columns=1 if width < drawing.NARROW else 0,
            ),
        ),
        order=alt.Order("order:Q"),
    )
    told = alt.Chart(drawing.values(totals)).mark_text(align="left", dx=6, fontWeight="bold")
    return drawing.drawn(
        alt.layer(stacked, told.encode(x=alt.X("usd:Q"), y=y, text=alt.Text("told:N"))),
        width,
        150 + 24 * len(ways) if width < drawing.NARROW else 90 + 32 * len(ways),
    )
