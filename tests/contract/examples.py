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
from itertools import pairwise
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
    if patches:
        subprocess.run(
            ["git", "apply", *map(str, patches)], cwd=folder, env=environment, check=True, timeout=60
        )


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
            "actions": len(self.deployed.actions),
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


SECOND = "3-a-second-batch"
CHANGES: dict[str, tuple[str, str]] = {
    "1-notify-on-failure": ("notify on failure (SNS)", ""),
    "2-retry-a-new-error": ("retry one new transient error", ""),
    SECOND: ("a second batch after the first", ""),
    "3-then-a-third": ("then a third", SECOND),
    "4-four-in-parallel": ("four batches in parallel", ""),
    "5-an-approval-between": ("a human approval between two batches", SECOND),
}
"""Each change's patch, what it is, and the change that it comes on top of."""
LANGUAGES = {".py": "Python", ".json": "ASL", ".yaml": "template", ".sql": "SQL"}
DEFINITION = "definition.asl.json"


def change_file(change: str, way: str) -> Path:
    """Return the patch of a change to a way."""
    return EXAMPLES / "changes" / f"{change}.{way}.patch"


def with_change(change: str, way: str, folder: Path, *, made: bool = True) -> Path:
    """Make the pair with all promises and a change to one of it below a folder, and return its own.

    Args:
        made: False for what the change is made to.
    """
    _, base = CHANGES[change]
    project = with_promises(len(PROMISES), folder / f"{change}-{way}-{made}")
    apply([change_file(one, way) for one in (base, change if made else "") if one], project)
    return project


@dataclass(frozen=True)
class Change:
    """What a change touches in one way.

    Attributes:
        places: runs of changed lines, one of each new file.
    """

    files: int
    places: int
    languages: tuple[str, ...]
    more: dict[str, int]


def cost_of_change(change: str, way: str, folder: Path) -> Change:
    """Count what a change touches, and what a way costs more with it."""
    before, after = (with_change(change, way, folder, made=made) for made in (False, True))
    counts = [
        cost_of(one, way, DEFINITION if way == PAIR[0] else None, one / "functions" / "errors.py").rows()
        for one in (before, after)
    ]
    lines = change_file(change, way).read_text().splitlines()
    files = [line.split()[3] for line in lines if line.startswith("diff --git")]
    kinds = {LANGUAGES[Path(file).suffix] for file in files}
    return Change(
        files=len(files),
        places=sum(is_changed and not was for was, is_changed in pairwise(map(_is_changed, lines))),
        languages=tuple(one for one in LANGUAGES.values() if one in kinds),
        more={key: counts[1][key] - value for key, value in counts[0].items()},
    )


def _is_changed(line: str) -> bool:
    return line[:1] in ("+", "-") and line[:4] not in ("+++ ", "--- ")
