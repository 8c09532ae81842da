"""Finds where a definition polls a statement of the Data API, and what each status does there.

A loop is a Choice that leads back to itself and compares a variable with a statement's statuses. A terminal
status does not change any more: what the rules do with it once, they do for ever.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchbench.inspection.conditions import comparisons, verdict
from orchbench.inspection.definitions import Machine, action, rules
from orchbench.trace import Json

RUNNING = ("SUBMITTED", "PICKED", "STARTED")
ENDED = ("FINISHED", "FAILED", "ABORTED")
SUBMITS = ("executeStatement", "batchExecuteStatement")
NO_RULE = "States.NoChoiceMatched"
TASK_EVENTS, SYNC_EVENTS, OTHER_EVENTS = 5, 6, 2
"""History events of a Task, of one that waits for a job, and of a Wait, a Choice or a Pass."""


class Fate(StrEnum):
    """What a status does to an execution."""

    LEAVES = "leaves the loop"
    LOOPS = "loops for ever"
    MAY_LEAVE = "is polled on until another condition ends it"
    FAILS = f"fails with {NO_RULE}"


@dataclass(frozen=True)
class Loop:
    """A Choice that polls.

    Attributes:
        path: the states of one poll while the statement runs, the Choice last.
        transitions: of one poll.
        events: of one poll; None where a state in it writes a number that is not known.
        through_function: whether a function asks the Data API, which may raise a status.
        pause_seconds: of its Waits; None where they are computed, or there is none.
        fates: of each status.
        next_of: the state that each status leads to first, where the rules decide it.
    """

    machine: Machine
    choice: str
    variable: str
    path: tuple[str, ...]
    through_function: bool
    transitions: int
    events: int | None
    pause_seconds: float | None
    fates: Mapping[str, Fate]
    next_of: Mapping[str, str | None]

    @property
    def taken_for_running(self) -> tuple[str, ...]:
        """Terminal statuses that lead where a running one leads."""
        return tuple(
            status
            for status in ENDED
            if self.next_of[status] and self.next_of[status] == self.next_of["STARTED"]
        )


def loops(machine: Machine) -> Iterator[Loop]:
    """Yield a machine's polling loops, in its order."""
    for name, state in machine.states.items():
        if state.get("Type") != "Choice":
            continue
        members = _members(machine, name)
        variable = _status_variable(machine, state, members) if members else None
        if variable:
            yield _loop(machine, name, variable, members)


def _members(machine: Machine, name: str) -> set[str]:
    """Return the states that lie on a way from a state back to itself."""
    ahead = machine.reached(name, caught=False)
    return {one for one in ahead if name in machine.reached(one, caught=False)} if name in ahead else set()


def _status_variable(machine: Machine, state: Json, members: set[str]) -> str | None:
    """Return the variable that holds a statement's status; FAILED alone may be another service's."""
    known = set(RUNNING + ENDED) if _looks(machine, members) else {"FINISHED", "ABORTED", "PICKED"}
    found = [pair for rule in rules(state) for pair in comparisons(rule)]
    return next((variable for variable, text in found if text in known), None)


def _looks(machine: Machine, members: set[str]) -> bool:
    return any(action(machine.states[one]) == "describeStatement" for one in members)


def _loop(machine: Machine, name: str, variable: str, members: set[str]) -> Loop:
    path = _cycle(machine, name, variable, members)
    kinds = [_events(machine.states[one]) for one in path]
    pauses = [machine.states[one].get("Seconds") for one in path if machine.states[one].get("Type") == "Wait"]
    literal = [float(one) for one in pauses if isinstance(one, int) and not isinstance(one, bool)]
    return Loop(
        machine=machine,
        choice=name,
        variable=variable,
        path=path,
        through_function=not _looks(machine, members),
        transitions=len(path),
        events=None if None in kinds else sum(one or 0 for one in kinds),
        pause_seconds=sum(literal) if literal and len(literal) == len(pauses) else None,
        fates={one: _fate(machine, name, variable, one, members) for one in RUNNING + ENDED},
        next_of={one: _certain(machine, name, variable, one) for one in RUNNING + ENDED},
    )


def _possible(machine: Machine, name: str, variable: str, status: str) -> tuple[list[str], bool]:
    """Return where a Choice may lead under a status, and whether no rule may hold at all."""
    found: list[str] = []
    state = machine.states[name]
    for rule in rules(state):
        holds = verdict(rule, variable, status)
        if holds is not False and isinstance(rule.get("Next"), str):
            found.append(rule["Next"])
        if holds:
            return found, False
    default = state.get("Default")
    return [*found, *([default] if isinstance(default, str) else [])], default is None


def _certain(machine: Machine, name: str, variable: str, status: str) -> str | None:
    found, _unmatched = _possible(machine, name, variable, status)
    return found[0] if len(set(found)) == 1 else None


def _steps(machine: Machine, name: str, variable: str, status: str) -> list[str]:
    if machine.states[name].get("Type") == "Choice":
        return _possible(machine, name, variable, status)[0]
    return machine.targets(name, caught=False)


def _fate(machine: Machine, choice: str, variable: str, status: str, members: set[str]) -> Fate:
    first, unmatched = _possible(machine, choice, variable, status)
    if not first:
        return Fate.FAILS
    left = [one for one in first if _is_out(machine, one, members)]
    if len(left) == len(first) and not unmatched:
        return Fate.LEAVES
    waiting, seen = [one for one in first if one not in left], {choice}
    out = bool(left) or unmatched
    while waiting and not out:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        steps = _steps(machine, one, variable, status)
        out = not steps or any(_is_out(machine, step, members) for step in steps)
        waiting += steps
    return Fate.MAY_LEAVE if out else Fate.LOOPS


def _is_out(machine: Machine, name: str, members: set[str]) -> bool:
    """Tell whether a state is none of the loop's: outside it, or the submit of the next statement."""
    return name not in members or action(machine.states[name]) in SUBMITS


def _cycle(machine: Machine, choice: str, variable: str, members: set[str]) -> tuple[str, ...]:
    """Return the shortest way from the Choice back to it while the statement runs."""
    ways: list[tuple[str, ...]] = [
        (one,) for one in _steps(machine, choice, variable, "STARTED") if one in members
    ]
    seen: set[str] = set()
    while ways:
        path = ways.pop(0)
        if path[-1] == choice:
            return path
        if path[-1] not in seen:
            seen.add(path[-1])
            ways += [(*path, one) for one in _steps(machine, path[-1], variable, "STARTED") if one in members]
    return ()


def _events(state: Json) -> int | None:
    """Return the history events of a state that goes well (the project's counts of AWS's histories)."""
    if state.get("Type") == "Task":
        pattern = str(state.get("Resource", "")).partition(":::")[2].partition(".")[2]
        if pattern.startswith("sync"):
            return SYNC_EVENTS
        return None if pattern else TASK_EVENTS
    return OTHER_EVENTS if state.get("Type") in ("Wait", "Choice", "Pass", "Succeed") else None
