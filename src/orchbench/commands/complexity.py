"""``orchbench complexity``: how much there is to write, read and deploy of each way, from its files."""

import argparse
import json
from collections.abc import Iterable
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
from orchbench.project import project_folder
from orchbench.trace import Json, Label
from orchbench.ways import the_pair
from orchbench.ways.way import Way

if TYPE_CHECKING:
    from orchbench.evaluation.complexity import Complexity

NOTHING = "–"  # noqa: RUF001 - a dash for a figure that a way does not have


FOLLOWING = f"orchbench template --way {list(the_pair())[-1]} --out my-batch"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("complexity")
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="anybody's definitions (JSON, or a template in YAML) and handlers (Python) in place of the ways",
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
    folder, ways = project_folder(), ways_of(arguments.way)
    if arguments.json:
        print(json.dumps(complexity_document(folder, ways), indent=2, allow_nan=False))  # noqa: T201 - the command's answer
    elif arguments.verbose:
        _print([complexity_of(way, folder) for way in ways])
        print_next(Console(), FOLLOWING)
    else:
        _print_brief([complexity_of(way, folder) for way in ways])
    return 0


def complexity_document(folder: Path, ways: Iterable[Way]) -> Json:
    """Measure ways of a project, every number with its label and its source."""
    return {
        "schema": "orchbench.complexity/1",
        "label": Label.MEASURED.value,
        "source": "the files, lizard, complexipy and aws-sam-translator; docs/complexity.md",
        "ways": [_labelled(complexity_of(way, folder)) for way in ways],
    }


def complexity_of(way: Way, folder: Path) -> "Complexity":
    """Measure one way of a project."""
    # The measuring tools take a while to import, which no other command should wait for.
    from orchbench.evaluation import complexity  # noqa: PLC0415

    template = folder / "template.yaml"
    block = blocks(template)
    own_ids, shared_ids = block.get(way.name, []), block[""]
    shared = transformed(template, shared_ids)
    everything = transformed(template, [*shared_ids, *own_ids])
    own = {name: one for name, one in everything.items() if name not in shared}
    files = complexity.own_files(handler_files(template, way.functions), folder / "functions")
    implementation = folder / way.implementation
    is_definition = implementation.suffix == ".json"
    kinds = {path.suffix for path in files} | {implementation.suffix}
    return complexity.Complexity(
        way=way.name,
        code=complexity.code_size(files, folder),
        definition=complexity.definition_size(implementation.read_text()) if is_definition else None,
        deployed=complexity.deployed_size(own, shared),
        languages=tuple(sorted(complexity.LANGUAGES[kind] for kind in kinds)),
        artefacts=complexity.artefacts(way.functions, own),
        services=complexity.services(own, shared),
    )


def _labelled(one: "Complexity") -> Json:
    """Give every number its label and its source."""
    document = one.to_json()
    for part in ("code", "definition", "deployed"):
        for key, value in (document[part] or {}).items():
            if isinstance(value, int):
                document[part][key] = measured(value, TOOLS[key])
    resources = one.deployed.resources.items()
    document["deployed"]["resources"] = {
        kind: measured(number, TOOLS["shared_resources"]) for kind, number in resources
    }
    return document


def _print_brief(found: "list[Complexity]") -> None:
    """Print what there is to read and to own, a way a row."""
    table = small_table("way", ">code", ">definition", ">states", ">branching", ">resources", ">IAM actions")
    for one in found:
        definition = one.definition
        table.add_row(
            one.way,
            str(one.code.lines),
            str(definition.lines) if definition else NOTHING,
            str(definition.states) if definition else NOTHING,
            str(one.code.cyclomatic + (definition.branches if definition else 0)),
            str(sum(one.deployed.resources.values())),
            str(len(one.deployed.actions)),
        )
    least = min(found, key=lambda one: one.code.lines + (one.definition.lines if one.definition else 0))
    lines = least.code.lines + (least.definition.lines if least.definition else 0)
    extra = [
        "Code and definition are in lines; branching is the cyclomatic complexity of the code and the "
        "branches of the definition; resources and IAM actions are those of the way alone.",
        "Measured of this repository's files; what all ways share is not counted.",
    ]
    print_brief(f"{least.way} has the fewest lines to read: {lines}.", [table], FOLLOWING, extra)


def _print(found: "list[Complexity]") -> None:
    console = Console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("measured", no_wrap=True)
    for one in found:
        table.add_column(one.way, justify="right")
    rows: dict[str, list[object]] = {
        "lines of its handlers": [one.code.lines for one in found],
        "lines of its definition": [one.definition.lines if one.definition else NOTHING for one in found],
        "cyclomatic complexity": [one.code.cyclomatic for one in found],
        "cyclomatic, of one function": [one.code.most_cyclomatic for one in found],
        "cognitive complexity": [one.code.cognitive for one in found],
        "states": [one.definition.states if one.definition else NOTHING for one in found],
        "branches of the definition": [
            one.definition.branches if one.definition else NOTHING for one in found
        ],
        "paths of the definition": [one.definition.paths if one.definition else NOTHING for one in found],
        "resources of its own": [sum(one.deployed.resources.values()) for one in found],
        "IAM actions of its own": [len(one.deployed.actions) for one in found],
        "languages": [len(one.languages) for one in found],
        "deployed artefacts": [len(one.artefacts) for one in found],
        "services to know": [len(one.services) for one in found],
    }
    for title, cells in rows.items():
        table.add_row(title, *map(str, cells))
    print_whole(console, table)
    for one in found:
        console.print(
            f"{one.way}: {', '.join(one.code.files)}; {', '.join(one.services)}.",
            style="dim",
            highlight=False,
            soft_wrap=True,
        )
