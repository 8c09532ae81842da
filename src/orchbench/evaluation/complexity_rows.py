"""What a way's complexity is shown as, by title, and what follows from it: read, never measured.

The conclusion is by reader and not by score. It compares the two that the project is about, the first way
with a definition and the first without, and each clause has its figures, in whichever direction they point.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from orchbench.evaluation.units import TITLES
from orchbench.trace import Json


def _value(figure: Any) -> int:
    return int(figure["value"])


def _definition(part: str) -> Callable[[Json], Json | None]:
    return lambda way: way["definition"] and way["definition"][part]


def _unit(key: str) -> Callable[[Json], Json]:
    return lambda way: way["units"][key]


ROWS: dict[str, Callable[[Json], Json | int | None]] = {
    **{title: _unit(key) for key, title in TITLES.items()},
    "lines of its definition": _definition("lines"),
    "lines of its handlers": lambda way: way["code"]["lines"],
    "lines in all": lambda way: _number(_definition("lines")(way)) + _value(way["code"]["lines"]),
    "languages": lambda way: len(way["languages"]),
    "functions and state machines": lambda way: len(way["artefacts"]),
    "resources": lambda way: sum(map(_value, way["deployed"]["resources"].values())),
    "IAM actions for the work": lambda way: len(way["deployed"]["actions"]),
    "IAM actions for logs and traces": lambda way: len(way["deployed"]["log_actions"]),
}

COMPOSES = "you compose services, audit runs, or hand over to others"
"""Who reads a definition more easily than code."""
TO_LEARN_AND_WIRE = (
    "languages", "functions and state machines", "resources", "retry rules", "references across a boundary",
    "lines in all",
)  # fmt: skip
TO_DECIDE = ("decisions", "IAM actions for the work")


def conclusion(ways: Sequence[Json]) -> list[str]:
    """Return a sentence for each kind of reader; none where one of the two is missing.

    Args:
        ways: documents of ways, the pair first.
    """
    machine = next((one for one in ways if one["definition"]), None)
    code = next((one for one in ways if not one["definition"]), None)
    return list(_sentences(machine, code)) if machine and code else []


def in_short(ways: Sequence[Json]) -> str:
    """Return the conclusion on one line; nothing where one of the two is missing."""
    machine = next((one for one in ways if one["definition"]), None)
    code = next((one for one in ways if not one["definition"]), None)
    if machine is None or code is None:
        return ""
    states = _value(machine["units"]["operations"])
    return (
        f"If you write Python and run one batch, take {code['way']}: {_operated(code)} to operate instead of "
        f"{_operated(machine)}. If {COMPOSES}, take {machine['way']}: {states} states in one file."
    )


def _operated(way: Json) -> str:
    functions = sum(one.startswith("function ") for one in way["artefacts"])
    return f"{functions} functions" + (" and a state machine" if way["definition"] else "")


def _sentences(machine: Json, code: Json) -> Iterator[str]:
    learnt, decided = _told(code, machine, TO_LEARN_AND_WIRE), _told(code, machine, TO_DECIDE)
    yield (
        f"You write Python and run one batch: take {code['way']}. There is less to learn and to wire: "
        f"{learnt}. The price is logic that only its code shows, and that must replay alike: {decided}."
    )
    units = {title: _value(machine["definition"]["units"][key]) for key, title in TITLES.items()}
    decisions = _value(machine["units"]["decisions"])
    yield (
        f"{COMPOSES[0].upper()}{COMPOSES[1:]}: take {machine['way']}. Its "
        f"{units['states or operations']} states, {units['decisions']} of its {decisions} decisions and its "
        f"{units['ends']} ends stand in one file that the console draws; the other "
        f"{decisions - units['decisions']} stand in {_value(machine['code']['lines'])} lines of handlers, as "
        f"the {_value(code['units']['decisions'])} of {code['way']} stand in "
        f"{_value(code['code']['lines'])} lines of Python. The price is wiring: "
        f"{_told(machine, code, TO_LEARN_AND_WIRE)}."
    )


def _told(one: Json, other: Json, titles: Sequence[str]) -> str:
    """Tell a way's figures, each with the other's."""
    told = [
        f"{_counted(_number(ROWS[title](one)), title)} instead of {_number(ROWS[title](other))}"
        for title in titles
        if _number(ROWS[title](one)) != _number(ROWS[title](other))
    ]
    return ", ".join(told) or "nothing that is counted here"


def _counted(number: int, title: str) -> str:
    title = title.replace("its handlers", "handlers")
    return f"{number} {title.removesuffix('s') if number == 1 else title}"


def _number(found: Json | int | None) -> int:
    return _value(found) if isinstance(found, dict) else found or 0
