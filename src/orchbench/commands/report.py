"""``orchbench report``: a page with its Markdown, CSV and SVG, from results folders or estimates alone."""

import argparse
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from orchbench.commands.decision_question import add_bearable_lag, promise_of
from orchbench.commands.estimation import (
    add_assume,
    add_lost_events,
    add_prices,
    add_workload,
    amount_of,
    assumptions_of,
    candidates,
    prices_of,
    region,
    timeout_of,
    today,
    workload_of,
)
from orchbench.commands.failure import UsageError
from orchbench.commands.options import whole_number
from orchbench.commands.stored_summary import print_summary, read_summary
from orchbench.commands.workload_file import add_workload_file, with_workload_file
from orchbench.evaluation.estimate import USUAL_MEMORY_MB
from orchbench.evaluation.prices import FALLBACK_REGION, price_list
from orchbench.evaluation.workload import Workload
from orchbench.report.asked import INTERVAL_SECONDS, THE_HOUR, Asked
from orchbench.report.markdown import comparison_markdown
from orchbench.report.reading import Given, Results, read_results
from orchbench.results.folder import ResultsFolder
from orchbench.ways import all_ways

ARCHITECTURE = "x86_64"
ALONE = Path("report")
"""Where a report of no results goes."""
OTHER_FORMATS = frozenset(
    {".csv", ".docx", ".json", ".md", ".pdf", ".png", ".pptx", ".svg", ".txt", ".xlsx", ".zip"}
)
"""Names that somebody gives who expects a file, and would get a folder."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("report")
    parser.add_argument(
        "results",
        type=Path,
        nargs="*",
        metavar="RESULTS",
        help="results folders (default: none, for a page of estimates alone)",
    )
    parser.add_argument(
        "--memory",
        type=whole_number(128, 10_240),
        metavar="MB",
        help="memory of the functions in estimates (default: as in the results)",
    )
    add_prices(parser)
    parser.add_argument(
        "--region",
        type=region,
        help="region of the prices in estimates (default: that of the first of RESULTS)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="a folder for all files, or an .html file for the page alone (default: the first of RESULTS, or "
        f"{ALONE} here)",
    )
    parser.add_argument(
        "--print",
        choices=["table", "markdown", "json"],
        dest="shape",
        help="print the comparison of one folder, and write nothing",
    )
    asked = parser.add_argument_group("workload", "in place of a query of an hour, as `decide` takes it")
    add_workload(asked, required=False)
    asked.add_argument("--runs-a-month", metavar="N", help="how often the query runs per month")
    asked.add_argument("--acceptable-lag", metavar="DURATION|SHARE", help="how long an end may go unseen")
    add_bearable_lag(asked)
    add_lost_events(asked)
    asked.add_argument("--timeout", metavar="DURATION", help="the batch's timeout")
    add_assume(asked)
    add_workload_file(asked)
    parser.set_defaults(run=run, architecture=None)


def run(arguments: argparse.Namespace) -> int:
    """Read the results, make the report, and write its files; or print what was compared."""
    if arguments.shape is not None:
        return _print(arguments)
    # Drawing takes a second to import, which no other command should wait for.
    from orchbench.report.build import PAGE, files, report, write  # noqa: PLC0415
    from orchbench.report.page import page  # noqa: PLC0415

    if arguments.out is not None and arguments.out.suffix.lower() in OTHER_FORMATS:
        raise UsageError(
            f"--out {str(arguments.out)!r} is not a format that a report has: name a folder, or "
            "an .html file, which a browser prints as a PDF."
        )
    told = with_workload_file(arguments)
    results = results_of(arguments)
    made = report(results, replace(given_for(arguments, results), asked=asked_of(arguments)))
    out = arguments.out or next(iter(arguments.results), ALONE)
    alone = out.suffix.lower() in (".html", ".htm")
    try:
        if alone:
            write(out.parent, {out.name: page(made)})
        else:
            write(out, files(made))
    except OSError as error:
        raise UsageError(
            f"--out {str(out)!r} cannot be written to ({error.strerror}): name a folder that can."
        ) from None
    shown = out if alone else out / PAGE
    count = sum(1 for _ in made.figures())
    console = Console(stderr=True, soft_wrap=True)
    for line in told:
        console.print(f"- {line}", highlight=False, markup=False)
    console.print(f"- {len(made.charts)} charts, {count} figures", highlight=False)
    print(f"The report: {shown}")  # noqa: T201 - the command's answer
    return 0


def _print(arguments: argparse.Namespace) -> int:
    """Print the comparison of a folder, computed anew from its traces."""
    given = [flag for flag in ("--out", "--memory") if getattr(arguments, flag.removeprefix("--"))]
    if given:
        raise UsageError(f"--print writes no file and estimates nothing: leave out {', '.join(given)}.")
    if len(arguments.results) != 1:
        raise UsageError("--print shows one results folder: name one, or leave --print out for a page.")
    (folder,) = arguments.results
    settings = ResultsFolder(folder).read().settings
    summary = read_summary(folder, prices_of(arguments, settings.region))
    if arguments.shape == "markdown":
        print(comparison_markdown(summary), end="")  # noqa: T201 - the command's answer
    else:
        print_summary(summary, as_json=arguments.shape == "json")
    return 0


def results_of(arguments: argparse.Namespace) -> list[Results]:
    """Read the results folders that the arguments name.

    Raises:
        InvalidResults: one cannot be read, in one sentence.
    """
    settings = [ResultsFolder(folder).read().settings for folder in arguments.results]
    if not arguments.results:
        return []
    asked = asked_region(arguments)
    prices = {
        # A price file of a region that is asked for says nothing of the one that runs were made in.
        one.region: prices_of(arguments, one.region)
        if asked in (None, one.region)
        else price_list(one.region)
        for one in settings
    }
    return read_results(arguments.results, prices)


def asked_region(arguments: argparse.Namespace) -> str | None:
    """Return the region whose prices are asked for; None for that of the results."""
    return getattr(arguments, "region", None)


def given_for(arguments: argparse.Namespace, results: list[Results]) -> Given:
    """Return what estimates are made with: as asked for, else as in the first of the results, if any."""
    settings = results[0].comparison.settings if results else None
    where = asked_region(arguments) or (settings.region if settings else FALLBACK_REGION)
    prices = prices_of(arguments, where)
    file = f"src/orchbench/evaluation/prices/{prices.region}.json"
    return Given(
        candidates=candidates(None),
        prices=prices,
        prices_file=arguments.prices.name if arguments.prices else file,
        architecture=getattr(arguments, "architecture", None)
        or (settings.architecture if settings else ARCHITECTURE),
        memory_mb=arguments.memory or (memory_in(results[0]) if results else USUAL_MEMORY_MB),
        assumed=assumptions_of(arguments),
        today=today(),
        files={name: _module_file(name) for name in all_ways()},
    )


def asked_of(arguments: argparse.Namespace) -> Asked:
    """Return what the answer is about: the workload that is given, or an hour where none is."""
    lags = (arguments.acceptable_lag, arguments.bearable_lag)
    given = (arguments.duration, arguments.durations, arguments.runs_a_month, *lags)
    if all(one is None for one in given):
        return THE_HOUR
    if arguments.duration is None and arguments.durations is None:
        arguments.duration = "1h"
    workload = workload_of(arguments)
    lag, bearable, runs = arguments.acceptable_lag, arguments.bearable_lag, arguments.runs_a_month
    return Asked(
        durations_seconds=workload.durations_seconds,
        promise=promise_of(f"{INTERVAL_SECONDS}s" if lag is None else lag, bearable),
        runs=THE_HOUR.runs if runs is None else amount_of(runs, "--runs-a-month", 1),
        timeout_seconds=timeout_of(arguments, workload),
        queries=_told_queries(arguments, workload),
        a_month=True,
    )


def _told_queries(arguments: argparse.Namespace, workload: Workload) -> str:
    if arguments.durations is not None:
        return f"queries that take the {workload.source}"
    return f"queries of {arguments.duration}"


def memory_in(results: Results) -> int:
    """Return the memory that the runs' functions reported, or what the template gives them."""
    found = [
        one.memory_mb for run in results.comparison.runs for one in run.trace.invocations if one.memory_mb
    ]
    return max(set(found), key=lambda size: (found.count(size), -size)) if found else USUAL_MEMORY_MB


def _module_file(way: str) -> str:
    return f"src/orchbench/ways/{way.replace('-', '_')}.py"
