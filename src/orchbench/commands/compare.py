"""``orchbench compare``: two ways, or others, on the same batch, some runs each, as one table."""

import argparse
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from orchbench.commands.aws_consent import confirm
from orchbench.commands.beside import rehearsing
from orchbench.commands.brief import add_verbose
from orchbench.commands.comparison_plan import ARTICLE, MOST_RUNS, RUNS, planned, prepare
from orchbench.commands.deployed import (
    add_target,
    connected,
    local_options,
    require_bundled,
    require_local_aws,
    require_sound,
)
from orchbench.commands.failure import CommandFailed, UsageError
from orchbench.commands.failure_said import what_to_do
from orchbench.commands.options import add_ways, ways_of, whole_number
from orchbench.commands.resume import (
    earlier_comparison,
    require_same_deployment,
    require_same_rows,
    resume_command,
    whole_runs,
)
from orchbench.commands.sql_check import warn
from orchbench.commands.stored_summary import print_answer, read_and_print
from orchbench.comparison.mart import CHECKED_FILE, MartChecker
from orchbench.comparison.runner import Listener, compare
from orchbench.comparison.seed import DEFAULT_ROWS
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import connect_local
from orchbench.deployment.execution import Execution, Live
from orchbench.deployment.warehouse import Warehouse
from orchbench.evaluation.intervals import MEDIAN, STOPPING_CONFIDENCE, interval, is_within
from orchbench.evaluation.latency import latency, makespans
from orchbench.evaluation.prices import price_list
from orchbench.local import LocalStack, running_stack
from orchbench.project import project_folder, working_folder
from orchbench.results.comparison import Comparison, ResultsNotWritten, Run
from orchbench.results.folder import COMPARISON_FILE, ResultsFolder
from orchbench.results.summary import summarize
from orchbench.trace import ExecutionStatus, Json
from orchbench.ways import the_pair, way_named


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("compare")
    add_target(parser)
    add_ways(parser, the_pair())
    parser.add_argument("--runs", type=whole_number(1, 1000), help=f"runs of each way (default: {RUNS})")
    parser.add_argument(
        "--until-within",
        type=share,
        metavar="SHARE",
        help="run until the 98 %% interval of each way's median makespan is within this share of it: 10%%",
    )
    parser.add_argument(
        "--most-runs",
        type=whole_number(1, 1000),
        help=f"most runs of each way, with --until-within (default: {MOST_RUNS})",
    )
    parser.add_argument(
        "--rows",
        type=whole_number(1, 100_000_000),
        help=f"rows to seed; on AWS only with --seed (default: the existing ones, or {DEFAULT_ROWS:,})",
    )
    parser.add_argument(
        "--poll-interval",
        type=whole_number(1, 86_400),
        metavar="SECONDS",
        help=f"seconds between two checks (default: 2 locally; 10 on AWS, as in {ARTICLE})",
    )
    parser.add_argument("--sql-file", metavar="FILE", help=f"a bundled SQL file (default: {CHECKED_FILE})")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="results folder (default: below results/)")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--resume", type=Path, metavar="FOLDER", help="continue a comparison that was interrupted"
    )
    instead.add_argument(
        "--from", type=Path, dest="source", metavar="FOLDER", help="show stored results instead"
    )
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help="also rehearse every way while the runs wait, as `orchbench supplement` does",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    add_verbose(parser)
    parser.add_argument(
        "--seed", action="store_true", help="on AWS: create and fill an empty orders table first"
    )
    parser.add_argument(
        "--yes", action="store_true", help="on AWS: do not ask before the batch changes tables"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare, or show a comparison made before."""
    if arguments.source is not None:
        if arguments.rehearse:
            raise UsageError(
                "--rehearse goes with runs: `orchbench supplement` adds rehearsals to stored results."
            )
        return read_and_print(arguments.source, as_json=arguments.json, verbose=arguments.verbose)
    earlier = earlier_comparison(arguments) if arguments.resume is not None else None
    if earlier is not None and earlier.complete:
        Console(stderr=True).print(
            f"- {arguments.resume} is complete: all {len(earlier.runs)} runs were made", highlight=False
        )
        return read_and_print(arguments.resume, as_json=arguments.json, verbose=arguments.verbose)
    ways = earlier.ways if earlier else [way.name for way in ways_of(arguments.way or the_pair())]
    if arguments.target == "local":
        require_local_aws()
    results = _prepared_folder(arguments)
    console = Console(stderr=True)
    began = time.monotonic()
    with ExitStack() as stack:
        rehearsed = stack.enter_context(rehearsing(results.path)) if arguments.rehearse else None
        with deployment(arguments, ways, console) as bench:
            summary = run_comparison(bench, arguments, results, console, earlier)
        if rehearsed:
            with console.status("rehearsing"):
                console.print(f"- {rehearsed()}", highlight=False)
    console.print(
        f"{time.monotonic() - began:.0f} s in all; results in {_shown(results.path)}", highlight=False
    )
    print_answer(summary, _shown(results.path), as_json=arguments.json, verbose=arguments.verbose)
    return 0 if is_good(summary) else 1


def _prepared_folder(arguments: argparse.Namespace) -> ResultsFolder:
    """Return the folder for the results, which takes files."""
    folder = arguments.resume or arguments.out
    flag = "--resume" if arguments.resume else "--out"
    if folder is None:
        folder = working_folder() / "results" / time.strftime("%Y%m%d-%H%M%S")
    if arguments.resume is None:
        require_bundled(arguments.sql_file or CHECKED_FILE)
        if (folder / COMPARISON_FILE).exists():
            raise UsageError(
                f"--out {str(folder)!r} holds results already: name another folder, or go on with them: "
                f"orchbench compare --resume {folder}"
            )
    results = ResultsFolder(folder)
    try:
        results.prepare()
    except OSError as error:
        raise UsageError(
            f"{flag} {str(folder)!r} cannot be written to ({error.strerror}): {what_to_do(error)}."
        ) from None
    return results


def is_good(summary: Json) -> bool:
    """Tell whether every run succeeded and left a right mart, as far as one was checked."""
    outcomes = [way["outcomes"] for way in summary["ways"].values()]
    return all(one["runs"] == one["succeeded"] and not one["marts_wrong"] for one in outcomes)


@contextmanager
def deployment(arguments: argparse.Namespace, ways: Collection[str], console: Console) -> Iterator[Bench]:
    """Yield the deployment: on AWS, running here, or started for these ways and stopped after them."""
    if arguments.target == "aws":
        yield connected(arguments)
    elif stack := running_stack(working_folder()):
        console.print(f"- using the stack at {stack.endpoint_url}", highlight=False)
        with stack:
            yield Bench(connect_local(stack))
    else:
        options = local_options(ways, published=False)
        with LocalStack.start(options, lambda said: console.print(f"- {said}", highlight=False)) as stack:
            yield Bench(connect_local(stack))


def run_comparison(
    bench: Bench,
    arguments: argparse.Namespace,
    folder: ResultsFolder,
    console: Console,
    earlier: Comparison | None = None,
) -> Json:
    """Prepare the tables, run what is missing, write every file, and return the summary."""
    connection = bench.connection
    warehouse = Warehouse(connection.clients.client("redshift-data"), connection.outputs)
    if earlier is not None:
        require_same_deployment(folder.path, earlier, bench, warehouse)
    comparison = earlier or planned(bench, arguments, warehouse)
    warn(console, [project_folder() / "functions" / "sql" / comparison.settings.input["sql_file"]])
    if bench.host == "aws":
        confirm(comparison, assume_yes=arguments.yes, console=console)
    rows = prepare(
        bench, arguments.seed, earlier.settings.rows if earlier else arguments.rows, warehouse, console
    )
    if earlier is not None:
        require_same_rows(folder.path, earlier, rows)
        console.print(f"- going on after {len(earlier.runs)} runs", highlight=False)
    settings = replace(comparison.settings, rows=rows)
    comparison = replace(comparison, settings=settings)
    prices = price_list(settings.region)
    mart = MartChecker(warehouse) if settings.input["sql_file"] == CHECKED_FILE else None
    kept = [comparison]

    def keep(made: Run, history: Mapping[str, Any], grown: Comparison) -> None:
        if made.trace.status is not ExecutionStatus.SUCCEEDED:
            require_sound(bench)
        folder.write_run(made, history)
        folder.write(grown, summarize(grown, prices))
        kept.append(grown)

    with console.status("running") as status:

        def progress(execution: Execution, live: Live) -> None:
            status.update(f"{execution.way}: {live.polls} polls, {live.elapsed_seconds:.0f} s")

        def started(execution: Execution, number: int) -> None:
            status.update(f"{execution.way}, run {number} of {settings.runs_each}")

        command = resume_command(_shown(folder.path), comparison)
        try:
            # What was asked for is on record before the first run, so that there is something to go on with.
            folder.write(comparison, summarize(comparison, prices))
            compare(
                bench,
                [way_named(name) for name in comparison.ways],
                comparison,
                mart,
                Listener(started, progress, _teller(console), keep),
                more_needed=_more_needed(settings.until_within, settings.most_runs or MOST_RUNS),
            )
        except ResultsNotWritten as error:
            raise CommandFailed(
                f"{error}; {whole_runs(kept[-1])}: free some space and go on with {command}"
            ) from error
        except BaseException:
            # However it ends, what ran is whole.
            console.print(
                f"- {whole_runs(kept[-1])} in {_shown(folder.path)}; go on with: {command}",
                highlight=False,
                soft_wrap=True,
            )
            raise
    return summarize(kept[-1], prices)


def share(text: str) -> float:
    """Read ``10%`` or ``0.1``.

    Raises:
        argparse.ArgumentTypeError: it is no share above 0 and below 1.
    """
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share such as 10% or 0.1")
    return value


def _more_needed(within: float | None, most_runs: int) -> Callable[[Comparison], bool]:
    def more_needed(comparison: Comparison) -> bool:
        if within is None or comparison.settings.runs_each >= most_runs:
            return False
        intervals = [
            interval(makespans([run.trace for run in comparison.of(way)]), MEDIAN, STOPPING_CONFIDENCE)
            for way in comparison.ways
        ]
        return not is_within(intervals, within)

    return more_needed


def _teller(console: Console) -> Any:
    def ended(run: Run) -> None:
        took = latency(run.trace).makespan_seconds or 0
        said = f"{took:.2f} s" if run.trace.status is ExecutionStatus.SUCCEEDED else str(run.trace.status)
        console.print(f"- {run.way}, run {run.number}: {said}, mart {run.mart['outcome']}", highlight=False)

    return ended


def _shown(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
