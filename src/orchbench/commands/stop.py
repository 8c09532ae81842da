"""``orchbench stop``: ends an execution and its statement."""

import argparse

from rich.console import Console

from orchbench.commands.deployed import add_target, connected
from orchbench.commands.options import add_way
from orchbench.deployment.bench import require_name
from orchbench.trace import ExecutionStatus


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("stop")
    add_way(parser)
    parser.add_argument("execution", metavar="NAME|ARN")
    add_target(parser)
    parser.add_argument("--cause", default="Stopped by its user.", help="kept with the execution")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Stop the execution and say what became of it."""
    console = Console(stderr=True)
    if not arguments.execution.startswith("arn:"):
        require_name(arguments.execution)
    bench = connected(arguments)
    execution = bench.find(arguments.way, arguments.execution)
    status, _output, _error = bench.outcome(execution)
    if status is not ExecutionStatus.RUNNING:
        console.print(f"{execution.name} had ended already: {status}.", highlight=False)
        return 0
    statement = bench.stop(execution, arguments.cause)
    status = bench.wait(execution, timeout_seconds=60)
    console.print(f"{execution.name}: {status}; its statement: {statement}.", highlight=False)
    return 0
