"""What a comparison is asked to do, from its arguments, and the tables that it needs."""

import argparse
from datetime import UTC, datetime

from rich.console import Console

from orchbench.commands.options import project_folder, require_sound
from orchbench.comparison.mart import CHECKED_FILE
from orchbench.comparison.seed import DEFAULT_ROWS, create_tables, orders_count, seed
from orchbench.deployment.bench import Bench
from orchbench.deployment.warehouse import SqlFailed, Warehouse
from orchbench.results.comparison import Comparison, Settings

INTERVAL_SECONDS = {"local": 2, "aws": 10}
"""The article polls every 10 s; a local query of some seconds would be over before the first poll."""
TIMEOUT_SECONDS = {"local": 600, "aws": 3600}
"""Short enough that no poll budget stretches an interval of 2 s."""
RUNS = 3
MOST_RUNS = 50


def planned(bench: Bench, arguments: argparse.Namespace, warehouse: Warehouse) -> Comparison:
    """Return the comparison that the arguments ask for, without a run yet."""
    settings = Settings(
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
    ways = {way.name: way.title for way in bench.ways()}
    return Comparison(settings, ways, datetime.now(UTC).isoformat(timespec="seconds"))


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
