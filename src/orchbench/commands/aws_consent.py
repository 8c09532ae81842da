"""Asks before a comparison changes tables of a real warehouse, and says what its runs should cost."""

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Console

from orchbench.commands.consent import agree, asking
from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.estimate import USUAL_MEMORY_MB, Terms, estimate_way
from orchbench.evaluation.figures import told_usd
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.prices import price_list
from orchbench.results.comparison import Comparison
from orchbench.trace import Json
from orchbench.ways import all_ways
from orchbench.ways.durations import policy_from_input

ASSUMED_QUERY_SECONDS = 60
"""How long a query is taken to run for the estimate; nobody knows it before the first run."""


def confirm(comparison: Comparison, *, assume_yes: bool, console: Console) -> None:
    """Say what will be changed and what it should cost, and go on only with a yes.

    Raises:
        UsageError: nobody said yes.
    """
    settings = comparison.settings
    runs = settings.runs_each * len(comparison.ways)
    poll = settings.input.get("poll", {})
    cost = estimated_usd(list(comparison.ways), settings.region, settings.architecture, poll)
    whose = whose_prices(list(comparison.ways), settings.region, settings.architecture)
    console.print(
        f"This deletes and fills public.mart_customer_summary in the database {settings.database!r} of "
        f"{settings.target}, {runs} times. A run should cost about ${told_usd(cost, 5)} for orchestrating a "
        f"query of {ASSUMED_QUERY_SECONDS} s (estimated, list prices of {whose}), and Redshift's own time on "
        "top of it.",
        highlight=False,
    )
    if assume_yes:
        return
    question = f"Type the database's name, {settings.database}, to go on: "
    agree(asking(console), question, lambda said: said == settings.database, else_said="nothing was run")


def whose_prices(ways: Sequence[str], region: str, architecture: str) -> str:
    """Name the region whose list prices an estimate of these ways is made with, and what is another's."""
    usages = (way.usage for name, way in all_ways().items() if name in ways)
    return price_list(region).told(price_keys(usages, architecture))


def estimated_usd(ways: Sequence[str], region: str, architecture: str, poll: Json) -> Decimal:
    """Return what the dearest of these ways should cost a run, as ``orchbench estimate`` has it."""
    terms = Terms(price_list(region), architecture, USUAL_MEMORY_MB, default_assumptions())
    policy, seconds = policy_from_input(poll), float(ASSUMED_QUERY_SECONDS)
    bills = (estimate_way(way, seconds, policy, terms, seconds).bill for way in candidates(ways))
    return max((bill.total_usd for bill in bills), default=Decimal(0))
