"""The summary of a comparison made before, computed anew from its folder and printed."""

import json
from pathlib import Path
from shlex import quote

from rich.console import Console

from orchbench.commands.brief import print_next
from orchbench.commands.compare_brief import print_comparison_brief
from orchbench.evaluation.prices import PriceList, price_list
from orchbench.report.table import print_comparison
from orchbench.results.folder import ResultsFolder
from orchbench.results.summary import summarize
from orchbench.results.supplements import COMPLEXITY_FILE
from orchbench.trace import Json


def read_and_print(folder: Path, *, as_json: bool, verbose: bool) -> int:
    """Compute a folder's figures anew from its traces and print them."""
    print_answer(read_summary(folder), folder, as_json=as_json, verbose=verbose)
    return 0


def print_answer(summary: Json, folder: Path, *, as_json: bool, verbose: bool) -> None:
    """Print a comparison as its command does: ten lines and what to run next, or all of it.

    Args:
        summary: of the comparison.
        folder: of its results, as a reader names it.
        as_json: one document and nothing else.
        verbose: the whole table, with every note.
    """
    # A report wants rehearsals of hours beside runs of seconds.
    command = "report" if (folder / COMPLEXITY_FILE).exists() else "supplement"
    following = f"orchbench {command} {quote(str(folder))}"
    if not as_json and not verbose:
        print_comparison_brief(summary, price_list(summary["settings"]["region"]), following)
        return
    print_summary(summary, as_json=as_json)
    if not as_json:
        print_next(Console(), following)


def read_summary(folder: Path, prices: PriceList | None = None) -> Json:
    """Compute a folder's figures anew from its traces.

    Args:
        folder: of a comparison.
        prices: instead of the region's own.
    """
    comparison = ResultsFolder(folder).read()
    return summarize(comparison, prices or price_list(comparison.settings.region))


def print_summary(summary: Json, *, as_json: bool) -> None:
    """Print a summary to standard output: as JSON, or as a table for people."""
    if as_json:
        print(json.dumps(summary, indent=2, allow_nan=False))  # noqa: T201 - the command's answer
    else:
        print_comparison(Console(), summary)
