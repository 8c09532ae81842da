"""Estimates against rehearsals of the deployed definition and handlers: equal, not close.

Few points by default; `pytest --hypothesis-profile=full tests/unit/evaluation` takes 500, each on every way.
"""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies

from orchbench.cli import main
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.cost import bill
from orchbench.evaluation.counts import count, counted_meters
from orchbench.evaluation.estimate import LOST, Estimate, Terms, estimate_way
from orchbench.evaluation.latency import latency
from orchbench.evaluation.polling import MostPolls, poll
from orchbench.evaluation.prices import price_list
from orchbench.evaluation.rehearsed import figures
from orchbench.platforms.meters import (
    DURABLE_OPERATIONS,
    HISTORY_EVENTS,
    STATE_TRANSITIONS,
    WRITTEN_BYTES,
)
from orchbench.rehearsal import Rehearsal, Scenario, rehearse
from orchbench.trace import ExecutionStatus, Json
from orchbench.ways import all_ways, way_named
from orchbench.ways.durations import Policy, parse_policy, policy_from_input
from orchbench.ways.usage import Usage
from orchbench.ways.way import Waits, Way

FULL = settings().max_examples >= 500
POINTS = 500 if FULL else 10
MOST_POLLS = 33
PRICES = price_list("us-east-1")
WAYS = list(all_ways().values())


def usage_of(way: Way) -> Usage:
    return way.usage


def estimated(scenario: Scenario, way: Way, stated: dict[str, Decimal] | None = None) -> Estimate:
    return estimate_way(
        Candidate.of(way),
        round(scenario.queue_seconds + scenario.duration_seconds, 6),
        policy_from_input(scenario.input["poll"]),
        Terms(PRICES, "x86_64", 128, default_assumptions().with_values({LOST: Decimal(0)} | (stated or {}))),
        float(scenario.input["timeout_seconds"]),
    )


def assert_equal(found: Estimate, rehearsal: Rehearsal) -> None:
    trace, followed = rehearsal.trace, found.followed
    counts, times = count(trace), latency(trace)
    died = rehearsal.death is not None
    timed_out = trace.status is not ExecutionStatus.SUCCEEDED and not died
    assert bool(found.polled.died[0]) == died
    assert bool(found.polled.timed_out[0]) == timed_out
    assert int(found.polled.polls[0]) == counts.polls
    for meter in counted_meters():
        counted = counts.history_events if meter is HISTORY_EVENTS else counts.of(meter)
        assert int(followed.of(meter)[0]) == (counted or 0), meter.key
    assert int(followed.of(DURABLE_OPERATIONS)[0]) == (rehearsal.operations or 0)
    assert int(followed.invocations[0]) == counts.invocations
    assert int(followed.watched.used.replayed(followed.usage)[0]) == sum(
        one.operations_replayed or 0 for one in trace.invocations
    )
    assert float(found.polled.seen_at_seconds[0]) == times.makespan_seconds
    if died or timed_out:
        assert np.isnan(followed.watched.lag_seconds[0])
        assert figures(rehearsal)["detection_lag_seconds"] is None
    else:
        assert round(float(followed.watched.lag_seconds[0]), 6) == times.detection_lag_seconds
        assert followed.watched.lag_seconds[0] <= found.polled.last_delay_seconds[0]


def assert_same_bill(
    scenario: Scenario,
    way: Way,
    rehearsal: Rehearsal,
    stated_values: dict[str, Decimal] | None = None,
    within: Decimal = Decimal("0.03"),
) -> None:
    assumed = default_assumptions().with_values(stated_values or {})
    expected = {line.what: line for line in estimated(scenario, way, stated_values).bill.lines}
    found = {
        line.what.removeprefix("orchbench-"): line
        for line in bill(rehearsal.trace, PRICES, assumptions=assumed, metered=rehearsal.metered).lines
    }
    # What an event invokes comes before the first look or after it.
    assert set(expected) == set(found)
    if way.waits is not Waits.FOR_AN_EVENT:
        assert list(expected) == list(found)
    for what, line in found.items():
        if what.startswith("data "):
            # Digits of a number of seconds more or less, and the text of an error.
            assert abs(line.quantity - expected[what].quantity) <= within * line.quantity
        else:
            assert line.quantity == expected[what].quantity


BILLED = [
    Scenario.polled(60.0, "fixed:10s"),
    Scenario.polled(59.25, "fixed:7s"),
    Scenario.polled(1.0, "fixed:1s"),
    Scenario.polled(900.0, "fixed:450s"),
    Scenario.polled(700.5, "adaptive"),
    Scenario.polled(100.0, "fixed:10s", timeout_seconds=50),
]
FRACTIONS = {
    "invocation_wait_seconds": Decimal("0.0503"),
    "initialization_seconds": Decimal("0.90021"),
    "checkpoint_seconds": Decimal("0.0804"),
    "replayed_operation_cpu_seconds": Decimal("0.00013"),
}


@pytest.mark.slow
@pytest.mark.parametrize("scenario", BILLED, ids=lambda one: one.name)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_bill_of_durations_with_fractions_is_the_estimated_one_line_by_line(
    way: Way, scenario: Scenario
) -> None:
    rehearsal = rehearse(scenario, way)
    assert_same_bill(scenario, way, rehearsal)
    assert_same_bill(scenario, way, rehearsal, FRACTIONS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_the_cost_of_many_queries_in_floating_point_is_that_of_the_bill(way: Way) -> None:
    found = estimated(BILLED[4], way, FRACTIONS)

    assert float(found.cost_usd[0]) == pytest.approx(float(found.bill.total_usd), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
@pytest.mark.parametrize("poll", ["adaptive", "adaptive:share=0.2,minimum=30s,maximum=600s"])
def test_an_adaptive_policy_is_stored_with_every_poll_and_the_estimate_knows(way: Way, poll: str) -> None:
    scenario = Scenario.polled(3_599.3, parse_policy(poll).to_input())
    rehearsed = rehearse(scenario, way).metered.get(WRITTEN_BYTES) or 0

    assert int(estimated(scenario, way).followed.sums.get(("meter", WRITTEN_BYTES.key), 0)) == pytest.approx(
        # What a way does not use of its input is stored with it all the same.
        rehearsed,
        rel=0.03 if way.waits is Waits.FOR_AN_EVENT else 0.01,
    )


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_rehearsed_bill_has_the_bytes_that_the_rehearsal_states(way: Way) -> None:
    rehearsal = rehearse(BILLED[4], way)
    billed = bill(rehearsal.trace, PRICES, metered=rehearsal.metered)
    written = [line.quantity for line in billed.lines if line.what == "data written"]

    assert written == [
        Decimal(stated) / WRITTEN_BYTES.units_a_price for stated in [rehearsal.written_bytes] if stated
    ]


def test_every_invocation_of_a_trace_is_rounded_up_by_itself() -> None:
    trace = rehearse(Scenario.polled(60.0, "fixed:10s"), "sfn-poll").trace
    reported = replace(
        trace,
        host="aws",
        invocations=tuple(replace(one, billed_seconds=0.0101) for one in trace.invocations),
    )
    lines = {line.what.removeprefix("orchbench-"): line for line in bill(reported, PRICES).lines}

    assert lines["status: GB-seconds"].quantity == 6 * Decimal("0.011") * 128 / 1024


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
    # A statement that waits at its deadline is not cancelled at once, and an estimate knows no queue.
    assume(queue < timeout * 1000)
    scenario = Scenario(
        duration_seconds=milliseconds / 1000,
        queue_seconds=queue / 1000,
        input={"timeout_seconds": timeout, "poll": poll},
    )
    polls = max(int(estimated(scenario, way).polled.polls[0]) for way in WAYS)
    assume(polls <= MOST_POLLS)
    return scenario


@pytest.mark.slow
@settings(max_examples=POINTS)
@given(scenario=scenarios())
@pytest.mark.timeout(900)
def test_an_estimate_equals_the_rehearsal_of_the_same_scenario(scenario: Scenario) -> None:
    for way in WAYS:
        if way.waits is Waits.FOR_AN_EVENT and not scenario.queue_seconds + scenario.duration_seconds:
            # The event comes while the submit is at work, which then looks before it ever sleeps.
            continue
        rehearsal = rehearse(scenario, way)
        assert_equal(estimated(scenario, way), rehearsal)
        # An adaptive policy whose bounds are equal is stored as such, and estimated as a fixed one.
        assert_same_bill(scenario, way, rehearsal, within=Decimal("0.15"))


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
@pytest.mark.parametrize(
    ("duration_seconds", "poll"),
    [
        (600.5, "fixed:10s"),
        (6_000.0, "adaptive"),
        *(
            [(1_200.5, "fixed:10s"), (3_600.0, "fixed:10s"), (21_601.5, "fixed:30s"), (86_399.0, "adaptive")]
            if FULL
            else []
        ),
    ],
)
def test_a_long_query_is_estimated_to_the_poll(way: Way, duration_seconds: float, poll: str) -> None:
    scenario = Scenario.polled(duration_seconds, {"policy": "adaptive"} if poll == "adaptive" else poll)
    assert_equal(estimated(scenario, way), rehearse(scenario, way))


def dying(way: Way) -> list[Scenario]:
    """Return executions on both sides of their quota: a poll a second reaches it soonest."""
    most, answered = usage_of(way).most_polls(), usage_of(way).answered_polls()
    assert most
    assert answered
    ends = [(answered + 0.5, 20_000), (20_000.0, answered), (float(most), 20_000), (float(answered), 20_000)]
    return [
        Scenario.polled(duration, "fixed:1s", timeout_seconds=timeout, poll_budget=False)
        for duration, timeout in ends[: 2 if usage_of(way).replayed_more_each_poll else None]
    ]


# Every run meets both quotas in `test_quotas.py`, and that of `sfn-poll` with this loop in the tutorial.
ON_DEMAND = pytest.mark.skipif(not FULL, reason="takes minutes: only with --hypothesis-profile=full")


@pytest.mark.slow
@pytest.mark.timeout(900)
@ON_DEMAND
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_an_estimate_dies_where_the_rehearsal_dies(way: Way) -> None:
    for scenario in dying(way):
        rehearsal = rehearse(scenario, way)
        assert_equal(estimated(scenario, way), rehearsal)
        assert_same_bill(scenario, way, rehearsal)


@pytest.mark.slow
@pytest.mark.timeout(900)
@ON_DEMAND
@pytest.mark.parametrize(
    ("name", "checks", "seconds"),
    [
        # 6 events before the first poll, 9 a poll: after the 2,777th, event 25,000 is the next and the last.
        ("sfn-poll", 2_777, 27_770),
        # 2 operations before the first poll, 2 a poll: the 1,500th wait would be number 3,001.
        ("durable-poll", 1_499, 14_990),
        # 11 events before the first poll: after the 2,776th 4 are left, for a wait and a look that begins.
        ("sfn-direct", 2_776, 27_770),
        # 4 operations before the first poll's own: check 2,997 asks for number 3,001.
        ("durable-condition", 2_996, 29_970),
    ],
)
def test_the_articles_own_loop_dies_of_its_quota_as_estimated(name: str, checks: int, seconds: int) -> None:
    way = way_named(name)
    scenario = Scenario.polled(43_200, "fixed:10s", poll_budget=False)
    done = rehearse(scenario, way)
    assert done.trace.status == "FAILED"
    assert count(done.trace).polls == checks
    assert done.death is not None
    assert done.death.at - done.trace.started_at == seconds
    used = done.trace.history_events if done.operations is None else done.operations
    assert used == (25_000 if done.operations is None else 3_000)
    assert_equal(estimated(scenario, way), done)
    assert_same_bill(scenario, way, done)


@pytest.mark.parametrize(
    ("way", "error", "checks", "seconds"),
    [
        # The executions themselves are rehearsed above, on demand.
        ("sfn-poll", "Runtime", 2_777, 27_770),
        ("sfn-direct", "Runtime", 2_776, 27_770),
        ("durable-poll", "CheckpointError", 1_499, 14_990),
        ("durable-condition", "CheckpointError", 2_996, 29_970),
    ],
)
def test_the_articles_own_loop_is_estimated_to_die_of_its_quota(
    way: str, error: str, checks: int, seconds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = f"estimate --duration 12h --poll fixed:10s --no-poll-budget --timeout 24h --way {way}".split()
    assert main([*arguments, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["estimates"][0]

    assert row["outcome"] == f"FAILED: {error}"
    assert row["polls"]["value"] == checks
    assert row["died_at"]["value"] == row["makespan"]["value"] == seconds
    assert "reached the maximum number of" in row["death"]
    assert row["detection_lag"]["value"] is None
    assert main([*arguments, "--verbose"]) == 0
    printed = capsys.readouterr().out
    assert f"FAILED: {error}" in printed
    assert f"died at {seconds:,} s. {row['death']}" in printed


@strategies.composite
def unbudgeted(draw: strategies.DrawFn) -> tuple[Policy, float, float, MostPolls]:
    low = draw(strategies.integers(1, 30))
    high = low + draw(strategies.integers(0, 60))
    share = draw(strategies.floats(0.01, 1.0))
    answered = draw(strategies.integers(1, 60))
    most = MostPolls(
        succeeded=draw(strategies.integers(answered - 1, answered)),
        timed_out=draw(strategies.integers(answered - 1, answered)),
        answered=answered,
        begun=answered + draw(strategies.integers(0, 1)),
    )
    return (
        Policy(share, low, high, budget=False),
        draw(strategies.integers(0, 4_000_000)) / 1000,
        draw(strategies.integers(1, 4_000)),
        most,
    )


@given(case=unbudgeted())
def test_a_quota_cuts_the_polls_off_where_following_them_one_by_one_meets_it(
    case: tuple[Policy, float, float, MostPolls],
) -> None:
    policy, statement, timeout, most = case
    share, low, high = policy.share, policy.minimum_seconds, policy.maximum_seconds
    elapsed, begun, ending = 0.0, 0, None
    while ending is None and begun < most.begun:
        delay = min(max(np.ceil(share * elapsed), low), high)
        elapsed, begun = min(elapsed + max(1.0, delay), max(elapsed + 1.0, timeout)), begun + 1
        if elapsed >= statement:
            ending = most.succeeded
        elif elapsed >= timeout:
            ending = most.timed_out
    died = ending is None or begun > ending

    found = poll(np.array([statement]), np.array([float(timeout)]), policy, 10**9, most)

    assert bool(found.died[0]) == died
    assert int(found.begun[0]) == begun
    assert int(found.polls[0]) == min(begun, most.answered)
    assert float(found.seen_at_seconds[0]) == elapsed
    assert bool(found.ending_refused[0]) == (died and ending is not None and begun <= most.answered)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_timeout_has_no_lag_in_an_estimate_nor_in_a_rehearsal(way: Way) -> None:
    scenario = Scenario.polled(100.0, "fixed:10s", timeout_seconds=50)
    rehearsal = rehearse(scenario, way)

    assert rehearsal.trace.error_name == "BatchTimedOut"
    assert latency(rehearsal.trace).detection_lag_seconds is None
    assert_equal(estimated(scenario, way), rehearsal)


@pytest.mark.parametrize(
    "command",
    [
        "estimate --duration 25h",
        "decide --duration 25h --runs-a-month 100 --acceptable-lag 1m",
        "rehearse --duration 25h",
        "estimate --duration uniform:1h,30h",
        "estimate --duration lognormal:median=20h,p95=25h",
    ],
)
def test_a_query_of_more_than_a_day_is_refused_alike(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "longer than the 24 h that Redshift runs a query" in printed.err


def test_a_file_of_scenarios_with_a_query_of_more_than_a_day_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text("scenarios: [{name: too long, duration: 25h}]")

    assert main(["rehearse", "--scenarios", str(path)]) == 2
    assert "'too long' is longer than the 24 h" in capsys.readouterr().err


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_statement_that_fails_uses_what_the_way_states(way: Way) -> None:
    from orchbench.rehearsal import Fault
    from orchbench.ways.usage import Ending

    faults = (Fault.from_json({"kind": "fail", "at": 25}),)
    rehearsal = rehearse(Scenario.polled(100.0, "fixed:10s", faults=faults), way)
    counts, usage = count(rehearsal.trace), usage_of(way)
    ending = usage.endings[Ending.FAILED]

    polls = 3 if way.waits is Waits.BY_POLLING else 1
    assert counts.polls == polls
    events = (usage.start + ending).of(HISTORY_EVENTS) + polls * usage.poll.of(HISTORY_EVENTS)
    assert counts.history_events == events
    transitions = (usage.start + ending).of(STATE_TRANSITIONS) + polls * usage.poll.of(STATE_TRANSITIONS)
    assert (counts.of(STATE_TRANSITIONS) or 0) == transitions
