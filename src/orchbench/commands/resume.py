"""Going on with an interrupted comparison: what its folder says, and whether the deployment is the same."""

import argparse
from pathlib import Path

from orchbench.commands.failure import UsageError
from orchbench.deployment.bench import Bench
from orchbench.deployment.warehouse import Warehouse
from orchbench.results.comparison import Comparison
from orchbench.results.folder import COMPARISON_FILE, ResultsFolder

TAKEN_FROM_THE_FOLDER = {
    "way": "--way",
    "runs": "--runs",
    "until_within": "--until-within",
    "most_runs": "--most-runs",
    "rows": "--rows",
    "poll_interval": "--poll-interval",
    "sql_file": "--sql-file",
    "out": "--out",
    "seed": "--seed",
}


def earlier_comparison(arguments: argparse.Namespace) -> Comparison:
    """Return the comparison to go on with.

    Raises:
        UsageError: there is none, or the arguments contradict it.
    """
    refuse_settings(arguments)
    folder = arguments.resume
    if not (folder / COMPARISON_FILE).exists():
        raise UsageError(f"--resume {str(folder)!r} holds no comparison: `orchbench compare` starts one.")
    earlier = ResultsFolder(folder).read()
    require_host(folder, earlier, arguments.target)
    return earlier


def refuse_settings(arguments: argparse.Namespace) -> None:
    """Refuse what the folder says already.

    Raises:
        UsageError: which names every argument to leave out.
    """
    given = [flag for name, flag in TAKEN_FROM_THE_FOLDER.items() if getattr(arguments, name)]
    if given:
        raise UsageError(f"--resume takes its settings from the folder: leave out {', '.join(given)}.")


def require_host(folder: Path, earlier: Comparison, target: str) -> None:
    """Refuse to go on elsewhere, before anything is started.

    Raises:
        UsageError: the comparison was made on another host.
    """
    host = earlier.settings.host
    if host != target:
        raise UsageError(f"{folder} was made on {host}: give --target {host} to go on there.")


def require_same_deployment(folder: Path, earlier: Comparison, bench: Bench, warehouse: Warehouse) -> None:
    """Refuse a deployment whose runs could not stand in one table with the earlier ones.

    Raises:
        UsageError: which names what differs.
    """
    settings = earlier.settings
    deployed = {way.name for way in bench.ways()}
    ways = [name for name in earlier.ways if name in deployed]
    pairs = {
        "stack": (settings.stack_name, bench.connection.stack_name),
        "region": (settings.region, bench.connection.clients.region),
        "warehouse": (settings.target, warehouse.target),
        "database": (settings.database, warehouse.database),
        "architecture": (settings.architecture, bench.architecture()),
        "ways": (", ".join(earlier.ways), ", ".join(ways) or "none of them"),
    }
    differ = [f"its {what} was {was}, here it is {now}" for what, (was, now) in pairs.items() if was != now]
    if differ:
        raise UsageError(f"{folder} cannot go on on this deployment: {'; '.join(differ)}.")


def require_same_rows(folder: Path, earlier: Comparison, rows: int) -> None:
    """Refuse to measure the rest over another number of orders.

    Raises:
        UsageError: the orders table is not what it was.
    """
    was = earlier.settings.rows
    if was != rows:
        raise UsageError(
            f"{folder} was measured over {was or 0:,} orders, and this deployment has {rows:,}: stop the "
            "running stack first, or fill its table as it was."
        )


def resume_command(folder: Path, earlier: Comparison) -> str:
    """Return the command that goes on with a comparison."""
    settings = earlier.settings
    where = "" if settings.host == "local" else f" --target aws --stack {settings.stack_name}"
    region = "" if settings.host == "local" else f" --region {settings.region}"
    return f"orchbench compare --resume {folder}{where}{region}"


def whole_runs(comparison: Comparison) -> str:
    """Return how many runs there are to go on from."""
    made = len(comparison.runs)
    return "1 run is whole" if made == 1 else f"{made} runs are whole"
