"""An estimate at a glance: what each way costs and how late an end is seen, made of its document."""

from decimal import Decimal

from rich.table import Table

from orchbench.commands.alternatives_table import small_table_of
from orchbench.commands.brief import print_brief, small_table
from orchbench.evaluation.figures import NOTHING, told_money, told_share
from orchbench.trace import Json

MOST_ROWS = 6
LONGEST_NAME = 14
PER_RUNS = 1000
"""One run costs too little to be read."""


def print_estimate(document: Json, *, month: bool, following: str) -> None:
    """Print what is estimated in at most ten lines.

    Args:
        document: as ``orchbench estimate --json`` has it.
        month: whether the runs are those of a month.
        following: the next command to run.
    """
    rows, where = document["estimates"], document["list_prices"]
    assumed = where != document["region"]
    # The headline takes a line more where it names prices of another region.
    shown = rows[: MOST_ROWS - assumed]
    per = "a month" if month else f"per {PER_RUNS:,} runs"
    # What an event does, nobody has seen on AWS: it is no headline while there is another.
    polling = [row for row in rows if not row["event"]] or rows
    least = min([row for row in polling if row["outcome"] == "SUCCEEDED"] or polling, key=_usd)
    cost = f"${told_money(_usd(least))} {per} ({least['cost']['label']})"
    is_best = "costs least" if len(polling) == len(rows) else "polls cheapest"
    at = f" at list prices of {where}" if assumed else ""
    said = f"{least['way']} ({_poll(least['poll'])}) {is_best}: {cost}{at}."
    if others := document.get("alternatives"):
        factor = Decimal(1 if month else PER_RUNS)
        print_brief(said, [small_table_of(others, factor)], following, _labels(others, per))
        return
    extra = [*_shown(rows, shown), *_unusual(rows), *_redshift(rows)]
    extra += [] if assumed else [f"List prices of {where}."]
    print_brief(said, [_table(shown)], following, extra)


def _labels(others: list[Json], per: str) -> list[str]:
    assumed = ", ".join(one["alternative"] for one in others if one["cost"]["label"] == "assumed")
    said = f"USD {per}, metrics and alarms apart"
    return [f"{said}; assumed: {assumed}." if assumed else f"{said}."]


def _table(rows: list[Json]) -> Table:
    beside = any("redshift" in row for row in rows)
    titles = ["way", "poll", ">polls", ">mean lag", ">worst lag", ">USD"]
    table = small_table(*titles, *([">of whole"] if beside else []))
    for row in rows:
        share = row.get("share_of_the_whole", {}).get("value")
        table.add_row(
            row["way"],
            "event" if row["event"] else _poll(row["poll"]),
            f"{row['polls']['value']:,.0f}",
            _seconds(row["detection_lag_mean"]["value"]),
            _worst(row),
            told_money(_usd(row)),
            *([NOTHING if share is None else told_share(share)] if beside else []),
        )
    return table


def _worst(row: Json) -> str:
    """Return the worst lag; where an event is waited for, that of one that comes and that of a lost one."""
    worst = row["detection_lag_worst"]["value"]
    if not row["event"] or worst is None:
        return _seconds(worst)
    came, lost = (row["event"][name]["value"] for name in ("lag_when_it_comes", "worst_lag_when_lost"))
    return f"{came:.1f}/{lost:,.0f} s"


def _usd(row: Json) -> Decimal:
    """Return what a month costs, all included; or so many runs, where no month is asked for."""
    if "month" in row:
        return Decimal(row["month"]["total"]["value"])
    return Decimal(row["cost"]["value"]) * PER_RUNS


def _poll(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else text.partition(":")[0]


def _seconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.1f} s"


def _shown(rows: list[Json], shown: list[Json]) -> list[str]:
    """Say in one line which two lags of an event's way are shown, and that not every row is."""
    two = any(row["event"] and row["detection_lag_worst"]["value"] is not None for row in shown)
    lags = ["Two worst lags: if the event arrives, and if it is lost."] if two else []
    more = len(rows) - len(shown)
    hidden = [f"{more} more row{'s' if more > 1 else ''}: --verbose."] if more else []
    return [" ".join([*lags, *hidden])] if lags or hidden else []


def _unusual(rows: list[Json]) -> list[str]:
    """Say that rows do not succeed, or do not poll as they are asked to."""
    said = []
    if any(row["death"] for row in rows):
        said.append("Where no lag is shown, a quota ends the execution before its query ends.")
    if any(row["timed_out_share"]["value"] for row in rows):
        said.append("Some runs reach the timeout, and their queries are cancelled.")
    if any(row["poll_budget_stretches"] for row in rows):
        said.append("Some poll less often than asked for: quotas force slower polling.")
    return said


def _redshift(rows: list[Json]) -> list[str]:
    if "redshift" not in rows[0]:
        return []
    found = rows[0]["redshift"]
    usd = told_money(Decimal(found["value"]) * (1 if "month" in rows[0] else PER_RUNS))
    return [f"Redshift itself costs ${usd} for the same queries ({found['label']})."]
