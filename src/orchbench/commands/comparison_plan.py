"""What a comparison is asked to do, from its arguments, and the tables that it needs."""

import argparse
from collections.abc import Collection
from datetime import UTC, datetime

from rich.console import Console

from orchbench.commands.deployed import require_sound
from orchbench.commands.failure import UsageError
from orchbench.commands.options import ways_of
from orchbench.comparison.mart import CHECKED_FILE
from orchbench.comparison.seed import DEFAULT_ROWS, create_tables, orders_count, seed
from orchbench.deployment.bench import Bench
from orchbench.deployment.warehouse import SqlFailed, Warehouse
from orchbench.project import project_folder
from orchbench.results.comparison import Comparison, ComparisonSettings
from orchbench.ways import Way, the_pair, told_parameters

ARTICLE = "https://dev.classmethod.jp/articles/lambda-durable-functions-redshift"
"""How a durable function polls Redshift, in Japanese, January 2026: what this project goes on from."""
INTERVAL_SECONDS = {"local": 2, "aws": 10}
"""The article polls every 10 s; a local query of some seconds would be over before the first poll."""
TIMEOUT_SECONDS = {"local": 600, "aws": 3600}
"""Short enough that no poll budget stretches an interval of 2 s."""
RUNS = 3
MOST_RUNS = 50


def planned(bench: Bench, arguments: argparse.Namespace, warehouse: Warehouse) -> Comparison:
    """Return the comparison that the arguments ask for, without a run yet.

    Raises:
        UsageError: it asks for a way that is not deployed.
    """
    settings = ComparisonSettings(
        host=bench.host,
        region=bench.connection.clients.region,
        stack_name=bench.connection.stack_name,
        target=warehouse.target,
        database=warehouse.database,
        rows=None,
        runs_each=arguments.runs or RUNS,
        architecture=bench.architecture(),
        until_within=arguments.until_within,
        most_runs=(arguments.most_runs or MOST_RUNS) if arguments.until_within else None,
        input={
            "sql_file": arguments.sql_file or CHECKED_FILE,
            "timeout_seconds": TIMEOUT_SECONDS[bench.host],
            "poll": {
                "policy": "fixed",
                "interval_seconds": arguments.poll_interval or INTERVAL_SECONDS[bench.host],
            },
        },
    )
    ways = {way.name: way.title for way in ways_to_run(bench, arguments.way or the_pair())}
    return Comparison(settings, ways, datetime.now(UTC).isoformat(timespec="seconds"))


def ways_to_run(bench: Bench, names: Collection[str]) -> list[Way]:
    """Return the ways of these names, in the order of a table.

    Raises:
        UsageError: one is unknown, or not deployed; it says how to deploy it.
    """
    deployed = bench.ways()
    asked = ways_of(names)
    missing = [way.name for way in asked if way not in deployed]
    if missing:
        pair_only = set(missing) <= set(the_pair())
        how = "template.yaml anew" if pair_only else f"it with {told_parameters(missing)}"
        raise UsageError(
            f"The stack {bench.connection.stack_name} does not have {', '.join(missing)}: deploy {how}, or "
            "name other ways with --way."
        )
    return asked


def prepare(
    bench: Bench, seed_asked: bool, wanted: int | None, warehouse: Warehouse, console: Console
) -> int:
    """Create and fill the tables where that is due, and return how many orders there are.

    Args:
        bench: locally the tables are always filled; on AWS only where that was asked for.
        seed_asked: on AWS.
        wanted: rows; None for those there are, or the default.
        warehouse: of the deployment.
        console: told of what takes time.
    """
    local = bench.host == "local"
    if local or seed_asked:
        create_tables(warehouse, project_folder())
        present = orders_count(warehouse)
        rows = wanted or (local and present) or DEFAULT_ROWS
        if present and rows != present and local:
            console.print(f"- replacing the {present:,} orders of the running stack", highlight=False)
        if rows != present:
            console.print(f"- seeding {rows:,} orders", highlight=False)
        try:
            seed(warehouse, rows, replace=local)
        except SqlFailed:
            require_sound(bench)
            raise
    return orders_count(warehouse)
