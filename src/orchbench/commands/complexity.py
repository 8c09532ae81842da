"""``orchbench complexity``: how much there is to write, read and deploy of each way, from its files."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from orchbench.commands.complexity_files import TOOLS, measure_files, measured
from orchbench.commands.estimation import add_json, print_whole
from orchbench.commands.failure import UsageError
from orchbench.commands.options import add_ways, ways_of
from orchbench.deployment.template import blocks, handler_files, transformed
from orchbench.project import project_folder
from orchbench.trace import Json, Label
from orchbench.ways.way import Way

if TYPE_CHECKING:
    from orchbench.evaluation.complexity import Complexity

NOTHING = "–"  # noqa: RUF001 - a dash for a figure that a way does not have


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
    else:
        _print([complexity_of(way, folder) for way in ways])
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
