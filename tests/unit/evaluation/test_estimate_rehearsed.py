"""Estimates against rehearsals of the deployed definition and handlers: equal, not close.

Few points by default; `pytest --hypothesis-profile=full tests/unit/evaluation` takes 500, each on every way.
"""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies
from project import ROOT

from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.cost import bill
from orchbench.evaluation.counts import count
from orchbench.evaluation.estimate import (
    Columns,
    Estimates,
    Rates,
    estimate,
    estimated_quantities,
)
from orchbench.evaluation.latency import latency
from orchbench.evaluation.polling import PolicyColumns
from orchbench.evaluation.prices import price_list
from orchbench.evaluation.tariff import priced
from orchbench.evaluation.used import used_by
from orchbench.orchestrators import all_ways
from orchbench.orchestrators.way import Way
from orchbench.rehearsal import Rehearsal, Scenario, rehearse
from orchbench.trace import ExecutionStatus, Json
from orchbench.usage import Usage, stated_quota

FULL = settings().max_examples >= 500
POINTS = 500 if FULL else 10
MOST_POLLS = 33
PRICES = price_list("us-east-1")
WAYS = [way for way in all_ways().values() if way.usage]


def usage_of(way: Way) -> Usage:
    assert way.usage
    return way.usage


def columns_of(scenario: Scenario) -> Columns:
    poll: dict[str, Any] = scenario.input["poll"]
    low = poll.get("interval_seconds", poll.get("minimum_seconds", 2))
    high = poll.get("interval_seconds", poll.get("maximum_seconds", 300))
    share = 1.0 if poll["policy"] == "fixed" else poll.get("share", 0.05)
    return Columns(
        np.array([round(scenario.queue_seconds + scenario.duration_seconds, 6)]),
        np.array([float(scenario.input["timeout_seconds"])]),
        PolicyColumns(
            np.array([float(share)]),
            np.array([float(low)]),
            np.array([float(high)]),
            np.array([poll.get("budget", True)]),
        ),
    )


def estimated(scenario: Scenario, way: Way) -> Estimates:
    budget = stated_quota(ROOT / way.implementation).polls
    return estimate(
        usage_of(way), budget, columns_of(scenario), Rates.of(PRICES, "x86_64"), default_assumptions()
    )


def assert_equal(found: Estimates, rehearsal: Rehearsal) -> None:
    trace = rehearsal.trace
    counts, times = count(trace), latency(trace)
    timed_out = trace.status is not ExecutionStatus.SUCCEEDED
    assert bool(found.polled.timed_out[0]) == timed_out
    assert int(found.polled.polls[0]) == counts.polls
    assert int(found.state_transitions[0]) == (counts.state_transitions or 0)
    assert int(found.durable_operations[0]) == (counts.durable_operations or 0)
    assert int(found.durable_operations[0]) == (rehearsal.operations or 0)
    assert int(found.history_events[0]) == counts.history_events
    assert int(found.invocations[0]) == counts.invocations
    assert int(found.replayed[0]) == sum(one.operations_replayed or 0 for one in trace.invocations)
    assert float(found.polled.seen_at_seconds[0]) == times.makespan_seconds
    if not timed_out:
        assert round(float(found.lag_seconds[0]), 6) == times.detection_lag_seconds
        assert found.lag_seconds[0] <= found.lag_worst_seconds[0]


def assert_same_bill(scenario: Scenario, way: Way, rehearsal: Rehearsal) -> None:
    assumed = default_assumptions()
    columns = columns_of(scenario)
    polled = estimated(scenario, way).polled
    used = used_by(polled, columns.policies, float(assumed["kept_warm_seconds"]))
    quantities = estimated_quantities(
        usage_of(way), used, memory_mb=128, architecture="x86_64", assumed=assumed
    )
    expected = {line.what: line for line in priced(quantities, PRICES).lines}
    found = {line.what.removeprefix("orchbench-"): line for line in bill(rehearsal.trace, PRICES).lines}
    assert list(expected) == list(found)
    for what, line in found.items():
        if what.startswith("data "):
            # Digits of a number of seconds more or less, and the text of an error.
            assert abs(line.quantity - expected[what].quantity) <= Decimal("0.15") * line.quantity
        else:
            assert line.quantity == expected[what].quantity


@strategies.composite
def scenarios(draw: strategies.DrawFn) -> Scenario:
    if draw(strategies.booleans()):
        low = high = draw(strategies.integers(1, 600))
        poll: Json = {"policy": "fixed", "interval_seconds": low}
    else:
        low = draw(strategies.integers(1, 60))
        high = low + draw(strategies.integers(0, 600))
        share = draw(strategies.floats(0.01, 1.0, allow_subnormal=False))
        poll = {"policy": "adaptive", "share": share, "minimum_seconds": low, "maximum_seconds": high}
    poll["budget"] = draw(strategies.booleans())
    longest = min(MOST_POLLS * high, 80_000) * 1000
    milliseconds = draw(strategies.integers(0, longest) | strategies.integers(0, MOST_POLLS * low * 1000))
    around = max(1, milliseconds // 1000)
    timeout = draw(strategies.integers(1, 86_400) | strategies.integers(max(1, around - 60), around + 60))
    queue = draw(strategies.sampled_from([0, 0, 500, 31_000]))
    scenario = Scenario(
        duration_seconds=milliseconds / 1000,
        queue_seconds=queue / 1000,
        input={"timeout_seconds": timeout, "poll": poll},
    )
    polls = max(int(estimated(scenario, way).polled.polls[0]) for way in WAYS)
    assume(polls <= MOST_POLLS)
    return scenario


@settings(max_examples=POINTS)
@given(scenario=scenarios())
@pytest.mark.timeout(900)
def test_an_estimate_equals_the_rehearsal_of_the_same_scenario(scenario: Scenario) -> None:
    for way in WAYS:
        rehearsal = rehearse(scenario, way)
        assert_equal(estimated(scenario, way), rehearsal)
        assert_same_bill(scenario, way, rehearsal)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
@pytest.mark.parametrize(
    ("duration_seconds", "poll"),
    [
        (1_200.5, "fixed:10s"),
        (6_000.0, "adaptive"),
        *([(3_600.0, "fixed:10s"), (21_601.5, "fixed:30s"), (86_399.0, "adaptive")] if FULL else []),
    ],
)
def test_a_long_query_is_estimated_to_the_poll(way: Way, duration_seconds: float, poll: str) -> None:
    scenario = Scenario.polled(duration_seconds, {"policy": "adaptive"} if poll == "adaptive" else poll)
    assert_equal(estimated(scenario, way), rehearse(scenario, way))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_statement_that_fails_uses_what_the_way_states(way: Way) -> None:
    from orchbench.rehearsal import Fault
    from orchbench.usage import Ending

    faults = (Fault.from_json({"kind": "fail", "at": 25}),)
    rehearsal = rehearse(Scenario.polled(100.0, "fixed:10s", faults=faults), way)
    counts, usage = count(rehearsal.trace), usage_of(way)
    ending = usage.endings[Ending.FAILED]

    assert counts.polls == 3
    events = usage.start.history_events + 3 * usage.poll.history_events + ending.history_events
    assert counts.history_events == events
    transitions = usage.start.transitions + 3 * usage.poll.transitions + ending.transitions
    assert (counts.state_transitions or 0) == transitions
