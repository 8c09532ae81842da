"""The state machine that waits for its statement's event with a task token, on moto's interpreter."""

import json
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orchbench.evaluation.counts import count
from orchbench.evaluation.latency import latency
from orchbench.platforms.meters import STATE_TRANSITIONS
from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.rehearsal.aws import Aws
from orchbench.trace import EventKind, Work
from orchbench.virtual_time.clock import VirtualClock

WAY = "sfn-callback"
FALLBACK_SECONDS = 1_800
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:orchbench-sfn-callback:rehearsal"
Answers = list[Any]


def rehearsed(seconds: float, *faults: str, timeout_seconds: int = 7_200, **others: Any) -> Rehearsal:
    document = {"timeout_seconds": timeout_seconds}
    scenario = Scenario(seconds, document, faults=tuple(map(Fault.parse, faults)))
    done = rehearse(scenario, WAY, **others)
    assert (done.unmet, done.statements_executed, done.statements_running) == ((), 1, 0)
    return done


def waits(done: Rehearsal) -> list[str]:
    """Return how each wait ended."""
    ends = (EventKind.WAIT_WOKEN, EventKind.WAIT_RAN_OUT)
    return [event.kind.value for event in done.trace.events if event.kind in ends]


@pytest.mark.parametrize(
    ("minutes", "transitions", "ends"),
    [(19, 5, ["wait woken"]), (59, 8, ["wait ran out", "wait woken"])],
)
def test_a_batch_costs_a_few_transitions_and_its_end_is_seen_at_once(
    minutes: int, transitions: int, ends: list[str]
) -> None:
    done = rehearsed(minutes * 60.0)

    assert done.trace.status == "SUCCEEDED"
    assert count(done.trace).of(STATE_TRANSITIONS) == transitions
    assert latency(done.trace).detection_lag_seconds == 0
    assert waits(done) == ends


@pytest.mark.slow
def test_a_query_of_a_day_uses_fewer_transitions_than_an_hour_of_polling() -> None:
    done = rehearsed(86_399.0, timeout_seconds=86_400)

    assert (done.trace.status, waits(done)[-1]) == ("SUCCEEDED", "wait woken")
    assert count(done.trace).of(STATE_TRANSITIONS) == 2 + 3 * 48


def test_the_fallback_finds_an_end_whose_event_was_lost() -> None:
    done = rehearsed(3_540.0, "lose-statement-event")

    assert (done.trace.status, waits(done)) == ("SUCCEEDED", ["wait ran out", "wait ran out"])
    assert latency(done.trace).detection_lag_seconds == 2 * FALLBACK_SECONDS - 3_540
    # A wait that ran out is no failure: nothing was tried again.
    assert count(done.trace).retries == 0


@pytest.mark.parametrize("faults", [(), ("lose-statement-event",)], ids=["told", "lost"])
def test_a_statement_that_has_ended_before_its_token_exists_is_not_waited_for(
    faults: tuple[str, ...],
) -> None:
    done = rehearsed(0.0, *faults)

    assert (done.trace.status, waits(done)) == ("SUCCEEDED", ["wait woken"])
    assert latency(done.trace).detection_lag_seconds == 0


def test_an_event_that_is_forged_costs_one_look_and_nothing_else() -> None:
    done = rehearsed(600.0, "forge-statement-event:at=60")

    assert (done.trace.status, waits(done)) == ("SUCCEEDED", ["wait woken", "wait woken"])
    assert latency(done.trace).detection_lag_seconds == 0
    assert count(done.trace).of(STATE_TRANSITIONS) == 8


@pytest.mark.parametrize("kind", ["throttle", "crash-before", "crash-after", "hang", "lose-answer"])
def test_a_fault_of_what_arms_the_wait_is_retried(kind: str) -> None:
    done = rehearsed(600.0, f"{kind}:work=wait")

    assert (done.trace.status, waits(done)) == ("SUCCEEDED", ["wait woken"])
    assert latency(done.trace).detection_lag_seconds == 0


def test_a_wait_that_cannot_be_armed_is_given_up_as_a_check_that_fails() -> None:
    armed, checked = (rehearsed(6_000.0, f"throttle:work={work},calls=0") for work in ("wait", "look"))

    assert armed.trace.status == "FAILED"
    assert armed.trace.error_name == checked.trace.error_name == "DataApiThrottled"


def test_what_is_stopped_while_it_waits_leaves_nothing_running() -> None:
    done = rehearsed(6_000.0, "stop:at=33")

    assert (done.trace.status, waits(done)) == ("STOPPED", [])
    assert done.trace.ended_at is not None
    assert done.trace.ended_at - done.trace.started_at == 33


def asked(*requests: tuple[float, str, dict[str, Any]], into: Answers) -> Any:
    """Return somebody who asks Step Functions at some moments, while the execution runs and after it."""

    def at_hand(aws: Aws, clock: VirtualClock) -> dict[str, Any]:
        def ask(operation: str, request: dict[str, Any]) -> None:
            try:
                into.append(aws.invoke("stepfunctions", operation, request))
            except ClientError as refused:
                into.append(refused.response["Error"]["Code"])

        for moment, operation, request in requests:
            clock.at(clock.now() + moment, partial(ask, operation, request))
        return {}

    return at_hand


def test_a_history_is_read_from_either_end_while_the_execution_waits() -> None:
    found: Answers = []
    whole = {"executionArn": EXECUTION}
    page = whole | {"reverseOrder": True, "maxResults": 2}
    services = asked(
        (60, "GetExecutionHistory", whole),
        (60, "GetExecutionHistory", page),
        (60, "GetExecutionHistory", page | {"nextToken": "2"}),
        (60, "DescribeExecution", whole),
        (60, "DescribeExecution", {"executionArn": f"{EXECUTION}-2"}),
        into=found,
    )
    rehearsed(600.0, services=services)
    history, newest, before, description, unknown = found

    types = [event["type"] for event in history["events"]]
    assert types[-3:] == ["TaskScheduled", "TaskStarted", "TaskSubmitted"]
    assert [event["type"] for event in newest["events"]] == ["TaskSubmitted", "TaskStarted"]
    assert before["events"][0]["type"] == "TaskScheduled"
    assert "nextToken" not in history
    scheduled = before["events"][0]["taskScheduledEventDetails"]
    assert (scheduled["resource"], scheduled["timeoutInSeconds"]) == ("invoke.waitForTaskToken", 1_800)
    assert json.loads(scheduled["parameters"])["Payload"]["task_token"]
    assert description["status"] == "RUNNING"
    assert not {"stopDate", "output"} & set(description)
    assert unknown == "ExecutionDoesNotExist"


def test_a_token_is_refused_as_step_functions_refuses_it() -> None:
    found: Answers = []

    def at_hand(aws: Aws, clock: VirtualClock) -> dict[str, Any]:
        def send(token: str, output: str = "{}") -> None:
            try:
                found.append(
                    aws.invoke("stepfunctions", "SendTaskSuccess", {"taskToken": token, "output": output})
                )
            except ClientError as refused:
                found.append(refused.response["Error"]["Code"])

        def newest() -> str:
            history = aws.invoke("stepfunctions", "GetExecutionHistory", {"executionArn": EXECUTION})
            scheduled = [
                one["taskScheduledEventDetails"] for one in history["events"] if "Scheduled" in one["type"]
            ]
            token: str = json.loads(scheduled[-1]["parameters"])["Payload"]["task_token"]
            return token

        def early() -> None:
            first = newest()
            send("a-token-of-nobody")
            send(first, "no JSON")
            clock.at(clock.now() + FALLBACK_SECONDS, partial(late, first))

        def late(first: str) -> None:
            for token in (first, newest(), newest()):
                send(token)

        clock.at(clock.now() + 60, early)
        return {}

    done = rehearsed(6_000.0, services=at_hand)
    # The token of a wait that ran out is closed, and each wait has its own; of two the first counts.
    assert found == ["InvalidToken", "InvalidOutput", "TaskTimedOut", {}, "TaskTimedOut"]
    assert waits(done)[:2] == ["wait ran out", "wait woken"]
    assert done.trace.status == "SUCCEEDED"


def test_each_attempt_at_arming_a_wait_has_a_token_of_its_own() -> None:
    found: Answers = []
    services = asked((120, "GetExecutionHistory", {"executionArn": EXECUTION}), into=found)
    rehearsed(600.0, "crash-before:work=wait", services=services)
    tokens = [
        json.loads(one["taskScheduledEventDetails"]["parameters"])["Payload"].get("task_token")
        for one in found[0]["events"]
        if one["type"] == "TaskScheduled"
    ]
    assert len(tokens) == len(set(tokens)) == 3


def test_the_works_of_its_functions_are_told_apart() -> None:
    done = rehearsed(600.0)

    invoked = [one.function_name.removeprefix("orchbench-") for one in done.trace.invocations]
    assert invoked == ["submit", "arm", "notify", "status"]
    answered = [event.work for event in done.trace.events if event.kind is EventKind.TASK_SUCCEEDED]
    assert answered == [Work.SUBMIT, Work.LOOK]
