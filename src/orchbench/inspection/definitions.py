"""A definition as the machines that it is made of: its own states, and those of each branch and each map."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchbench.trace import Json


class InvalidDefinition(Exception):
    """A definition that Step Functions would not take; the message goes on from its name."""


@dataclass(frozen=True)
class Machine:
    """States that lead to each other.

    Attributes:
        within: the Parallel or Map that holds it; empty for the definition's own states.
        caught: whether a Catch of a state around it catches what is thrown in it.
        timeout_seconds: of the whole definition; None where it has none.
        jsonata: whether its expressions are JSONata.
    """

    within: str
    start: str
    states: Mapping[str, Json]
    caught: bool
    timeout_seconds: int | None
    jsonata: bool

    def targets(self, name: str, *, caught: bool = True) -> list[str]:
        """Return the states that may follow one, each once; those that are not there are left out.

        Args:
            caught: whether what follows a caught error counts.
        """
        state = self.states[name]
        named = [state.get("Next")] + [rule.get("Next") for rule in rules(state)] + [state.get("Default")]
        if caught:
            named += [one.get("Next") for one in listed(state, "Catch")]
        return list(dict.fromkeys(one for one in named if isinstance(one, str) and one in self.states))

    def reached(self, name: str, *, caught: bool = True) -> set[str]:
        """Return every state that can follow one, itself only where a loop leads back."""
        found: set[str] = set()
        waiting = self.targets(name, caught=caught)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.targets(one, caught=caught)
        return found


def machines(definition: Json) -> list[Machine]:
    """Return a definition's machines, the outermost first.

    Raises:
        InvalidDefinition: a part of it is of another kind than Amazon States Language has there.
    """
    timeout = definition.get("TimeoutSeconds")
    seconds = timeout if isinstance(timeout, int) else None
    jsonata = definition.get("QueryLanguage") == "JSONata"
    return list(_machines(definition, "", seconds, caught=False, jsonata=jsonata))


def _machines(
    document: Json, within: str, seconds: int | None, *, caught: bool, jsonata: bool
) -> Iterator[Machine]:
    states, start = document.get("States"), document.get("StartAt")
    place = f" in {within!r}" if within else ""
    if not isinstance(states, dict) or not all(isinstance(one, dict) for one in states.values()):
        raise InvalidDefinition(f"has States{place} that are not objects")
    if not isinstance(start, str) or start not in states:
        raise InvalidDefinition(f"starts at {start!r}{place}, which is not one of its states")
    yield Machine(within, start, states, caught, seconds, jsonata)
    for name, state in states.items():
        if not isinstance(state.get("Type"), str):
            raise InvalidDefinition(f"has a state without a Type, {name!r}")
        branches = listed(state, "Branches")
        branches += [state[key] for key in ("Iterator", "ItemProcessor") if isinstance(state.get(key), dict)]
        for branch in branches:
            inside = caught or bool(listed(state, "Catch"))
            yield from _machines(branch, name, seconds, caught=inside, jsonata=jsonata)


def rules(state: Json) -> list[Json]:
    """Return the rules of a Choice; none for another state."""
    return listed(state, "Choices")


def listed(state: Json, key: str) -> list[Json]:
    """Return the objects in a list of a state."""
    found: Any = state.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def action(state: Json) -> str:
    """Return the Data API's action that a Task calls without a function; empty where it calls none."""
    resource = str(state.get("Resource", ""))
    mark = ":aws-sdk:redshiftdata:"
    return resource.partition(mark)[2].partition(".")[0] if mark in resource else ""
