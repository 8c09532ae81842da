"""``orchbench show``: the table of a comparison made before, from its files alone."""

import argparse
import json
from pathlib import Path

from rich.console import Console

from orchbench.evaluation.prices import price_list
from orchbench.report.markdown import comparison_markdown
from orchbench.report.table import print_comparison
from orchbench.results.folder import ResultsFolder
from orchbench.results.summary import summarize
from orchbench.trace import Json


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("show", help="show a comparison made before, from its folder")
    parser.add_argument("folder", type=Path)
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    shape.add_argument("--markdown", action="store_true", help="print a Markdown table and nothing else")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the comparison."""
    if arguments.markdown:
        print(comparison_markdown(read_summary(arguments.folder)), end="")  # noqa: T201 - the command's answer
        return 0
    return read_and_print(arguments.folder, as_json=arguments.json)


def read_and_print(folder: Path, *, as_json: bool) -> int:
    """Compute a folder's figures anew from its traces and print them."""
    print_summary(read_summary(folder), as_json=as_json)
    return 0


def read_summary(folder: Path) -> Json:
    """Compute a folder's figures anew from its traces."""
    comparison = ResultsFolder(folder).read()
    return summarize(comparison, price_list(comparison.settings.region))


def print_summary(summary: Json, *, as_json: bool) -> None:
    """Print a summary to standard output: as JSON, or as a table for people."""
    if as_json:
        print(json.dumps(summary, indent=2, allow_nan=False))  # noqa: T201 - the command's answer
    else:
        print_comparison(Console(), summary)
