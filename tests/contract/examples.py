"""The example projects of docs/examples: the minimal pair, with so many promises, and the pair with a change.

Both are made by applying patches to a copy of files that stand in the repository, so that nothing shown is
typed twice. What they cost is counted as ``orchbench complexity`` counts.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from project import ROOT

from orchbench.deployment.template import blocks, handler_files, transformed
from orchbench.evaluation.complexity import DeployedSize, deployed_size, own_files
from orchbench.evaluation.units import (
    Units,
    canonical_code_lines,
    canonical_definition_lines,
    code_units,
    definition_units,
)

EXAMPLES = ROOT / "docs" / "examples"
MINIMAL = EXAMPLES / "minimal"
PROMISES = tuple(sorted((EXAMPLES / "promises").glob("*.patch")))
PAIR = ("sfn-poll", "durable-poll")
NEVER_OWN = ("batch", "errors", "graceful")
"""Modules of the examples that both ways use."""


def apply(patches: Sequence[Path], folder: Path) -> None:
    """Apply patches to a folder, in order; each must fit exactly."""
    # Outside of any repository, which git would otherwise take the paths from.
    environment = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    for patch in patches:
        subprocess.run(["git", "apply", str(patch)], cwd=folder, env=environment, check=True, timeout=60)


def with_promises(number: int, folder: Path) -> Path:
    """Make the minimal pair with so many promises below a folder, and return its own."""
    made = folder / f"promises-{number}"
    shutil.copytree(MINIMAL, made, ignore=shutil.ignore_patterns("__pycache__"))
    apply(PROMISES[:number], made)
    return made


@dataclass(frozen=True)
class Cost:
    """What one way of a project is to write, to read and to deploy."""

    units: Units
    lines: int
    deployed: DeployedSize

    def rows(self) -> dict[str, int]:
        """Return every count by its name."""
        return {
            **self.units.to_json(),
            "lines": self.lines,
            "resources": sum(self.deployed.resources.values()),
            "actions": len(self.deployed.actions) + len(self.deployed.log_actions),
        }


def cost_of(folder: Path, way: str, definition: str | None, vocabulary: Path) -> Cost:
    """Count one way of a project as if it stood in its stack alone.

    Args:
        definition: the state machine's file, where the way has one.
        vocabulary: where the error classes stand.
    """
    template, code = folder / "template.yaml", folder / "functions"
    block = blocks(template)
    kept = [*block[""], *block[way]]
    found = own_files(handler_files(template, kept), code)
    files = [one for one in found if one.stem not in NEVER_OWN]
    units = code_units(files, [vocabulary] if vocabulary.exists() else [])
    lines = sum(canonical_code_lines(one.read_text()) for one in files)
    if definition:
        document = json.loads((folder / definition).read_text())
        units = definition_units(document) + units
        lines += canonical_definition_lines(document)
    return Cost(units, lines, deployed_size(transformed(template, kept)))


def costs_of_promises(folder: Path) -> Iterator[tuple[str, dict[str, Cost], int]]:
    """Yield each step's name, what each way costs with it, and the lines that both share."""
    names = ["minimal", *(one.stem.partition("-")[2].replace("-", " ") for one in PROMISES)]
    for number, name in enumerate(names):
        made = with_promises(number, folder)
        code = made / "functions"
        costs = {
            way: cost_of(made, way, "definition.asl.json" if way == PAIR[0] else None, code / "errors.py")
            for way in PAIR
        }
        shared = [code / f"{one}.py" for one in NEVER_OWN]
        yield name, costs, sum(canonical_code_lines(one.read_text()) for one in shared if one.exists())
