"""Units of a way that no formatting can change: what a definition and a handler ask of whoever reads them.

One unit means the same in both languages: a rule of a Choice is a branch of an ``if``, a catcher an
``except``, a state an operation. What counts, and what does not, stands in docs/complexity.md.
"""

import ast
import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchbench.evaluation.code_units import Reader
from orchbench.trace import Json

COLUMNS = 110
"""A canonical line holds so many characters, in either language."""
PATH_KEYS = frozenset(
    {
        "Variable", "InputPath", "OutputPath", "ResultPath", "SecondsPath", "TimestampPath", "ItemsPath",
        "ErrorPath", "CausePath", "TimeoutSecondsPath", "HeartbeatSecondsPath",
    }
)  # fmt: skip
BRANCHES = ("ItemProcessor", "Iterator")


@dataclass(frozen=True)
class Units:
    """What is counted, whatever the language.

    Attributes:
        decisions: tests of branches and loops, catchers and ``except`` clauses.
        error_names: that rules name, lists and families written out.
        retry_rules: different retriers, and different retry configurations: one that is written again has
            nothing new to understand, and its lines count.
        references: to data on the other side of a boundary: paths; keys, arguments and results.
        operations: states of a definition, operations of a durable function.
        ends: places at which an execution ends.
    """

    decisions: int = 0
    error_names: tuple[str, ...] = ()
    retry_rules: int = 0
    references: int = 0
    operations: int = 0
    ends: int = 0

    def __add__(self, other: "Units") -> "Units":
        """Return both together; an error that both name counts once."""
        return Units(
            self.decisions + other.decisions,
            tuple(sorted({*self.error_names, *other.error_names})),
            self.retry_rules + other.retry_rules,
            self.references + other.references,
            self.operations + other.operations,
            self.ends + other.ends,
        )

    def to_json(self) -> dict[str, int]:
        """Return the counts."""
        return {
            "decisions": self.decisions,
            "error_names": len(self.error_names),
            "retry_rules": self.retry_rules,
            "references": self.references,
            "operations": self.operations,
            "ends": self.ends,
        }


@dataclass(frozen=True)
class DefinitionSize:
    """A state machine's definition.

    Attributes:
        lines: of canonical formatting.
    """

    lines: int
    units: Units


TITLES = {
    "decisions": "decisions",
    "error_names": "error names",
    "retry_rules": "retry rules",
    "references": "references across a boundary",
    "operations": "states or operations",
    "ends": "ends",
}
"""The units as a reader sees them."""


def definition_units(definition: Json) -> Units:
    """Count a definition in Amazon States Language, nested branches included."""
    states = list(_states(definition))
    named = {name for state in states for name in _names(state)}
    return Units(
        decisions=sum(_decisions(state) for state in states),
        error_names=tuple(sorted(named)),
        retry_rules=len(
            {
                json.dumps(_without_comments(rule), sort_keys=True)
                for state in states
                for rule in state.get("Retry", ())
            }
        ),
        references=sum(len(set(_paths(state))) for state in states),
        operations=len(states),
        ends=sum(state["Type"] in ("Succeed", "Fail") or bool(state.get("End")) for state in states),
    )


def size_of_definition(definition: Json) -> DefinitionSize:
    """Measure a definition in Amazon States Language."""
    return DefinitionSize(canonical_definition_lines(definition), definition_units(definition))


def code_units(files: Sequence[Path], vocabulary: Sequence[Path] = ()) -> Units:
    """Count Python files together.

    Args:
        vocabulary: further files whose error classes and lists of them the files name.
    """
    trees = {path: ast.parse(path.read_text()) for path in files}
    reader = Reader(list(trees.values()), [ast.parse(path.read_text()) for path in vocabulary])
    return Units(
        decisions=reader.decisions(),
        error_names=tuple(sorted(reader.error_names())),
        retry_rules=reader.retry_rules(),
        references=reader.references(),
        operations=reader.operations(),
        ends=reader.ends(),
    )


def canonical_code_lines(text: str) -> int:
    """Count the lines of Python without comments, docstrings and blank lines, however it is formatted."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            del body[0]
    return sum(math.ceil(len(line) / COLUMNS) for line in ast.unparse(tree).splitlines() if line.strip())


def canonical_definition_lines(definition: Json) -> int:
    """Count the lines of a definition without comments, an object or list that fits on a line on one."""
    return len(list(_lines(_without_comments(definition), "", 0)))


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _without_comments(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_comments(one) for key, one in value.items() if key != "Comment"}
    return [_without_comments(one) for one in value] if isinstance(value, list) else value


def _lines(value: Any, before: str, depth: int) -> Iterator[str]:
    whole = f"{' ' * 2 * depth}{before}{json.dumps(value)}"
    if len(whole) < COLUMNS or not isinstance(value, (dict, list)):
        yield whole
        return
    yield f"{before}{{"
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _lines(one, f"{json.dumps(key)}: ", depth + 1)
    else:
        for one in value:
            yield from _lines(one, "", depth + 1)
    yield "}"


def _states(definition: Json) -> Iterator[Json]:
    for state in definition["States"].values():
        yield state
        for branch in state.get("Branches", ()):
            yield from _states(branch)
        for key in BRANCHES:
            if "States" in state.get(key, {}):
                yield from _states(state[key])


def _decisions(state: Json) -> int:
    return sum(_tests(rule) for rule in state.get("Choices", ())) + len(state.get("Catch", ()))


def _tests(rule: Mapping[str, Any]) -> int:
    """Count the tests of a rule; several values of one variable are one, as ``in`` is."""
    if "Not" in rule:
        return _tests(rule["Not"])
    for key in ("And", "Or"):
        if key in rule:
            operands = rule[key]
            variables = {one.get("Variable") for one in operands}
            same = key == "Or" and len(variables) == 1 and None not in variables
            return 1 if same else sum(map(_tests, operands))
    condition = str(rule.get("Condition", ""))
    return 1 + condition.count(" and ") + condition.count(" or ")


def _names(state: Json) -> Collection[str]:
    rules = (*state.get("Retry", ()), *state.get("Catch", ()))
    return [
        *(name for rule in rules for name in rule["ErrorEquals"]),
        *([state["Error"]] if "Error" in state else []),
    ]


def _paths(value: Any, *, outermost: bool = True) -> Iterator[str]:
    """Yield the paths of a state; its branches' states are states of their own."""
    if isinstance(value, dict):
        for key, one in value.items():
            if outermost and key in ("Branches", *BRANCHES):
                continue
            if isinstance(one, str):
                if key.endswith(".$") or key in PATH_KEYS or one.startswith("{%"):
                    yield one
            else:
                yield from _paths(one, outermost=False)
    elif isinstance(value, list):
        for one in value:
            yield from _paths(one, outermost=False)
