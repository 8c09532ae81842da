"""``orchbench complexity FILE...``: the same counts of anybody's definitions and handlers."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orchbench.commands.estimation import print_json, print_whole
from orchbench.evaluation.figures import NOTHING
from orchbench.evaluation.units import TITLES, code_units, size_of_definition
from orchbench.inspection.definitions import InvalidDefinition, machines
from orchbench.inspection.files import Definition, NotInspectable, read_definitions
from orchbench.trace import Json, Label

TOOLS = {
    **dict.fromkeys(TITLES, "the syntax tree, or the definition"),
    "lines": "lines of canonical formatting, without comments",
    "functions": "lizard",
    "cyclomatic": "lizard",
    "cognitive": "complexipy",
    "resources": "the template after the SAM transform",
}
"""Where each figure comes from."""
ROWS = {
    **TITLES,
    "lines": "lines",
    "functions": "functions",
    "cyclomatic": "cyclomatic complexity",
    "cognitive": "cognitive complexity",
}
"""What a file is measured by, as a table calls it."""


def measure_files(files: Sequence[Path], *, as_json: bool) -> int:
    """Measure files and print what was counted.

    Raises:
        NotInspectable: one is neither a definition nor a handler in Python.
    """
    found = {name: size for path in files for name, size in sizes_of(path).items()}
    if as_json:
        print_json(
            {"schema": "orchbench.complexity-files/1", "files": [_shown(*one) for one in found.items()]}
        )
        return 0
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("measured", no_wrap=True)
    for name in found:
        table.add_column(name, justify="right", no_wrap=True)
    for key, title in ROWS.items():
        if any(key in size for size in found.values()):
            table.add_row(title, *(str(size.get(key, NOTHING)) for size in found.values()))
    print_whole(Console(), table)
    return 0


def sizes_of(path: Path) -> dict[str, Mapping[str, int]]:
    """Return a file's counts by its name; a template's by the name of each definition in it.

    Raises:
        NotInspectable: it is neither a definition nor a handler in Python.
    """
    if path.suffix == ".py":
        return {path.name: _handler(path)}
    definitions = read_definitions(path)
    return {f"{path.name} {one.name}".strip(): _definition(path, one) for one in definitions}


def _handler(path: Path) -> Mapping[str, int]:
    # The measuring tools take a while to import, which no other command should wait for.
    from orchbench.evaluation.complexity import code_size  # noqa: PLC0415

    try:
        ast.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotInspectable(f"{path} cannot be read ({error.strerror}).") from None
    except (SyntaxError, ValueError, RecursionError):
        raise NotInspectable(f"{path} is not Python that this interpreter reads.") from None
    size = asdict(code_size([path], path.parent))
    counts = code_units([path]).to_json()
    return counts | {key: value for key, value in size.items() if isinstance(value, int)}


def _definition(path: Path, definition: Definition) -> Mapping[str, int]:
    try:
        for machine in machines(definition.document):
            for target in (one for state in machine.states.values() for one in _targets(state)):
                machine.states[target]
        size = size_of_definition(definition.document)
    except (AttributeError, KeyError, TypeError):
        raise NotInspectable(f"{path} leads to states that are not there.") from None
    except InvalidDefinition as error:
        raise NotInspectable(f"{path} {error}.") from None
    return size.units.to_json() | {"lines": size.lines}


def _targets(state: Json) -> list[str]:
    rules = [one for key in ("Choices", "Catch") for one in state.get(key, ())]
    named = [state.get("Next"), state.get("Default"), *(one["Next"] for one in rules)]
    return [one for one in named if one is not None]


def _shown(name: str, size: Mapping[str, int]) -> Json:
    return {"file": name} | {key: measured(value, TOOLS[key]) for key, value in size.items()}


def measured(value: int, source: str) -> Json:
    """Return a count with its label and its source."""
    return {"value": value, "label": Label.MEASURED.value, "source": source}
