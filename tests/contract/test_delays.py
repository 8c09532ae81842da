"""A definition with a list of delays waits neither past the deadline nor past the end of the list.

Its own rules are followed here, with delays that were prepared, slow calls, and waits that end too early.
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings, strategies
from project import ROOT

from redshift_batch.preparation import PollBudgets, prepare
from redshift_batch.settings import Settings

SETTINGS = Settings(database="dev", workgroup_name="reports", inline_sql_allowed=True)
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
STATES = json.loads((ROOT / "statemachine" / "sfn_direct.asl.json").read_text())["States"]
Json = dict[str, Any]


def seconds(moment: str) -> float:
    return (datetime.fromisoformat(moment) - MIDNIGHT).total_seconds()


def at(state: Json, path: str) -> Any:
    for name in path.removeprefix("$.").split("."):
        state = state[name]
    return state


def holds(rule: Json, state: Json, now: float) -> bool:
    """Tell whether a rule of the Choice holds of a statement that runs."""
    if "TimestampGreaterThanPath" in rule:
        return now > seconds(at(state, rule["TimestampGreaterThanPath"]))
    if "TimestampGreaterThanEqualsPath" in rule:
        return now >= seconds(at(state, rule["TimestampGreaterThanEqualsPath"]))
    return "BooleanEquals" in rule and at(state, rule["Variable"]) is rule["BooleanEquals"]


def taken(parameters: Json, state: Json) -> Json:
    """Return what the Pass makes of the list; an index past its end raises."""
    number = state["wait"]["number"]
    found: Json = {"number": number + 1}
    for name, value in parameters.items():
        if "ArrayGetItem" in value:
            found[name.removesuffix(".$")] = at(state, value.partition("(")[2].partition(",")[0])[number]
    return found


def looks(state: Json, now: float, answers: Iterable[float], early: float = 0.0) -> Iterator[float]:
    """Yield when each wait for a look ends, until the definition names the deadline.

    Args:
        answers: how long each look takes.
        early: by how much every wait ends too early.
    """
    waiting = STATES["Submit batch"]["Next"]
    for answer in answers:
        wait = STATES[waiting]
        until = (
            seconds(at(state, wait["TimestampPath"]))
            if "TimestampPath" in wait
            else now + at(state, wait["SecondsPath"])
        )
        # A moment that has passed is not waited for.
        now = max(now, until - early)
        yield now
        now += answer + early
        choice = STATES["Batch finished?"]
        rules = (one["Next"] for one in choice["Choices"] if holds(one, state, now))
        waiting = next(rules, choice["Default"])
        if waiting == "Name deadline":
            return
        if waiting == "Next delay":
            state["wait"] = taken(STATES[waiting]["Parameters"], state)
            waiting = STATES[waiting]["Next"]
    raise AssertionError("it goes on and on")


POLICIES = strategies.one_of(
    strategies.builds(
        lambda share, low, more: {
            "policy": "adaptive",
            "share": share,
            "minimum_seconds": low,
            "maximum_seconds": low + more,
        },
        strategies.sampled_from([0.01, 0.05, 0.3, 1.0]),
        strategies.integers(1, 60),
        strategies.integers(0, 600),
    ),
    strategies.builds(
        lambda interval: {"policy": "fixed", "interval_seconds": interval}, strategies.integers(1, 600)
    ),
)
LISTED = {"policy": "adaptive", "minimum_seconds": 2, "maximum_seconds": 300}
RUNS = strategies.fixed_dictionaries(
    {
        "timeout": strategies.integers(1, 900),
        "poll": POLICIES,
        "budget": strategies.integers(2, 60),
        "begun": strategies.integers(0, 999_999),
        "submitted_after": strategies.sampled_from([0.0, 0.001, 1.0, 30.0, 600.0]),
        "answers": strategies.lists(strategies.sampled_from([0.0, 0.001, 0.999, 5.0, 290.0]), min_size=1),
        "early": strategies.sampled_from([0.0, 0.01]),
    }
)
EDGE = {"poll": LISTED, "budget": 60, "begun": 300_000, "submitted_after": 0.0, "early": 0.01}


def prepared(run: Json, begun: int = 0) -> Json:
    return prepare(
        {"timeout_seconds": run["timeout"], "poll": run["poll"]},
        settings=SETTINGS,
        poll_budgets=PollBudgets(run["budget"], run["budget"]),
        now=MIDNIGHT + timedelta(microseconds=begun),
    )


@settings(max_examples=30)
@given(RUNS)
@example(EDGE | {"timeout": 1, "answers": [0.0]})
@example(EDGE | {"timeout": 5, "answers": [0.0]})
@example(EDGE | {"timeout": 600, "answers": [290.0, 0.0]})
def test_no_wait_ends_after_the_deadline_and_no_list_is_too_short(run: Json) -> None:
    state = prepared(run, run["begun"])
    now, deadline = run["begun"] / 1e6 + run["submitted_after"], seconds(state["deadline"])
    assert 0 <= deadline - (run["begun"] / 1e6 + run["timeout"]) < 1
    answers = list(itertools.islice(itertools.cycle(run["answers"]), 2 * run["timeout"] + 10))
    found = list(looks(state, now, answers, run["early"]))
    # Where the call before it was answered after the deadline, a wait ends at once.
    before = [now, *(look + answer + run["early"] for look, answer in zip(found, answers, strict=False))]
    assert all(look <= max(deadline, then) for look, then in zip(found, before, strict=False))


@settings(max_examples=30)
@given(RUNS)
def test_calls_that_take_no_time_follow_the_list_to_its_end(run: Json) -> None:
    state = prepared(run)
    found = list(looks(state, 0.0, itertools.repeat(0.0, run["timeout"] + 10)))
    assert found[-1] == run["timeout"]
    if state["delays_change"]:
        assert found == list(itertools.accumulate(state["delays"]))
