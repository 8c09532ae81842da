"""A rehearsed history has the shape and order that AWS writes."""

import io
import json
import random
from typing import Any

from orchbench.rehearsal import Fault, Scenario, rehearse
from orchbench.rehearsal.hosts.step_functions.history import History
from orchbench.rehearsal.hosts.step_functions.host import StateMachineHost
from orchbench.rehearsal.works import Works
from orchbench.trace import EventKind, Trace
from orchbench.virtual_time.application import StateMachine, load_application
from orchbench.virtual_time.clock import VirtualClock
from orchbench.ways import way_named

TASK = ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"]
WAIT = ["WaitStateEntered", "WaitStateExited"]
CHOICE = ["ChoiceStateEntered", "ChoiceStateExited"]


def trace_of(way: str, duration: float, *faults: str) -> Trace:
    return rehearse(Scenario(duration, {}, faults=tuple(map(Fault.parse, faults)), seed=1), way).trace


def kinds(trace: Trace) -> list[tuple[str, str]]:
    return [(event.kind.value, event.name) for event in trace.events]


def test_a_state_machine_writes_five_events_a_task_and_two_a_wait_and_a_choice() -> None:
    trace = trace_of("sfn-poll", 15)
    assert trace.history_events == 1 + 5 + 2 * 9 + 2 + 1
    entered = [event.name for event in trace.events if event.kind is EventKind.STATE_ENTERED]
    check = ["Wait before check", "Check status", "Batch finished?"]
    assert entered == ["Submit batch", *check, *check, "Batch succeeded"]


def test_a_task_that_is_retried_writes_three_events_more_for_each_retry() -> None:
    plain = trace_of("sfn-poll", 15).history_events
    # Three attempts of botocore, then one of the state machine.
    retried = trace_of("sfn-poll", 15, "throttle:operation=DescribeStatement,calls=3").history_events
    assert retried == plain + 3


def test_a_failed_execution_ends_with_its_fail_state() -> None:
    trace = trace_of("sfn-poll", 15, "fail:at=5")
    assert kinds(trace)[-2:] == [("state entered", "Batch did not finish"), ("execution ended", "")]


def test_a_durable_execution_writes_its_events_in_the_order_they_happen() -> None:
    trace = trace_of("durable-poll", 15)
    poll = [
        ("wait started", "wait-before-check"),
        ("invocation ended", ""),
        ("wait ended", "wait-before-check"),
        ("step started", "check-status"),
        ("step succeeded", "check-status"),
    ]
    found = kinds(trace)
    assert found[0][0] == "execution started"
    assert found[1:-2] == [
        ("step started", "submit-batch"), ("step succeeded", "submit-batch"), *poll, *poll
    ]  # fmt: skip
    assert [kind for kind, _ in found[-2:]] == ["invocation ended", "execution ended"]


class _Lambda:
    """A client that answers each Task without a handler."""

    def __init__(self, answers: list[Any]) -> None:
        self._answers = iter(answers)

    def invoke(self, **_: Any) -> dict[str, Any]:
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(next(self._answers)).encode())}


def test_the_history_has_ids_from_one_and_points_back() -> None:
    machine = load_application().target(way_named("sfn-poll"))
    assert isinstance(machine, StateMachine)
    # The record itself, before it becomes a trace.
    from orchbench.virtual_time.latency import Latency, profiles

    progress = {"output": {"status": "FINISHED"}, "delay_seconds": 10, "deadline_passed": False}
    clock = VirtualClock()
    client = _Lambda([progress, progress])
    history = History(clock, Latency(profiles()["zero"], 0), Works())
    host = StateMachineHost(machine, history, clock, random.Random(0), lambda _service: client)
    with clock.wall_clock():
        host.run("one", {})
    events = host.record().events
    assert [event["type"] for event in events] == [
        "ExecutionStarted", *TASK, *WAIT, *TASK, *CHOICE,
        "SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded",
    ]  # fmt: skip
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    # The first state points to no event, as on AWS: ExecutionStarted is not its cause there.
    assert [event["previousEventId"] for event in events[:3]] == [0, 0, 2]
