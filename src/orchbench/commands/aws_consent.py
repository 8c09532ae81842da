"""Asks before a comparison changes tables of a real warehouse, and says what its runs should cost."""

import sys
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from rich.console import Console

from orchbench.commands.estimation import candidates
from orchbench.commands.failure import UsageError
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.estimate import Columns, estimated_quantities, followed
from orchbench.evaluation.figures import told_usd
from orchbench.evaluation.limits import policy_rows
from orchbench.evaluation.prices import price_list
from orchbench.evaluation.tariff import priced
from orchbench.evaluation.used import used_by
from orchbench.results.comparison import Comparison
from orchbench.trace import Json
from orchbench.ways.durations import policy_from_input

ASSUMED_QUERY_SECONDS = 60
"""How long a query is taken to run for the estimate; nobody knows it before the first run."""
MEMORY_MB = 128
"""What the template gives every function."""


def confirm(comparison: Comparison, *, assume_yes: bool, console: Console) -> None:
    """Say what will be changed and what it should cost, and go on only with a yes.

    Raises:
        UsageError: nobody said yes.
    """
    settings = comparison.settings
    runs = settings.runs_each * len(comparison.ways)
    poll = settings.input.get("poll", {})
    cost = estimated_usd(list(comparison.ways), settings.region, settings.architecture, poll)
    console.print(
        f"This deletes and fills public.mart_customer_summary in the database {settings.database!r} of "
        f"{settings.target}, {runs} times. A run should cost about ${told_usd(cost, 5)} for orchestrating a "
        f"query of {ASSUMED_QUERY_SECONDS} s (estimated, list prices), and Redshift's own time on top of it.",
        highlight=False,
    )
    if assume_yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Nobody can be asked here: give --yes if that is what you want.")
    answer = console.input(f"Type the database's name, {settings.database}, to go on: ", markup=False)
    if answer.strip() != settings.database:
        raise UsageError("Not confirmed, so nothing was run.")


def estimated_usd(ways: Sequence[str], region: str, architecture: str, poll: Json) -> Decimal:
    """Return what the dearest of these ways should cost a run, as ``orchbench estimate`` has it."""
    assumed, prices = default_assumptions(), price_list(region)
    policy, seconds = policy_from_input(poll), np.array([float(ASSUMED_QUERY_SECONDS)])
    costs = []
    for way in candidates(ways):
        columns = Columns(seconds, seconds, policy_rows(way.kept(policy), 1))
        polled = followed(way.usage, way.budget_polls, columns, way.waits)
        quantities = estimated_quantities(
            way.usage,
            used_by(polled, columns.policies, float(assumed["kept_warm_seconds"]), way.waits),
            memory_mb=MEMORY_MB,
            architecture=architecture,
            assumed=assumed,
        )
        costs.append(priced(quantities, prices).total_usd)
    return max(costs, default=Decimal(0))
