"""The side-by-side table: what runs came to on each way, for one results folder or for several."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from orchbench.evaluation.counts import names_of_counts
from orchbench.evaluation.figures import GIVEN, NOTHING
from orchbench.evaluation.variants import parent_of, ratio_to_parent
from orchbench.report.answer import beyond_the_query
from orchbench.report.figures import count, spread, times, usd_of_runs
from orchbench.report.model import Figure, Section, Table, Text
from orchbench.report.reading import Results
from orchbench.report.table import LATENCY_ROWS, costs, notes
from orchbench.trace import Json, Label

Cell = Callable[[Results, str, Json], Text]
"""A cell from a folder, a way's name and the way's figures."""


def section(results: Sequence[Results]) -> Section:
    """Return the section: the runs are the proof of the counts, and no conclusion of their own."""
    several = len(results) > 1
    told: list[Text] = [
        ((f"{one.name}: " if several else "") + note,) for one in results for note in notes(one.summary)
    ]
    return Section(
        "comparison",
        "What it was measured on",
        _title(results),
        [
            *(_conditions(one) for one in results),
            *(beyond_the_query(one, several=several) for one in results),
        ],
        [_table(results)],
        notes=told,
        more_title="what to know about these runs",
    )


def _title(results: Sequence[Results]) -> Text:
    outcomes = [way["outcomes"] for one in results for way in one.summary["ways"].values()]
    succeeded, runs = (sum(outcome[key] for outcome in outcomes) for key in ("succeeded", "runs"))
    files = "; ".join(one.file("traces/*.json") for one in results)

    def counted(value: int) -> Figure:
        return count(value, "runs", "measured", "counted", files)

    where = " and ".join(dict.fromkeys(one.host for one in results))
    return ("The proof: ", counted(succeeded), " of ", counted(runs), f" runs succeeded on {where}")


def _conditions(one: Results) -> Text:
    settings = one.comparison.settings
    poll = settings.input.get("poll", {})
    runs = count(settings.runs_each, "runs", Label.ASSUMED, GIVEN, one.file("comparison.json"))
    parts: Text = (f"{one.name}: {settings.input.get('sql_file', 'a batch')}",)
    if settings.rows is not None:
        orders = count(
            settings.rows, "rows", "measured", "counted before the runs", one.file("comparison.json")
        )
        parts = (*parts, " over ", orders, " orders")
    parts = (*parts, f", on {one.host}, {settings.region}, {one.began}; ", runs)
    if "interval_seconds" in poll:
        interval = count(poll["interval_seconds"], "s", Label.ASSUMED, GIVEN, one.file("comparison.json"))
        return (*parts, " runs each, a poll every ", interval, " s. Median, and from smallest to largest.")
    return (*parts, " runs each. Median, and from smallest to largest.")


def _table(results: Sequence[Results]) -> Table:
    columns = [(one, way) for one in results for way in one.ways]
    rows = [
        [(title,), *(cell(one, way, one.summary["ways"][way]) for one, way in columns)]
        for title, cell in _rows(results)
    ]
    kept = [row for row in rows if any(cell != (NOTHING,) for cell in row[1:])]
    if len(results) > 1:
        # Beside each other there is room for the medians alone.
        kept = [[row[0], *((cell[:1] if _is_spread(cell) else cell) for cell in row[1:])] for row in kept]
    groups = [("", 1), *((f"{one.name} ({one.host})", len(one.comparison.ways)) for one in results)]
    return Table(
        "Each way",
        ("median" if len(results) > 1 else "median (smallest to largest)", *(way for _one, way in columns)),
        kept,
        groups if len(results) > 1 else (),
    )


def _is_spread(cell: Text) -> bool:
    return len(cell) > 1 and cell[1] == " ("


def _rows(results: Sequence[Results]) -> Iterator[tuple[str, Cell]]:
    for key in LATENCY_ROWS:
        yield f"{_name(results, 'latencies', key)}, s", _spread_cell("latencies", key, 2)
    for key in names_of_counts():
        yield _name(results, "counts", key), _spread_cell("counts", key, 0)
    yield "functions, billed ms", _billed
    yield "USD per 1,000 runs", _cost
    yield "cost ratio", _ratio
    yield "runs that succeeded", _succeeded
    yield "marts that were right", _marts


def _name(results: Sequence[Results], group: str, key: str) -> str:
    found = (way[group].get(key) for one in results for way in one.summary["ways"].values())
    return next((one["name"] for one in found if one), key.replace("_", " "))


def _spread_cell(group: str, key: str, digits: int) -> Cell:
    def cell(results: Results, way: str, figures: Json) -> Text:
        return spread(figures[group].get(key), digits, results.traces_of(way))

    return cell


def _billed(results: Results, way: str, figures: Json) -> Text:
    known = [one["billed_milliseconds"] for one in figures["functions"].values()]
    if not known or not all(known):
        return (NOTHING,)
    total = sum(one["median"] for one in known)
    return (count(round(total), "ms", known[0]["label"], known[0]["source"], results.traces_of(way)),)


def _cost(results: Results, way: str, figures: Json) -> Text:
    found = figures["bill"]
    if not found:
        return (NOTHING,)
    amount = Decimal(found["median_usd"])
    source = "bill of the run in the middle at list prices"
    return (usd_of_runs(amount, found["label"], source, results.traces_of(way)),)


def _ratio(results: Results, way: str, figures: Json) -> Text:
    ratio = ratio_to_parent(way, costs(results.summary["ways"]))
    if ratio is None:
        return (NOTHING,)
    label, files = figures["bill"]["label"], results.traces_of(way)
    return (times(ratio, label, "ratio of the two bills", files), f" times {parent_of(way)}")


def _succeeded(results: Results, way: str, figures: Json) -> Text:
    outcomes = figures["outcomes"]

    origin = (outcomes["label"], outcomes["source"], results.traces_of(way))
    return (count(outcomes["succeeded"], "runs", *origin), " of ", count(outcomes["runs"], "runs", *origin))


def _marts(results: Results, _way: str, figures: Json) -> Text:
    outcomes = figures["outcomes"]
    right, checked = outcomes["marts_right"], outcomes["marts_right"] + outcomes["marts_wrong"]
    if not checked:
        return (NOTHING,)
    origin = (outcomes["label"], outcomes["source"], results.file("comparison.json"))
    return (count(right, "marts", *origin), " of ", count(checked, "marts", *origin))
