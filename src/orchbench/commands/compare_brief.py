"""A comparison at a glance: that it worked, and what an hour-long query costs; never a conclusion of its own.

Runs of seconds say nothing of the cost of an hour, so what is told of cost is the estimate that the report's
answer is made of.
"""

from decimal import Decimal

from rich.table import Table
from rich.text import Text

from orchbench.commands.brief import print_brief, small_table
from orchbench.evaluation.apart import TOO_FEW
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.estimate import USUAL_MEMORY_MB, Terms, estimate_way
from orchbench.evaluation.figures import NOTHING, told_money
from orchbench.evaluation.prices import PriceList
from orchbench.report.asked import DURATION_SECONDS, INTERVAL_SECONDS
from orchbench.report.figures import RUNS
from orchbench.trace import Json
from orchbench.ways import all_ways, in_table_order
from orchbench.ways.durations import Policy

NUMBERS = {2: "Both", 3: "All three", 4: "All four"}


def print_comparison_brief(summary: Json, prices: PriceList, following: str) -> None:
    """Print a comparison in at most ten lines.

    Args:
        summary: of a comparison.
        prices: of its region.
        following: the next command to run.
    """
    settings = summary["settings"]
    of_runs = f"{settings['runs_each']} run{'s' if settings['runs_each'] > 1 else ''} of each way"
    rows = f" over {settings['rows']:,} orders" if settings["rows"] is not None else ""
    good = all(
        one["outcomes"]["runs"] == one["outcomes"]["succeeded"] and not one["outcomes"]["marts_wrong"]
        for one in summary["ways"].values()
    )
    if good and summary["complete"]:
        headline = f"It works: {of_runs} did the batch{rows}, and every result is right."
    else:
        headline = summary["meaning"]
    where = (
        "timings are this machine's" if settings["host"] == "local" else f"timings are {settings['host']}'s"
    )
    told = (
        f"USD: estimated, {RUNS:,} queries of an hour polled every {INTERVAL_SECONDS} s, list prices of "
        f"{prices.region}; {where}."
    )
    body: list[str | Text | Table] = [_table(summary, prices), *_beyond(summary), told]
    print_brief(headline, body, following)


def _table(summary: Json, prices: PriceList) -> Table:
    table = small_table("way", ">succeeded", ">right", ">query", ">beyond the query", ">polls", ">USD")
    for name in in_table_order(summary["ways"]):
        way = summary["ways"][name]
        outcomes = way["outcomes"]
        table.add_row(
            name,
            f"{outcomes['succeeded']} of {outcomes['runs']}",
            f"{outcomes['marts_right']} of {outcomes['runs']}",
            _median(way["latencies"].get("query_seconds"), " s"),
            _median(way["latencies"].get("overhead_seconds"), " s"),
            _median(way["counts"].get("polls"), "", 0),
            _cost(name, prices, summary["settings"]["architecture"]),
        )
    return table


def _median(figure: Json | None, unit: str, digits: int = 1) -> str:
    return f"{figure['median']:.{digits}f}{unit}" if figure else NOTHING


def _cost(name: str, prices: PriceList, architecture: str) -> str:
    """Return what queries of an hour cost; nothing for what is no way any more."""
    if name not in all_ways():
        return NOTHING
    terms = Terms(prices, architecture, USUAL_MEMORY_MB, default_assumptions())
    found = estimate_way(
        Candidate.of(all_ways()[name]), DURATION_SECONDS, Policy.fixed(INTERVAL_SECONDS), terms
    )
    return told_money(Decimal(found.bill.total_usd) * RUNS)


def _beyond(summary: Json) -> list[str]:
    """Say how much time the ways add to the query, no more strongly than the runs allow."""
    found = summary["apart"]
    if found is None:
        return []
    if found["verdict"] != TOO_FEW:
        said = str(found["said"])
        return [f"{said if said.startswith(found['less']) else said[0].upper() + said[1:]}."]
    ways = len(summary["ways"])
    low, high = (found["medians"][end] for end in ("less", "more"))
    few = "one run is" if found["runs"] == 1 else f"{found['runs']} runs are"
    them = NUMBERS.get(ways, f"All {ways}")
    return [f"{them} add {told_range(low, high)} s to the query; {few} too few to rank them."]


def told_range(low: float, high: float) -> str:
    """Write from where to where something lies; one number where both ends read the same."""
    ends = dict.fromkeys(f"{one:.1f}" for one in (low, high))
    return " to ".join(ends) if len(ends) > 1 else f"about {next(iter(ends))}"
