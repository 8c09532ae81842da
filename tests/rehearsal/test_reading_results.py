"""Machines that call the Data API themselves, where it answers less than expected, or later, or at once."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchbench.evaluation.counts import count
from orchbench.platforms.meters import STATE_TRANSITIONS
from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.trace import EventKind, Work
from orchbench.virtual_time.application import load_application

pytestmark = pytest.mark.slow

States = dict[str, Any]
DIRECT, HELD = "sfn-direct", "sfn-long-poll"
MACHINES = {DIRECT: "SfnDirectStateMachine", HELD: "SfnLongPollStateMachine"}
BOTH = pytest.mark.parametrize("way", [DIRECT, HELD])


def rehearsed(
    way: str,
    seconds: float,
    *faults: str,
    document: Any = None,
    change: Callable[[States], object] = lambda _states: None,
) -> Rehearsal:
    """Rehearse a way, its definition changed."""
    application = load_application()
    machine = application.state_machines[MACHINES[way]]
    definition = json.loads(machine.definition)
    change(definition["States"])
    changed = replace(machine, definition=json.dumps(definition))
    machines = {**application.state_machines, MACHINES[way]: changed}
    scenario = Scenario(seconds, document or {}, faults=tuple(map(Fault.parse, faults)), jitter=1.0)
    return rehearse(scenario, way, application=replace(application, state_machines=machines))


def looked_at(done: Rehearsal) -> list[float]:
    return [
        round(event.at - done.trace.started_at, 3)
        for event in done.trace.events
        if event.work is Work.LOOK and event.kind is EventKind.TASK_SUCCEEDED
    ]


def name_an_absent_field(states: States) -> None:
    states["Read result"]["ResultSelector"]["more.$"] = "$.Absent"


@BOTH
def test_a_batch_whose_result_cannot_be_read_is_a_success_all_the_same(way: str) -> None:
    looks = count(rehearsed(way, 25).trace).polls
    unread = f"unavailable:operation=DescribeStatement,first_call={looks + 1},calls=0"
    done = rehearsed(way, 25, unread)
    assert done.trace.status == "SUCCEEDED"
    statement = done.trace.statement
    assert statement is not None
    assert done.trace.output == {"statement_id": statement.statement_id, "status": "FINISHED"}
    assert (statement.query_seconds, done.statements_executed) == (25.0, 1)


@BOTH
def test_an_answer_without_a_field_costs_the_output_and_not_the_execution(way: str) -> None:
    done = rehearsed(way, 25, change=name_an_absent_field)
    assert done.trace.status == "SUCCEEDED"
    assert sorted(done.trace.output) == ["statement_id", "status"]


@BOTH
def test_a_look_that_times_out_has_a_name_though_it_has_no_cause(way: str) -> None:
    done = rehearsed(way, 2_500, "delay:work=look,seconds=60,calls=0")
    assert (done.trace.status, done.trace.error_name) == ("FAILED", "DataApiUnavailable")
    assert "States.Timeout" in (done.trace.cause or "")
    assert done.statements_running == 0


def test_a_submit_that_used_the_time_up_is_looked_at_when_the_deadline_passes() -> None:
    document = {"timeout_seconds": 100, "poll": {"policy": "fixed", "interval_seconds": 100}}
    done = rehearsed(DIRECT, 2_500, "throttle:work=submit,calls=12", document=document)
    assert (done.trace.error_name, looked_at(done)) == ("BatchTimedOut", [100.0])
    late = rehearsed(DIRECT, 2_500, "throttle:work=submit,calls=20", document=document)
    # Retry knows no deadline: the submit was taken at 150 s, and the first look is at once.
    assert (late.trace.error_name, looked_at(late)) == ("BatchTimedOut", [150.0])


def test_a_look_that_came_late_leaves_no_delay_that_ends_after_the_deadline() -> None:
    document = {"timeout_seconds": 5, "poll": {"policy": "adaptive"}}
    done = rehearsed(DIRECT, 60, "delay:work=look,nth=1,seconds=1.5", document=document)
    # Delays of 2, 2 and 1 s: the second would end at 5.5 s.
    assert (done.trace.error_name, looked_at(done)) == ("BatchTimedOut", [3.5, 5.0])


def test_looks_that_nobody_holds_are_a_minute_apart() -> None:
    def ignore_the_parameter(states: States) -> None:
        del states["Check status"]["Parameters"]["WaitTimeSeconds"]

    done = rehearsed(HELD, 600, change=ignore_the_parameter)
    assert (done.trace.status, looked_at(done)) == ("SUCCEEDED", [60.0 * n for n in range(11)])


def test_looks_that_are_held_are_followed_by_no_wait() -> None:
    done = rehearsed(HELD, 600)
    assert looked_at(done) == [30.0 * n for n in range(1, 21)]
    assert count(done.trace).of(STATE_TRANSITIONS) == 2 * 20 + 3
