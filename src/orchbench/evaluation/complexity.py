"""What a way asks of whoever writes, reads and deploys it, from the files themselves.

What counts where, and why, stands in docs/complexity.md. A way is measured as if it stood in its stack alone:
what it shares with others counts for it, as it does for each of them. The domain, which all have, counts for
none.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import complexipy
import lizard

from orchbench.evaluation.units import (
    DefinitionSize,
    Units,
    canonical_code_lines,
    code_units,
)
from orchbench.trace import Json

LANGUAGES = {".py": "Python", ".json": "Amazon States Language"}
SHARED = ("redshift_batch", "telemetry", "executions")
"""Modules that every way uses, or that look after every way."""
VOCABULARY = "errors.py"
"""Where the domain's error classes stand, and lists of them."""
LOGS_AND_TRACES = ("logs:", "xray:")


@dataclass(frozen=True)
class CodeSize:
    """Python files together.

    Attributes:
        lines: of canonical formatting.
        cyclomatic: of all functions together, lizard's.
        cognitive: of all functions together, complexipy's.
    """

    files: tuple[str, ...]
    lines: int
    functions: int
    cyclomatic: int
    cognitive: int


@dataclass(frozen=True)
class DeployedSize:
    """What stands in an account that holds this way alone.

    Attributes:
        resources: by type, after the SAM transform.
        actions: that its roles and policies allow, for the work.
        log_actions: the same for logs and traces, which AWS's consoles write by themselves.
    """

    resources: Mapping[str, int]
    actions: tuple[str, ...]
    log_actions: tuple[str, ...]


@dataclass(frozen=True)
class Complexity:
    """Everything of one way; ``definition`` is None where it has none."""

    way: str
    units: Units
    code: CodeSize
    definition: DefinitionSize | None
    deployed: DeployedSize
    languages: tuple[str, ...]
    artefacts: tuple[str, ...]

    def to_json(self) -> Json:
        """Return it as JSON values."""
        document = asdict(self) | {"units": self.units.to_json()}
        if self.definition:
            document["definition"]["units"] = self.definition.units.to_json()
        return document


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
        lines=sum(canonical_code_lines(path.read_text()) for path in files),
        functions=len(cyclomatic),
        cyclomatic=sum(cyclomatic),
        cognitive=sum(complexipy.file_complexity(str(path)).complexity for path in files),
    )


def units_of(definition: DefinitionSize | None, files: Sequence[Path], code_folder: Path) -> Units:
    """Count a way's definition and its code together."""
    vocabulary = [code_folder / SHARED[0] / VOCABULARY, code_folder / VOCABULARY]
    code = code_units(files, [path for path in vocabulary if path.exists()])
    return definition.units + code if definition else code


def deployed_size(resources: Mapping[str, Json]) -> DeployedSize:
    """Measure the transformed resources of a stack."""
    kinds = [str(one["Type"]) for one in resources.values()]
    actions = sorted(set(_actions(dict(resources))))
    return DeployedSize(
        resources={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        actions=tuple(one for one in actions if not one.startswith(LOGS_AND_TRACES)),
        log_actions=tuple(one for one in actions if one.startswith(LOGS_AND_TRACES)),
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


def artefacts(resources: Mapping[str, Json]) -> tuple[str, ...]:
    """Return what is deployed to run: the functions of a stack and its state machines."""
    named = {"AWS::Lambda::Function": "function", "AWS::StepFunctions::StateMachine": "state machine"}
    return tuple(f"{named[one['Type']]} {name}" for name, one in resources.items() if one["Type"] in named)
