"""``orchbench start``: one execution of one way, and its output."""

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from orchbench.commands.deployed import add_target, connected
from orchbench.commands.failure import CommandFailed, UsageError
from orchbench.commands.limits import warnings_before_start
from orchbench.commands.options import add_way
from orchbench.deployment.bench import Bench, require_name
from orchbench.deployment.execution import Execution, Live
from orchbench.platforms.platform import StartCase
from orchbench.trace import ExecutionStatus, Json

EXPECTED_INPUT = "an execution takes a JSON object, or a file with one; {} takes every default"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("start")
    add_way(parser)
    add_target(parser)
    parser.add_argument(
        "--input", default="{}", metavar="FILE|JSON", help="the execution's input (default: {})"
    )
    parser.add_argument(
        "--name", help="the execution's name, which should contain the way (default: a new one)"
    )
    parser.add_argument("--follow", action="store_true", help="show its status while it runs")
    parser.add_argument("--no-wait", action="store_true", help="print the ARN and do not wait for the end")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Start, wait, and print the output as JSON."""
    document = read_input(arguments.input)
    console = Console(stderr=True)
    if arguments.name is not None:
        require_name(arguments.name)
    bench = connected(arguments)
    for said in warnings_before_start(arguments.way, document):
        console.print(f"Warning: {said}", highlight=False, markup=False, soft_wrap=True)
    execution = bench.start(arguments.way, document, name=arguments.name)
    if shown := told(execution):
        console.print(shown, highlight=False, markup=False, soft_wrap=True)
    if arguments.no_wait:
        print(execution.arn)  # noqa: T201 - the command's answer
        return 0
    try:
        _wait(bench, execution, console, follow=arguments.follow)
    except KeyboardInterrupt:
        console.print(
            f"{execution.name} runs on: orchbench stop {execution.way} {execution.name} would end it.",
            highlight=False,
            soft_wrap=True,
        )
        raise
    status, output, error = bench.outcome(execution)
    if status is not ExecutionStatus.SUCCEEDED:
        raise CommandFailed(f"{execution.name} ended as {status}: {error}")
    print(json.dumps(output, indent=2, allow_nan=False))  # noqa: T201 - the command's answer
    return 0


def told(execution: Execution) -> str | None:
    """Return what there is to say of a start that started nothing, or None."""
    match execution.case:
        case StartCase.CLOSED:
            return (
                f"{execution.name} has finished before with the same input: nothing was started, and this is "
                "its stored result. Give another --name to run the batch again."
            )
        case StartCase.ALREADY_RUNNING:
            return f"{execution.name} is running already with the same input: nothing was started."
    return None


def _wait(bench: Bench, execution: Execution, console: Console, *, follow: bool) -> None:
    if not follow:
        bench.wait(execution)
        return
    with console.status(f"{execution.name}: started") as shown:

        def progress(live: Live) -> None:
            said = f"{execution.name}: {live.status}, {live.polls} polls, {live.elapsed_seconds:.0f} s"
            shown.update(said)
            if not console.is_terminal:
                console.print(said, highlight=False)

        bench.wait(execution, on_progress=progress)


def read_input(text: str) -> Json:
    """Return an input given as JSON or as the name of a file with it.

    Raises:
        UsageError: it is neither, or no JSON object.
    """
    if not text.strip():
        raise UsageError(f"--input is empty: {EXPECTED_INPUT}.")
    is_json = text.lstrip().startswith(("{", "["))
    try:
        document: Any = json.loads(text if is_json else Path(text).read_text())
    except OSError as error:
        raise UsageError(
            f"--input {text!r} is neither a JSON object nor a file that can be read ({error.strerror}): "
            f"{EXPECTED_INPUT}."
        ) from error
    except ValueError as error:
        where = "" if is_json else f" {text!r}"
        raise UsageError(f"--input{where} is not valid JSON ({error}): {EXPECTED_INPUT}.") from error
    if not isinstance(document, dict):
        raise UsageError(f"--input is not a JSON object: {EXPECTED_INPUT}.")
    return document
