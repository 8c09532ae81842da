"""Every way's poll budget is what its quota leaves for polls, derived from the way itself."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from project import ROOT

from orchbench.evaluation.limits import quotas
from orchbench.platforms.meters import ExecutionQuota
from orchbench.ways import all_ways
from orchbench.ways.way import Way

POLLING = [way for way in all_ways().values() if way.usage.quota is not None]
MACHINES = [way for way in POLLING if way.implementation.endswith(".json")]
EVENTS = {"Task": 5, "Wait": 2, "Choice": 2, "Pass": 2, "Succeed": 2, "Fail": 1}
"""History events of a state, as AWS writes them; an execution's start and its end are one each."""

States = dict[str, dict[str, Any]]


def stated_budget(implementation: Path, delays: str = "same") -> int:
    """Return the number that a definition gives its first function, or a handler keeps.

    Args:
        delays: of which there are two numbers, where a delay that changes costs a state.
    """
    if implementation.suffix == ".json":
        document = json.loads(implementation.read_text())
        found = document["States"][document["StartAt"]]["Parameters"]["Payload"]["poll_budget"]
        return int(found[delays] if isinstance(found, dict) else found)
    found = importlib.import_module(f"{implementation.parent.name}.handler").POLL_BUDGET
    return int(found)


def targets(state: dict[str, Any]) -> list[str]:
    ways_on = [state, *state.get("Choices", []), *state.get("Catch", [])]
    found = [one["Next"] for one in ways_on if "Next" in one]
    return list(dict.fromkeys([*found, *([state["Default"]] if "Default" in state else [])]))


def paths(states: States, name: str, passed: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every path from a state to an end, or to a state that was passed, which is its last then."""
    here = (*passed, name)
    if name in passed or not targets(states[name]):
        yield here
        return
    if states[name].get("End"):
        yield here
    for target in targets(states[name]):
        yield from paths(states, target, here)


def events(states: States, names: tuple[str, ...]) -> int:
    # What waits for its token is submitted, which is an event more.
    tokens = sum(str(states[name].get("Resource")).endswith(".waitForTaskToken") for name in names)
    return sum(EVENTS[states[name]["Type"]] for name in names) + tokens


def derived_budget(definition: dict[str, Any], quota: ExecutionQuota) -> int:
    """Return how many turns of a definition's loop fit its history, the dearest way out of it kept."""
    states: States = definition["States"]
    found = list(paths(states, definition["StartAt"]))
    loops = {frozenset(one[one.index(one[-1]) : -1]) for one in found if one[-1] in one[:-1]}
    # Where a definition has several, they are as long as each other.
    (poll,) = {events(states, tuple(loop)) for loop in loops}
    inside = frozenset().union(*loops)
    through = [one for one in found if inside & set(one)]
    into = {one[: min(one.index(name) for name in inside & set(one))] for one in through}
    out = [
        tuple(name for name in one[max(map(one.index, inside & set(one))) :] if name not in inside)
        for one in through
        if one[-1] not in inside
    ]
    start = 1 + max(events(states, one) for one in into)
    way_out = 1 + max(events(states, one) for one in out)
    return (quota.limit - start - way_out - quota.reserve) // poll


ASIDE = ("$.wait.last_moment", "$.output.unheld_until")
"""What a loop is compared with that is not the usual one: taken once, or where a service holds no look."""


def with_delays(definition: dict[str, Any], delays: str) -> dict[str, Any]:
    """Return a definition whose delays are all the same, or all listed, where it tells them apart."""
    choice = definition["States"]["Batch finished?"]
    choice["Choices"] = [one for one in choice["Choices"] if not set(ASIDE) & set(map(str, one.values()))]
    told = [one for one in choice["Choices"] if one.get("Variable") == "$.delays_change"]
    if told:
        choice["Choices"].remove(told[0])
        if delays == "listed":
            choice["Default"] = told[0]["Next"]
    return definition


def quota_of(way: Way) -> ExecutionQuota:
    assert way.usage.quota is not None
    return way.usage.quota


def named(way: Way) -> str:
    return way.name


@pytest.mark.parametrize("way", POLLING, ids=named)
def test_a_way_keeps_the_budget_that_its_usage_leaves(way: Way) -> None:
    assert stated_budget(ROOT / way.implementation) == way.usage.poll_budget
    changing = way.usage.changing_delays
    if changing is not None:
        assert stated_budget(ROOT / way.implementation, "listed") == changing.poll_budget


@pytest.mark.parametrize("way", POLLING, ids=named)
def test_the_quota_is_awss(way: Way) -> None:
    quota = quota_of(way)
    assert quota.limit == quotas()[quota.key].in_region("us-east-1")


@pytest.mark.parametrize("way", MACHINES, ids=named)
def test_a_definitions_budget_is_what_its_states_add_up_to(way: Way) -> None:
    changing = way.usage.changing_delays is not None
    for delays in ("same", "listed") if changing else ("same",):
        definition = with_delays(json.loads((ROOT / way.implementation).read_text()), delays)
        stated = stated_budget(ROOT / way.implementation, delays)
        assert stated == derived_budget(definition, quota_of(way))


def test_a_definition_with_a_longer_loop_has_a_smaller_budget() -> None:
    way = MACHINES[0]
    definition = json.loads((ROOT / way.implementation).read_text())
    states = definition["States"]
    states["Look aside"] = {"Type": "Pass", "Next": states["Check status"]["Next"]}
    states["Check status"]["Next"] = "Look aside"
    assert derived_budget(definition, quota_of(way)) < stated_budget(ROOT / way.implementation)
