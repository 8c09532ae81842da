"""The comparison as a table in a terminal, made of a summary and nothing else."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from orchbench.evaluation.apart import is_clear
from orchbench.evaluation.counts import names_of_counts
from orchbench.evaluation.figures import NOTHING
from orchbench.evaluation.intervals import MEDIAN, P95, fewest_runs
from orchbench.evaluation.variants import told_ratio
from orchbench.trace import Json
from orchbench.ways import in_table_order

LATENCY_ROWS = (
    "makespan_seconds",
    "query_seconds",
    "redshift_queue_seconds",
    "submit_latency_seconds",
    "detection_lag_seconds",
    "overhead_seconds",
)
LABELS = ("measured", "rehearsed", "estimated", "assumed", "missing")
"""From what is known best to what is not known."""


Show = Callable[[Json | None, int], str]
"""Writes a figure with so many digits."""


def print_comparison(console: Console, summary: Json) -> None:
    """Print a comparison: what it means, what ran, the table, and what to know of it."""
    console.print(summary["meaning"], style="bold", highlight=False)
    console.print()
    console.print(heading(summary), highlight=False)
    table = _table(summary, spreads=True)
    narrow = _width(table) > console.width
    console.print(_table(summary, spreads=False) if narrow else table)
    for note in notes(summary):
        console.print(note, style="dim", highlight=False)


def heading(summary: Json) -> str:
    """Return what was compared, in two lines."""
    settings = summary["settings"]
    poll = settings["input"]["poll"]
    rows = f" over {settings['rows']:,} orders" if settings["rows"] is not None else ""
    runs = f"{settings['runs_each']} run{'s' if settings['runs_each'] > 1 else ''} each"
    return (
        f"{settings['input']['sql_file']}{rows} ({settings['host']}, {settings['region']})\n"
        f"{runs}, a poll every {poll['interval_seconds']} s\n"
    )


def _table(summary: Json, *, spreads: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("median (min-max)" if spreads else "median\n(min-max)", no_wrap=True)
    for name in in_table_order(summary["ways"]):
        table.add_column(name if spreads else name.replace("-", "-\n"), justify="right", no_wrap=True)
    table.add_column("label", style="dim", no_wrap=True)
    for group in comparison_rows(summary, spread if spreads else _spread_below):
        for row in group:
            table.add_row(*(row if spreads else [cell.replace("x ", "x\n") for cell in row]))
        table.add_row()
    return table


def comparison_rows(summary: Json, show: Show) -> Iterator[Iterator[list[str]]]:
    """Yield the rows in their groups: a name, a cell for each way, and the label.

    Args:
        summary: of a comparison.
        show: writes a figure that was measured several times.
    """
    ways = {name: summary["ways"][name] for name in in_table_order(summary["ways"])}
    yield _latency_rows(ways, show)
    yield _count_rows(ways, show)
    yield _function_rows(ways, summary["settings"]["stack_name"], show)
    yield _bill_rows(ways)
    yield _outcome_rows(ways)


def _width(table: Table) -> int:
    return Console(width=1000).measure(table).maximum


def _latency_rows(ways: Json, show: Show) -> Iterator[list[str]]:
    for key in LATENCY_ROWS:
        yield from _figure_row(_of(ways, "latencies", key), show, 2, " s")


def _count_rows(ways: Json, show: Show) -> Iterator[list[str]]:
    for key in names_of_counts():
        yield from _figure_row(_of(ways, "counts", key), show, 0)


def _of(ways: Json, group: str, key: str) -> list[Json | None]:
    return [way[group].get(key) for way in ways.values()]


def _figure_row(figures: list[Json | None], show: Show, digits: int, unit: str = "") -> Iterator[list[str]]:
    known = [figure for figure in figures if figure]
    if known:
        cells = [show(figure, digits) for figure in figures]
        yield [f"{known[0]['name']}{',' if unit else ''}{unit}", *cells, known[0]["label"]]


def spread(figure: Json | None, digits: int, before: str = " ") -> str:
    """Return a figure's median, and its spread where there is any."""
    if not figure:
        return NOTHING
    middle, low, high = (f"{figure[key]:.{digits}f}" for key in ("median", "minimum", "maximum"))
    return middle if low == high else f"{middle}{before}({low}-{high})"


def _spread_below(figure: Json | None, digits: int) -> str:
    return spread(figure, digits, before="\n")


def _function_rows(ways: Json, stack_name: str, show: Show) -> Iterator[list[str]]:
    for index, way in enumerate(ways.values()):
        for name, function in way["functions"].items():
            billed = function["billed_milliseconds"]
            cells = [NOTHING] * len(ways)
            cells[index] = show(billed, 0)
            label = billed["label"] if billed else "missing"
            yield [f"{name.removeprefix(f'{stack_name}-')} billed, ms", *cells, label]


def _bill_rows(ways: Json) -> Iterator[list[str]]:
    bills = [way["bill"] for way in ways.values()]
    for what in ("services", "functions", "logs"):
        lines = [[line for line in bill.get("lines", ()) if _part(line) == what] for bill in bills]
        cells = [_money(_sum(of)) if bill else NOTHING for bill, of in zip(bills, lines, strict=True)]
        yield [f"USD per 1,000 runs, {what}", *cells, _weakest(line for of in lines for line in of)]
    totals = [_money(Decimal(bill["median_usd"])) if bill else NOTHING for bill in bills]
    label = _weakest(bill for bill in bills if bill)
    yield ["USD per 1,000 runs", *totals, label]
    ratios = [told_ratio(way, costs(ways), NOTHING) for way in ways]
    if set(ratios) != {NOTHING}:
        yield ["cost ratio", *ratios, label]


def costs(ways: Json) -> dict[str, Decimal]:
    """Return what a run of each way costs, as far as it is known."""
    return {
        name: Decimal(way["bill"]["median_usd"]) for name, way in ways.items() if "median_usd" in way["bill"]
    }


def _part(line: Json) -> str:
    if line["what"].startswith("logs"):
        return "logs"
    return "functions" if ": " in line["what"] else "services"


def _sum(lines: Iterable[Json]) -> Decimal:
    return sum((Decimal(line["amount_usd"]) for line in lines), Decimal(0))


def _weakest(labelled: Iterable[Json]) -> str:
    return max((one["label"] for one in labelled), key=LABELS.index, default="missing")


def _money(amount_usd: Decimal) -> str:
    return f"{amount_usd * 1000:.4f}"


def _outcome_rows(ways: Json) -> Iterator[list[str]]:
    outcomes = [way["outcomes"] for way in ways.values()]
    yield ["succeeded", *(f"{one['succeeded']} of {one['runs']}" for one in outcomes), "measured"]
    checked = [one["marts_right"] + one["marts_wrong"] for one in outcomes]
    marts = [
        f"{one['marts_right']} of {of}" if of else NOTHING for one, of in zip(outcomes, checked, strict=True)
    ]
    yield ["mart right", *marts, "measured"]


def _interval_notes(summary: Json) -> Iterator[str]:
    """Say where the medians lie, as far as there are runs enough to say."""
    for key in ("makespan_seconds", "overhead_seconds"):
        figures = {name: way["latencies"].get(key) for name, way in summary["ways"].items()}
        known = {name: one for name, one in figures.items() if one and one.get("median_interval")}
        if known:
            told = ", ".join(
                f"{name} {one['median']:.2f} s ({one['median_interval']['low']:.2f} to "
                f"{one['median_interval']['high']:.2f}){_told_p95(one)}"
                for name, one in known.items()
            )
            name = next(iter(known.values()))["name"]
            runs = min(one["count"] for one in known.values())
            yield f"Median {name} with its interval of 95 % or more, {runs} runs or more each: {told}."
            yield from _difference_notes(summary, key)
    runs = min((way["outcomes"]["runs"] for way in summary["ways"].values()), default=0)
    needed, of_p95 = fewest_runs(MEDIAN), fewest_runs(P95)
    if runs < needed:
        yield f"Each way's runs, {runs}, are too few for an interval: {needed} are needed."
    elif runs < of_p95:
        yield f"A 95th percentile is told with its interval, which takes {of_p95} runs of each way."


def _told_p95(figure: Json) -> str:
    bounds = figure["p95_interval"]
    if not bounds:
        return ""
    return f", 95th percentile {figure['p95']:.2f} s ({bounds['low']:.2f} to {bounds['high']:.2f})"


def _difference_notes(summary: Json, key: str) -> Iterator[str]:
    for one in summary["differences"]:
        interval = one["median_interval"]
        if one["key"] == key and interval:
            said = "" if is_clear(one) else ", which may be none"
            yield (
                f"{one['first']} less {one['second']}, median {one['name']}: {one['median']:.2f} s "
                f"({interval['low']:.2f} to {interval['high']:.2f}){said}."
            )


def notes(summary: Json) -> Iterator[str]:
    """Yield what a reader must know besides the figures, a sentence each."""
    prices = summary["prices"]
    yield from summary["notes"]
    yield from _interval_notes(summary)
    yield (
        f"Bill: the run in the middle at list prices of {prices['told']}, no free tier; without Redshift, "
        "metrics and traces."
    )
    notes = dict.fromkeys(
        line["note"]
        for way in summary["ways"].values()
        for line in way["bill"].get("lines", ())
        if line["note"]
    )
    for note in notes:
        yield f"{note[0].upper()}{note[1:]}."
    for name, way in summary["ways"].items():
        missing = sum(function["reports_missing"] for function in way["functions"].values())
        if missing:
            yield f"{name}: {missing} REPORT lines did not arrive; what needs them leaves those runs out."
        for run in way["runs"]:
            if run["status"] != "SUCCEEDED":
                yield f"{run['execution_name']}: {run['status']}, {run['error_name']}: {run['cause']}"
            elif run["mart"]["outcome"] == "wrong":
                yield f"{run['execution_name']}: {run['mart']['said']}"
    said = {run["mart"]["said"] for way in summary["ways"].values() for run in way["runs"]}
    if len(said) == 1:
        yield f"Mart: {said.pop()}"
