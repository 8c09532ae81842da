"""What a way asks of whoever writes, reads and deploys it, from the files themselves.

What counts where, and why, stands in docs/complexity.md. The shared domain counts for no way: all have it.
"""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import complexipy
import lizard

from orchbench.trace import Json

LANGUAGES = {".py": "Python", ".json": "Amazon States Language"}
SERVICES = {"StepFunctions": "Step Functions", "Logs": "CloudWatch Logs", "Events": "EventBridge"}
MOST_PATHS = 10_000
"""Where counting ends: a definition of many Choices has more paths than anybody reads."""
SHARED = ("redshift_batch", "telemetry", "executions")
"""Modules that every way uses, or that look after every way."""


@dataclass(frozen=True)
class CodeSize:
    """Python files together.

    Attributes:
        lines: without blank lines, comments and docstrings, as lizard counts.
        cyclomatic: of all functions together, lizard's.
        cognitive: of all functions together, complexipy's.
    """

    files: tuple[str, ...]
    lines: int
    functions: int
    cyclomatic: int
    most_cyclomatic: int
    cognitive: int


@dataclass(frozen=True)
class DefinitionSize:
    """A state machine's definition, with what its Parallels and Maps hold.

    Attributes:
        lines: that are not blank.
        branches: rules of Choices, their defaults, and catchers.
        paths: from the start to an end on which no state is entered twice, those of each branch and each map
            added; ``MOST_PATHS`` where there are more.
    """

    lines: int
    states: int
    branches: int
    paths: int


@dataclass(frozen=True)
class DeployedSize:
    """What stands in an account.

    Attributes:
        resources: by type, after the SAM transform, of the way's own block.
        shared_resources: how many it needs beside them.
        actions: that its own roles and policies allow.
        shared_actions: that the shared role allows.
    """

    resources: Mapping[str, int]
    shared_resources: int
    actions: tuple[str, ...]
    shared_actions: tuple[str, ...]


@dataclass(frozen=True)
class Complexity:
    """Everything of one way; ``definition`` is None where it has none."""

    way: str
    code: CodeSize
    definition: DefinitionSize | None
    deployed: DeployedSize
    languages: tuple[str, ...]
    artefacts: tuple[str, ...]
    services: tuple[str, ...]

    def to_json(self) -> Json:
        """Return it as JSON values."""
        return asdict(self)


def own_files(handlers: Sequence[Path], code_folder: Path) -> list[Path]:
    """Return handlers and whatever of their folder they import, the shared domain left out."""
    found: list[Path] = []
    waiting = list(handlers)
    while waiting:
        path = waiting.pop(0)
        if path not in found:
            found.append(path)
            waiting += [one for name in _imports(path) if (one := _file_of(name, code_folder))]
    return found


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def _file_of(module: str, code_folder: Path) -> Path | None:
    path = code_folder.joinpath(*module.split(".")).with_suffix(".py")
    return path if module.partition(".")[0] not in SHARED and path.exists() else None


def code_size(files: Sequence[Path], root: Path) -> CodeSize:
    """Measure Python files."""
    analysed = [lizard.analyze_file(str(path)) for path in files]
    cyclomatic = [one.cyclomatic_complexity for file in analysed for one in file.function_list]
    return CodeSize(
        files=tuple(str(path.relative_to(root)) for path in files),
        lines=sum(file.nloc for file in analysed),
        functions=len(cyclomatic),
        cyclomatic=sum(cyclomatic),
        most_cyclomatic=max(cyclomatic, default=0),
        cognitive=sum(complexipy.file_complexity(str(path)).complexity for path in files),
    )


def definition_size(text: str) -> DefinitionSize:
    """Measure a definition in Amazon States Language."""
    return size_of_definition(json.loads(text), text)


def size_of_definition(document: Json, text: str) -> DefinitionSize:
    """Measure a definition that has been read.

    Args:
        text: as it is written, for its lines.
    """
    machines = list(_machines(document))
    return DefinitionSize(
        lines=sum(bool(line.strip()) for line in text.splitlines()),
        states=sum(len(one["States"]) for one in machines),
        branches=sum(_branches(state) for one in machines for state in one["States"].values()),
        paths=min(MOST_PATHS, sum(_paths(one["States"], one["StartAt"]) for one in machines)),
    )


def _machines(document: Json) -> Iterator[Json]:
    """Yield a definition and those that its Parallels and Maps hold."""
    yield document
    for state in document["States"].values():
        inner = [state[key] for key in ("Iterator", "ItemProcessor") if key in state]
        for one in (*state.get("Branches", ()), *inner):
            yield from _machines(one)


def _branches(state: Json) -> int:
    return len(state.get("Choices", ())) + len(state.get("Catch", ())) + ("Default" in state)


def _targets(state: Json) -> list[str]:
    named = [state.get("Next"), state.get("Default")]
    named += [one["Next"] for key in ("Choices", "Catch") for one in state.get(key, ())]
    return list(dict.fromkeys(one for one in named if one))


def _paths(states: Mapping[str, Json], start: str) -> int:
    """Count the paths to an end, up to ``MOST_PATHS``; a loop is no path of its own."""
    found = 0
    waiting: list[tuple[str, frozenset[str]]] = [(start, frozenset())]
    while waiting and found < MOST_PATHS:
        name, passed = waiting.pop()
        targets = _targets(states[name])
        found += not targets
        passed |= {name}
        waiting += [(target, passed) for target in targets if target not in passed]
    return found


def deployed_size(own: Mapping[str, Json], shared: Mapping[str, Json]) -> DeployedSize:
    """Measure transformed resources.

    Args:
        own: those of the way's block.
        shared: those that it needs beside them.
    """
    kinds = [str(one["Type"]) for one in own.values()]
    return DeployedSize(
        resources={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        shared_resources=len(shared),
        actions=tuple(sorted(set(_actions(own)))),
        shared_actions=tuple(sorted(set(_actions(shared)))),
    )


def _actions(value: Any) -> Iterator[str]:
    """Yield the actions that policies allow; what a service may assume is no action of the way's."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "Action":
                yield from [one] if isinstance(one, str) else [str(action) for action in one]
            elif key != "AssumeRolePolicyDocument":
                yield from _actions(one)
    elif isinstance(value, list):
        for one in value:
            yield from _actions(one)


def artefacts(functions: Sequence[str], own: Mapping[str, Json]) -> tuple[str, ...]:
    """Return what is deployed to run: a way's functions and its state machines."""
    machines = [name for name, one in own.items() if one["Type"] == "AWS::StepFunctions::StateMachine"]
    return (*(f"function {name}" for name in functions), *(f"state machine {name}" for name in machines))


def services(own: Mapping[str, Json], shared: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the services that a reader of a way must know, by what its resources are of."""
    types = {str(one["Type"]).split("::")[1] for one in (*own.values(), *shared.values())}
    known = {SERVICES.get(name, name) for name in types}
    durable = any("DurableConfig" in one.get("Properties", {}) for one in own.values())
    return tuple(sorted({*known, "Redshift Data API", *(["Lambda durable functions"] if durable else [])}))
