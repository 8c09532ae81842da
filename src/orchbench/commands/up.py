"""``orchbench up``: the local stack with filled tables, until it is stopped."""

import argparse

from rich.console import Console

from orchbench.commands.deployed import local_options, require_sound
from orchbench.commands.options import whole_number
from orchbench.commands.sql_check import bundled_files, warn
from orchbench.comparison.seed import DEFAULT_ROWS, create_tables, seed
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import connect_local
from orchbench.deployment.warehouse import SqlFailed, Warehouse
from orchbench.local import LocalStack, serve, shell_exports
from orchbench.project import project_folder
from orchbench.ways import all_ways


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("up")
    parser.add_argument(
        "--rows",
        type=whole_number(1, 100_000_000),
        default=DEFAULT_ROWS,
        help="rows in the orders table (default: %(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Start the stack and stay; the exports go to standard output, all else to standard error."""
    console = Console(stderr=True)

    def progress(message: str) -> None:
        console.print(f"- {message}", highlight=False)

    def announce(stack: LocalStack) -> None:
        warn(console, bundled_files(project_folder()))
        progress(f"seeding {arguments.rows:,} orders")
        warehouse = Warehouse(stack.client("redshift-data"), stack.outputs)
        create_tables(warehouse, project_folder())
        try:
            seed(warehouse, arguments.rows, replace=True)
        except SqlFailed:
            require_sound(Bench(connect_local(stack)))
            raise
        print(shell_exports(stack), flush=True)  # noqa: T201 - what a shell reads
        console.print("It runs until Ctrl-C. In another terminal: orchbench compare", highlight=False)

    serve(local_options(all_ways(), published=True), announce, progress)
    console.print("Stopped, and nothing of it is left.", highlight=False)
    return 0
