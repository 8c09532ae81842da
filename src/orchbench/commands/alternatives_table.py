"""What else could run a batch, as a person reads it in a terminal: never among the ways."""

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from orchbench.commands.brief import small_table
from orchbench.commands.estimation import print_whole, sentence
from orchbench.evaluation.figures import NOTHING, told_money
from orchbench.trace import Json
from orchbench.ways.durations import shown_duration

HEADING = "What else could run it: closed forms, which nothing here has run."
RUNS_ALONE = "Metrics and alarms are in no line above."
NOBODY, AT_ONCE = "nobody waits", "at once"
DAY_SECONDS, MANY_DAYS = 86_400, 3
TITLES = ("estimated, never run", ">USD", ">a month besides", ">mean lag", ">longest query", "exactly once")


def small_table_of(rows: Sequence[Json], factor: Decimal = Decimal(1)) -> Table:
    """Return what each costs, sees and keeps, a line each.

    Args:
        rows: as a document has them under ``alternatives``.
        factor: of the runs that they are of: a single one costs too little to be read.
    """
    table = small_table(*TITLES[:5])
    for one in rows:
        table.add_row(*_cells(one, factor))
    return table


def print_alternatives(console: Console, rows: Sequence[Json]) -> None:
    """Print all there is to say: the table, and what each breaks, needs and stands on."""
    if not rows:
        return
    console.print(f"\n{HEADING}", style="bold", highlight=False, soft_wrap=True)
    table = small_table(*TITLES)
    for one in rows:
        table.add_row(*_cells(one), one["exactly_once"])
    print_whole(console, table)
    console.print(RUNS_ALONE, style="dim", highlight=False, soft_wrap=True)
    for one in rows:
        said = f"{one['alternative']}: {one['breaks']}. Run besides: {one['run_besides']}."
        console.print(said, highlight=False, soft_wrap=True)
        for fact in one["facts"]:
            console.print(
                f"  {fact['said']} ({fact['source']})", style="dim", highlight=False, soft_wrap=True
            )


def told_lag(one: Json) -> str:
    """Write how long an end stays unseen on average."""
    seconds = one["detection_lag_mean"]["value"]
    if seconds is None:
        return NOBODY
    return f"{seconds:,.1f} s" if seconds else AT_ONCE


def told_longest(one: Json) -> str:
    """Write the longest query that is seen to end."""
    seconds = one["longest_query"]["value"]
    if seconds is None:
        return "any"
    return f"{seconds / DAY_SECONDS:.0f} d" if seconds > MANY_DAYS * DAY_SECONDS else shown_duration(seconds)


def print_limits_of(console: Console, rows: Sequence[Json]) -> None:
    """Print how long a query each sees end, and what it breaks."""
    for one in rows:
        said = f"{one['alternative']}, not a way: {told_longest(one)}. {sentence(one['breaks'])}"
        console.print(said, highlight=False, soft_wrap=True)


def _cells(one: Json, factor: Decimal = Decimal(1)) -> list[str]:
    standing = one["standing"]
    return [
        one["alternative"],
        told_money(Decimal(one["cost"]["value"]) * factor),
        told_money(Decimal(standing["value"])) if standing else NOTHING,
        told_lag(one),
        told_longest(one),
    ]
