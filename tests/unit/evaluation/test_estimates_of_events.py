"""Ways that wait for an event: an estimate equals the rehearsal, however often the fallback looks before."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import settings

from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.cost import bill
from orchbench.evaluation.counts import count, counted_meters
from orchbench.evaluation.estimate import LOST, Estimate, Terms, estimate_way
from orchbench.evaluation.latency import latency
from orchbench.evaluation.prices import price_list
from orchbench.platforms.meters import HISTORY_EVENTS
from orchbench.rehearsal import Rehearsal, Scenario, rehearse
from orchbench.rehearsal.fault import Fault
from orchbench.trace import ExecutionStatus
from orchbench.ways import all_ways, way_named
from orchbench.ways.durations import Policy
from orchbench.ways.way import Waits, Way

FULL = settings().max_examples >= 500
ON_DEMAND = pytest.mark.skipif(not FULL, reason="takes minutes: only with --hypothesis-profile=full")
# Each rehearsal here has its event.
TERMS = Terms(price_list("us-east-1"), "x86_64", 128, default_assumptions().with_values({LOST: Decimal(0)}))
WOKEN = [way for way in all_ways().values() if way.waits is Waits.FOR_AN_EVENT]
EVERY_WAY = pytest.mark.parametrize("way", WOKEN, ids=lambda way: way.name)


def scenario(seconds: float, fallback_seconds: int, timeout_seconds: int, *faults: str) -> Scenario:
    fallback = {"policy": "fixed", "interval_seconds": fallback_seconds}
    document = {"timeout_seconds": timeout_seconds, "fallback": fallback}
    return Scenario(seconds, document, faults=tuple(map(Fault.parse, faults)))


def candidate(way: Way, fallback_seconds: int) -> Candidate:
    return Candidate.of(way).polling(Policy.fixed(fallback_seconds))


def estimated(found: Candidate, given: Scenario) -> Estimate:
    timeout = float(given.input["timeout_seconds"])
    return estimate_way(found, given.duration_seconds, Policy.fixed(10), TERMS, timeout)


def assert_counts(found: Estimate, rehearsal: Rehearsal) -> None:
    counts, followed = count(rehearsal.trace), found.followed
    assert int(found.polled.polls[0]) == counts.polls
    for meter in counted_meters():
        counted = counts.history_events if meter is HISTORY_EVENTS else counts.of(meter)
        assert int(followed.of(meter)[0]) == (counted or 0), meter.key
    assert int(followed.invocations[0]) == counts.invocations
    assert int(followed.watched.used.replayed(followed.usage)[0]) == sum(
        one.operations_replayed or 0 for one in rehearsal.trace.invocations
    )


@EVERY_WAY
@pytest.mark.parametrize(
    ("seconds", "fallback_seconds", "waits"),
    [
        (1_140.0, 1_800, 1),
        (3_540.25, 1_800, 2),
        (3_540.25, 900, 4),
        (600.0, 300, 2),
        (0.5, 1, 1),
        (3_700.0, 1_800, 3),
    ],
)
def test_a_batch_is_estimated_as_it_is_rehearsed_and_its_end_is_learned_at_once(
    way: Way, seconds: float, fallback_seconds: int, waits: int
) -> None:
    given = scenario(seconds, fallback_seconds, 7_200)
    done = rehearse(given, way)

    assert (done.trace.status, count(done.trace).polls) == (ExecutionStatus.SUCCEEDED, waits)
    assert latency(done.trace).detection_lag_seconds == 0
    found = estimated(candidate(way, fallback_seconds), given)
    assert_counts(found, done)
    lines = {one.what.removeprefix("orchbench-"): one for one in bill(done.trace, TERMS.prices).lines}
    assert {one.what: one.quantity for one in found.bill.lines if not one.what.startswith("data ")} == {
        what: one.quantity for what, one in lines.items() if not what.startswith("data ")
    }


@EVERY_WAY
def test_a_batch_that_fails_is_woken_alike(way: Way) -> None:
    failed = rehearse(scenario(3_540.0, 900, 7_200, "fail:at=3540"), way)

    assert (failed.trace.status, failed.trace.error_name) == (ExecutionStatus.FAILED, "BatchFailed")
    assert (count(failed.trace).polls, latency(failed.trace).detection_lag_seconds) == (4, 0.0)


def test_a_batch_past_its_time_is_estimated_with_its_cancel_and_the_event_that_follows() -> None:
    way, given = way_named("sfn-callback"), scenario(5_000.0, 900, 3_600)
    late = rehearse(given, way)

    assert (late.trace.error_name, late.statements_running) == ("BatchTimedOut", 0)
    assert_counts(estimated(candidate(way, 900), given), late)


@pytest.mark.slow
@pytest.mark.timeout(900)
@ON_DEMAND
@EVERY_WAY
def test_without_a_budget_it_dies_where_it_is_estimated_to_die(way: Way) -> None:
    most, answered = way.usage.most_polls(), way.usage.answered_polls()
    assert most
    assert answered
    for seconds, timeout in ((answered + 0.5, 20_000), (20_000.0, answered), (float(most), 20_000)):
        document = {
            "timeout_seconds": timeout,
            "fallback": {"policy": "fixed", "interval_seconds": 1, "budget": False},
        }
        given = Scenario(duration_seconds=seconds, input=document)
        done = rehearse(given, way)
        found = estimated(replace(candidate(way, 1), budget_polls=None), given)
        assert bool(found.polled.died[0]) == (done.death is not None)
        assert_counts(found, done)
