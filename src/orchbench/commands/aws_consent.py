"""Asks before a comparison changes tables of a real warehouse, and says what its runs should cost."""

import sys
from decimal import Decimal

from rich.console import Console

from orchbench.commands.failure import UsageError
from orchbench.evaluation.prices import price_list
from orchbench.results import Comparison

ASSUMED_QUERY_SECONDS = 60
"""How long a query is taken to run for the estimate; nobody knows it before the first run."""


def confirm(comparison: Comparison, *, assume_yes: bool, console: Console) -> None:
    """Say what will be changed and what it should cost, and go on only with a yes.

    Raises:
        UsageError: nobody said yes.
    """
    settings = comparison.settings
    runs = settings.runs_each * len(comparison.ways)
    cost = estimated_usd(settings.region, settings.input["poll"]["interval_seconds"])
    console.print(
        f"This deletes and fills public.mart_customer_summary in the database {settings.database!r} of "
        f"{settings.target}, {runs} times. A run should cost about ${cost:.5f} for orchestrating a query of "
        f"{ASSUMED_QUERY_SECONDS} s (estimated, list prices), and Redshift's own time on top of it.",
        highlight=False,
    )
    if assume_yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Nobody can be asked here: give --yes if that is what you want.")
    answer = console.input(f"Type the database's name, {settings.database}, to go on: ", markup=False)
    if answer.strip() != settings.database:
        raise UsageError("Not confirmed, so nothing was run.")


def estimated_usd(region: str, interval_seconds: int) -> Decimal:
    """Return what the dearer way should cost a run: three transitions and one short invocation a poll."""
    prices = price_list(region)
    polls = Decimal(ASSUMED_QUERY_SECONDS // interval_seconds + 1)
    poll = 3 * prices["state_transition"].usd + prices["lambda_request"].usd
    compute = prices["lambda_gb_second_x86_64"].usd * Decimal("0.125") * Decimal("0.2")
    return polls * (poll + compute) + 3 * prices["state_transition"].usd
