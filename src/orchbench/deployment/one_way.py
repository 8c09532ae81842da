"""One way's own project, cut from this one's: what it needs to be deployed, and nothing of the bench.

Blocks of the template's text are kept or left out whole, so that what is left reads as it was written, with
comments and short forms.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from typing import Any

from orchbench.deployment.template import InvalidTemplate, ways_of
from orchbench.project.templates import load_template

WAYS_PARAMETER = "Ways"
OF_THE_BENCH = re.compile(r" *(Metadata: \{ orchbench: .*|Condition: AllWays\w*|Tags: .*\"orchbench:way\".*)")
SECTION = re.compile(r"([A-Za-z]+):")
ENTRY = re.compile(r"  ([A-Za-z-]+(::[A-Za-z]+)*):")
REFERENCE = re.compile(r"\$\{([A-Za-z]+)[.}]")
PARAMETERS_OF_A_GROUP = re.compile(r"( *Parameters: )\[(.*)\]")
SHARED_FILES = ("requirements.in", "requirements.txt", "setup/*.sql", "sql/*.sql")
"""Of the functions' folder, what no handler imports: their packages, the tables and grants, the batch."""

Node = Any


@dataclass(frozen=True)
class Kept:
    """The names that are kept of each section of a template, and whether a durable function's version is."""

    resources: frozenset[str]
    outputs: frozenset[str]
    rules: frozenset[str]
    conditions: frozenset[str]
    parameters: frozenset[str]
    versions: bool


def kept_of(document: Mapping[str, Any], way: str) -> Kept:
    """Return what one way needs: its resources and those of every way, and all that they refer to.

    Raises:
        InvalidTemplate: a resource does not say which ways need it.
    """
    resources = {
        name: one for name, one in document["Resources"].items() if {"", way} & set(ways_of(name, one))
    }
    gone = document["Resources"].keys() - resources.keys()
    outputs = {name: one for name, one in document["Outputs"].items() if not gone & set(references(one))}
    used = [resources, outputs, document["Rules"], document["Globals"]]
    of_the_bench = {
        name for name, one in document["Conditions"].items() if WAYS_PARAMETER in set(references(one))
    }
    conditions, ahead = set[str](), set(conditions_in(used)) - of_the_bench
    while ahead:
        conditions |= ahead
        ahead = set(conditions_in([document["Conditions"][name] for name in ahead])) - conditions
    used.append({name: document["Conditions"][name] for name in conditions})
    return Kept(
        resources=frozenset(resources),
        outputs=frozenset(outputs),
        rules=frozenset(document["Rules"]),
        conditions=frozenset(conditions),
        parameters=frozenset(set(references(used)) & document["Parameters"].keys()),
        versions=any("DurableConfig" in one.get("Properties", {}) for one in resources.values()),
    )


def references(node: Node) -> Iterator[str]:
    """Yield the names that a part of a template refers to."""
    if isinstance(node, list):
        for one in node:
            yield from references(one)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "Ref":
            yield value.partition(".")[0]
        elif key == "Fn::GetAtt":
            yield value[0] if isinstance(value, list) else value.partition(".")[0]
        elif key == "Fn::Sub":
            text, own = (value, {}) if isinstance(value, str) else value
            yield from set(REFERENCE.findall(text)) - set(own)
            yield from references(own)
        else:
            yield from references(value)


def conditions_in(node: Node) -> Iterator[str]:
    """Yield the conditions that a part of a template asks for; a policy's own are no names."""
    if isinstance(node, list):
        for one in node:
            yield from conditions_in(one)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "Condition" and isinstance(value, str):
            yield value
        elif key == "Fn::If":
            yield value[0]
            yield from conditions_in(value[1:])
        else:
            yield from conditions_in(value)


def template_of(path: Path, way: str, description: str) -> str:
    """Return the text of a template that deploys one way alone.

    Args:
        path: of this project's template.
        way: by its name.
        description: of the stack.

    Raises:
        InvalidTemplate: it is not written as this expects.
    """
    kept = kept_of(load_template(path), way)
    made = "\n".join(_sections(path.read_text(), kept, description)) + "\n"
    if left := [line.strip() for line in made.splitlines() if "orchbench" in line]:
        raise InvalidTemplate(f"The template speaks of the bench where it is not cut out: {left[0]!r}.")
    return made


def _sections(text: str, kept: Kept, description: str) -> Iterator[str]:
    names = {
        "Parameters": kept.parameters,
        "Rules": kept.rules,
        "Conditions": kept.conditions,
        "Resources": kept.resources,
        "Outputs": kept.outputs,
    }
    for section, lines in _blocks(text.splitlines(), SECTION):
        if section == "Description":
            yield f"Description: {json.dumps(description)}"
        elif section in names:
            yield from ["", f"{section}:"]
            entries = [block for name, block in _blocks(lines, ENTRY) if name in names[section]]
            cut = [line for block in entries for line in block if not OF_THE_BENCH.fullmatch(line)]
            yield from _begun(cut)
        elif section == "Metadata":
            yield from ["", "Metadata:", *_metadata(lines, kept)]
        elif section == "Globals":
            yield from ["", *_begun(lines)]
        else:
            yield from _begun(lines)


def _blocks(lines: Iterable[str], beginning: re.Pattern[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each entry's name and its lines; blank lines and comments before an entry are the entry's."""
    name, block, ahead = "", list[str](), list[str]()
    for line in lines:
        if found := beginning.match(line):
            if name:
                yield name, block
            name, block, ahead = found[1], [*ahead, line], []
        elif not line.strip() or line.lstrip().startswith("#"):
            ahead.append(line)
        else:
            block, ahead = [*block, *ahead, line], []
    if name:
        yield name, block


def _begun(lines: list[str]) -> Iterator[str]:
    """Yield lines without the blank ones at their beginning."""
    yield from dropwhile(lambda line: not line.strip(), lines)


def _metadata(lines: list[str], kept: Kept) -> Iterator[str]:
    """Yield what the linter is told, where it is told of what is kept, and the parameters' groups."""
    for name, block in _blocks(lines, ENTRY):
        if name == "cfn-lint":
            yield from block if kept.versions else ()
            continue
        label = ""
        for line in block:
            group = PARAMETERS_OF_A_GROUP.fullmatch(line)
            if group is None and "Label:" in line:
                label = line
            elif group is None:
                yield line
            elif left := [one for one in group[2].split(", ") if one in kept.parameters]:
                yield from [label, f"{group[1]}[{', '.join(left)}]"]


def files_of(path: Path, way_files: Iterable[str], kept: Kept) -> Iterator[Path]:
    """Yield the files beside a template that one way is deployed with.

    Args:
        path: of this project's template.
        way_files: the way's implementation, relative to the template's folder.
        kept: of the template.
    """
    document = load_template(path)
    code = path.parent / document["Globals"]["Function"]["CodeUri"]
    yield from (path.parent / name for name in way_files)
    for pattern in SHARED_FILES:
        yield from sorted(code.glob(pattern))
    handlers = (
        resource["Properties"]["Handler"].rpartition(".")[0]
        for name, resource in document["Resources"].items()
        if name in kept.resources and resource["Type"] == "AWS::Serverless::Function"
    )
    yield from _imported(code, handlers)


def _imported(code: Path, modules: Iterable[str]) -> Iterator[Path]:
    """Yield the files of modules below a folder, and of all that they import from it, each once."""
    ahead, seen = list(modules), set[Path]()
    while ahead:
        parts = ahead.pop().split(".")
        places = [code.joinpath(*parts).with_suffix(".py")]
        places += [code.joinpath(*parts[:end], "__init__.py") for end in range(1, len(parts) + 1)]
        for place in places:
            if place in seen or not place.is_file():
                continue
            seen.add(place)
            yield place
            ahead += _names_imported(place, code)


def _names_imported(file: Path, code: Path) -> Iterator[str]:
    package = file.relative_to(code).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, node.module] if node.module else above)
            yield module
            yield from (f"{module}.{one.name}" for one in node.names)
