"""``orchbench complexity``: how much there is to write, read and deploy of each way, from its files."""

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from orchbench.commands.brief import add_verbose, print_brief, print_next, small_table
from orchbench.commands.complexity_files import TOOLS, measure_files, measured
from orchbench.commands.estimation import add_json, print_whole
from orchbench.commands.failure import UsageError
from orchbench.commands.options import add_ways, ways_of
from orchbench.deployment.template import blocks, handler_files, transformed
from orchbench.evaluation.complexity_rows import ROWS, conclusion, in_short
from orchbench.evaluation.figures import NOTHING
from orchbench.evaluation.units import size_of_definition
from orchbench.project import project_folder
from orchbench.results.supplements import COMPLEXITY_SCHEMA
from orchbench.trace import Json, Label
from orchbench.ways import the_pair
from orchbench.ways.way import Way

if TYPE_CHECKING:
    from orchbench.evaluation.complexity import Complexity


MOST_ROWS = 5
BRIEF = {
    "decisions": "decisions",
    "steps": "states or operations",
    "definition": "lines of its definition",
    "handlers": "lines of its handlers",
    "resources": "resources",
    "IAM": "IAM actions for the work",
}
"""The counts that fit in 80 columns, by their titles there."""
FOLLOWING = f"orchbench template --way {list(the_pair())[-1]} --out my-batch"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("complexity")
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="your own definitions (JSON, or a template in YAML) and handlers (Python) instead of the ways",
    )
    add_ways(parser)
    add_json(parser)
    add_verbose(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    if arguments.files:
        if arguments.way:
            raise UsageError("--way names ways of the project: leave it out where files are named.")
        return measure_files(arguments.files, as_json=arguments.json)
    document = complexity_document(project_folder(), ways_of(arguments.way))
    if arguments.json:
        print(json.dumps(document, indent=2, allow_nan=False))  # noqa: T201 - the command's answer
    elif arguments.verbose:
        _print(document)
        print_next(Console(), FOLLOWING)
    else:
        _print_brief(document)
    return 0


def complexity_document(folder: Path, ways: Iterable[Way]) -> Json:
    """Measure ways of a project, every number with its label and its source."""
    block = blocks(folder / "template.yaml")
    measured = [_labelled(complexity_of(way, folder, block)) for way in ways]
    return {
        "schema": COMPLEXITY_SCHEMA,
        "label": Label.MEASURED.value,
        "source": "the files, lizard, complexipy and aws-sam-translator; docs/complexity.md",
        "ways": measured,
        "conclusion": conclusion(measured),
    }


def complexity_of(way: Way, folder: Path, block: Mapping[str, list[str]]) -> "Complexity":
    """Measure one way of a project, as if it stood in its stack alone.

    Args:
        way: of the catalogue.
        folder: the project's.
        block: what of its template each way needs, as ``deployment.template.blocks`` has it.
    """
    # The measuring tools take a while to import, which no other command should wait for.
    from orchbench.evaluation import complexity  # noqa: PLC0415

    template, code = folder / "template.yaml", folder / "functions"
    kept = [*block[""], *block.get(way.name, [])]
    alone = transformed(template, kept)
    files = complexity.own_files(handler_files(template, kept), code)
    implementation = folder / way.implementation
    is_definition = implementation.suffix == ".json"
    definition = size_of_definition(json.loads(implementation.read_text())) if is_definition else None
    kinds = {path.suffix for path in files} | {implementation.suffix}
    return complexity.Complexity(
        way=way.name,
        units=complexity.units_of(definition, files, code),
        code=complexity.code_size(files, folder),
        definition=definition,
        deployed=complexity.deployed_size(alone),
        languages=tuple(sorted(complexity.LANGUAGES[kind] for kind in kinds)),
        artefacts=complexity.artefacts(alone),
    )


def _labelled(one: "Complexity") -> Json:
    """Give every number its label and its source."""
    document = one.to_json()
    parts = [document["units"], document["code"]]
    if document["definition"]:
        parts += [document["definition"], document["definition"]["units"]]
    for part in parts:
        part |= {key: measured(value, TOOLS[key]) for key, value in part.items() if isinstance(value, int)}
    document["deployed"]["resources"] = {
        kind: measured(number, TOOLS["resources"]) for kind, number in one.deployed.resources.items()
    }
    return document


def _print_brief(document: Json) -> None:
    """Print what there is to read and to own, a way a row, and for whom that is the better."""
    table = small_table("way", *(f">{title}" for title in BRIEF))
    ways = document["ways"]
    for one in ways[:MOST_ROWS]:
        found = (ROWS[title](one) for title in BRIEF.values())
        table.add_row(
            one["way"],
            *(str(cell["value"] if isinstance(cell, dict) else cell or NOTHING) for cell in found),
        )
    of_code = "Definition and handlers are in lines."
    left_out = ", ".join(one["way"] for one in ways[MOST_ROWS:])
    more = [f"With --verbose: {left_out}."] if left_out else []
    headline = in_short(document["ways"]) or "What there is to read and to own."
    print_brief(headline, [table], FOLLOWING, [*more, of_code, *document["conclusion"]])


def _print(document: Json) -> None:
    console = Console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("measured", no_wrap=True)
    for one in document["ways"]:
        table.add_column(one["way"], justify="right")
    for title, read in ROWS.items():
        found = (read(one) for one in document["ways"])
        table.add_row(
            title, *(str(one["value"] if isinstance(one, dict) else one or NOTHING) for one in found)
        )
    print_whole(console, table)
    if said := in_short(document["ways"]):
        console.print(said, highlight=False, soft_wrap=True)
    for one in document["ways"]:
        files = ", ".join(one["code"]["files"])
        console.print(f"{one['way']}: {files}.", style="dim", highlight=False, soft_wrap=True)
