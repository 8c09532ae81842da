"""The summary of a comparison made before, computed anew from its folder and printed."""

import json
from pathlib import Path

from rich.console import Console

from orchbench.evaluation.prices import PriceList, price_list
from orchbench.report.table import print_comparison
from orchbench.results.folder import ResultsFolder
from orchbench.results.summary import summarize
from orchbench.trace import Json


def read_and_print(folder: Path, *, as_json: bool) -> int:
    """Compute a folder's figures anew from its traces and print them."""
    print_summary(read_summary(folder), as_json=as_json)
    return 0


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
