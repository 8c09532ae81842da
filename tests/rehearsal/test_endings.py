"""Executions that end from outside, whichever way runs them: a stop, a second start, a day of polling."""

import pytest
from hypothesis import settings

from orchbench.evaluation.counts import count
from orchbench.evaluation.latency import latency
from orchbench.evaluation.rehearsed import figures
from orchbench.platforms.meters import DURABLE_OPERATIONS
from orchbench.rehearsal import Fault, Scenario, rehearse
from orchbench.rehearsal.event_bridge import Deliveries
from orchbench.ways import all_ways
from orchbench.ways.way import Waits


@pytest.fixture(params=all_ways())
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_stop_ends_an_execution_at_its_moment_and_its_event_the_statement(way: str) -> None:
    done = rehearse(Scenario(600, {}, faults=(Fault.parse("stop:at=33"),)), way)
    assert done.trace.status == "STOPPED"
    assert done.trace.cause == "Stopped by an operator."
    assert done.trace.ended_at is not None
    assert done.trace.ended_at - done.trace.started_at == 33
    # What an execution that was stopped cannot do itself is the cancel function's, by the service's event.
    assert (done.statements_executed, done.statements_running) == (1, 0)
    (batch,) = done.batches
    assert (batch.status, batch.cancelled, batch.ended_at) == ("ABORTED", True, done.trace.ended_at)
    assert done.deliveries == Deliveries(attempts=1)
    assert figures(done)["detection_lag_seconds"] is None


def test_a_stop_while_a_handler_runs_is_not_overwritten_by_its_answer(way: str) -> None:
    faults = ("delay:operation=DescribeStatement,seconds=8,first_call=2", "stop:at=24")
    trace = rehearse(Scenario(600, {}, faults=tuple(map(Fault.parse, faults))), way).trace
    assert trace.status == "STOPPED"
    assert trace.ended_at is not None
    assert trace.ended_at - trace.started_at == 24


@pytest.mark.slow
def test_a_second_start_is_answered_with_the_running_execution(way: str) -> None:
    done = rehearse(Scenario(60, {}, faults=(Fault.parse("duplicate-start:at=15"),)), way)
    assert done.restarts == (done.trace.execution_arn,)
    assert done.statements_executed == 1


@pytest.mark.slow
def test_a_day_of_adaptive_polling_stays_inside_every_quota(way: str) -> None:
    if all_ways()[way].waits is not Waits.BY_POLLING:
        pytest.skip("no poll policy makes it look less often")
    done = rehearse(Scenario.polled(86_400, "adaptive", timeout_seconds=86_400), way)
    shown = figures(done)
    assert shown["outcome"] == "SUCCEEDED"
    assert shown["death"] is None
    assert shown["headroom"] is not None
    assert shown["headroom"]["left"] > 0.5
    assert latency(done.trace).detection_lag_seconds == 0
    assert 300 < shown["polls"] < 500


@pytest.mark.slow
def test_a_query_of_more_than_a_day_is_ended_by_redshift(way: str) -> None:
    if all_ways()[way].waits is Waits.HELD and settings().max_examples < 500:
        pytest.skip("2,880 looks that are held: only with --hypothesis-profile=full")
    document = {"timeout_seconds": 86_400, "poll": {"policy": "fixed", "interval_seconds": 600}}
    done = rehearse(Scenario(90_000, document), way)
    assert (done.trace.status, done.trace.error_name) == ("FAILED", "BatchFailed")
    assert "maximum duration of 86400 seconds" in str(done.trace.cause)


@pytest.mark.slow
def test_the_poll_budget_carries_twelve_hours_at_ten_seconds_over_the_quota() -> None:
    done = rehearse(Scenario.polled(43_200, "fixed:10s", timeout_seconds=47_520), "sfn-poll")
    assert done.trace.status == "SUCCEEDED"
    assert done.trace.history_events < 25_000


@pytest.mark.slow
def test_the_meter_agrees_with_the_count_of_the_trace(way: str) -> None:
    written = (
        "throttle:operation=DescribeStatement,rate=0.5",
        "hang:first_call=9",
        "crash-after:operation=BatchExecuteStatement",
        "checkpoint:first_call=6",
    )
    faults = tuple(map(Fault.parse, written))
    done = rehearse(Scenario.polled(200, "fixed:10s", faults=faults, seed=2), way)
    assert count(done.trace).of(DURABLE_OPERATIONS) == done.operations


def test_an_invocation_tells_what_it_replayed_and_what_it_cost() -> None:
    trace = rehearse(Scenario.polled(30, "fixed:10s"), "durable-poll").trace
    # The submit; then each check comes after the wait before it, which replays too.
    assert [one.operations_replayed for one in trace.invocations] == [0, 2, 4, 6]
    assert all(one.cpu_seconds is not None and one.cpu_seconds > 0 for one in trace.invocations)


def stopped_with(way: str, *faults: str) -> Deliveries:
    return rehearse(
        Scenario(20_000, {}, faults=tuple(map(Fault.parse, ("stop:at=33", *faults)))), way
    ).deliveries


def test_an_event_that_nobody_can_act_on_is_a_dead_letter_and_left_to_the_sweep(way: str) -> None:
    found = stopped_with(way, "unavailable:since=33,until=300")
    assert found == Deliveries(attempts=3, dead_letters=1, sweeps=1)


def test_an_event_that_is_lost_is_left_to_the_sweep(way: str) -> None:
    assert stopped_with(way, "lose-event") == Deliveries(attempts=0, dead_letters=0, sweeps=1)


def test_an_event_that_comes_twice_is_taken_twice_and_changes_nothing(way: str) -> None:
    assert stopped_with(way, "duplicate-event") == Deliveries(attempts=2, dead_letters=0, sweeps=0)
