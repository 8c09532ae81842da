"""The durable function that waits for an event: what it costs, and what an event that goes wrong costs it."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.counts import count
from orchbench.evaluation.estimate import Terms, estimate_way
from orchbench.evaluation.latency import latency
from orchbench.evaluation.learned import Learned, in_vain, learned
from orchbench.evaluation.prices import price_list
from orchbench.platforms.meters import DURABLE_OPERATIONS, HISTORY_EVENTS
from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.rehearsal.aws import Aws
from orchbench.rehearsal.rehearse import Services
from orchbench.trace import EventKind, ExecutionStatus
from orchbench.virtual_time.clock import VirtualClock
from orchbench.ways import way_named
from orchbench.ways.durations import Policy
from orchbench.ways.usage import NOTHING, Amounts, Ending

WAY = way_named("durable-callback")
HOUR = 3_600
LOST = "lose-statement-event"


def rehearsed(seconds: float, *faults: str, timeout_seconds: int = 2 * HOUR, **fallback: Any) -> Rehearsal:
    document = {"timeout_seconds": timeout_seconds} | ({"fallback": fallback} if fallback else {})
    return rehearse(Scenario(seconds, document, faults=tuple(map(Fault.parse, faults))), WAY)


def used(done: Rehearsal) -> tuple[int | None, int, int]:
    return done.operations, done.trace.history_events, len(done.trace.invocations)


def stated(
    rounds: int, *, ending: Ending = Ending.SUCCEEDED, events: int = 1, besides: Amounts = NOTHING
) -> tuple[int, int, int]:
    """Return what an execution uses by the way's own statement."""
    usage = WAY.usage
    parts = [usage.start, *[usage.poll] * rounds, *[usage.event] * events, usage.endings[ending], besides]
    total = sum(parts, NOTHING)
    return total.of(DURABLE_OPERATIONS), total.of(HISTORY_EVENTS), total.all_invocations


def ends_of_waits(done: Rehearsal) -> list[EventKind]:
    return [
        one.kind for one in done.trace.events if one.kind in (EventKind.WAIT_WOKEN, EventKind.WAIT_RAN_OUT)
    ]


@pytest.mark.parametrize(("minutes", "rounds", "operations"), [(19, 1, 4), (59, 2, 6), (119, 4, 10)])
def test_an_event_ends_a_batch_at_once_with_two_operations_for_each_half_hour(
    minutes: int, rounds: int, operations: int
) -> None:
    done = rehearsed(60.0 * minutes)

    assert done.trace.status is ExecutionStatus.SUCCEEDED
    assert latency(done.trace).detection_lag_seconds == 0
    assert used(done) == stated(rounds)
    assert done.operations == operations == 2 + 2 * rounds
    assert done.trace.history_events == 5 + 5 * rounds
    assert ends_of_waits(done) == [EventKind.WAIT_RAN_OUT] * (rounds - 1) + [EventKind.WAIT_WOKEN]
    assert (learned(done.trace), in_vain(done.trace)) == (Learned.BY_EVENT, 0)


@pytest.mark.parametrize(("seconds", "rounds"), [(1_140.0, 1), (3_540.0, 2)])
def test_an_event_that_is_lost_costs_the_fallbacks_delay_at_most_and_one_callback(
    seconds: float, rounds: int
) -> None:
    done = rehearsed(seconds, LOST)
    found = estimate_way(
        replace(Candidate.of(WAY), events_lost=True),
        seconds,
        Policy.fixed(10),
        Terms(price_list("us-east-1"), "x86_64", 128, default_assumptions()),
        2.0 * HOUR,
    ).followed

    assert done.trace.status is ExecutionStatus.SUCCEEDED
    assert (
        latency(done.trace).detection_lag_seconds == rounds * 1_800 - seconds == found.watched.lag_seconds[0]
    )
    assert used(done) == stated(rounds, events=0, besides=WAY.usage.by_fallback)
    counted = (int(found.of(DURABLE_OPERATIONS)[0]), int(found.of(HISTORY_EVENTS)[0]))
    assert (*counted, int(found.invocations[0])) == used(done)
    assert ends_of_waits(done) == [EventKind.WAIT_RAN_OUT] * rounds
    assert (learned(done.trace), in_vain(done.trace)) == (Learned.BY_FALLBACK, 0)


def test_an_end_that_the_fallback_finds_at_the_deadline_begins_no_callback_more() -> None:
    done = rehearsed(3_599.0, LOST, timeout_seconds=HOUR)

    assert done.trace.status is ExecutionStatus.SUCCEEDED
    assert used(done) == stated(2, events=0)


def test_a_wake_that_finds_the_statement_running_describes_it_once_more_and_goes_on() -> None:
    done = rehearsed(3_540.0, "forge-statement-event:at=60", "forge-statement-event:at=2000")

    assert done.trace.status is ExecutionStatus.SUCCEEDED
    assert latency(done.trace).detection_lag_seconds == 0
    # The second one comes into a wait that began anew with the first.
    twice = WAY.usage.in_vain + WAY.usage.in_vain
    assert used(done) == stated(4, events=3, besides=twice)
    assert (learned(done.trace), in_vain(done.trace)) == (Learned.BY_EVENT, 2)
    assert ends_of_waits(done) == [
        EventKind.WAIT_WOKEN,
        EventKind.WAIT_RAN_OUT,
        EventKind.WAIT_WOKEN,
        EventKind.WAIT_WOKEN,
    ]


@pytest.mark.parametrize(
    ("fault", "error"), [("fail:at=2000", "BatchFailed"), ("abort:at=2000", "BatchAborted")]
)
def test_a_statement_that_fails_is_told_of_as_soon(fault: str, error: str) -> None:
    done = rehearsed(3_540.0, fault)

    assert (done.trace.status, done.trace.error_name) == (ExecutionStatus.FAILED, error)
    assert done.trace.ended_at == done.trace.started_at + 2_000
    assert used(done) == stated(2, ending=Ending.FAILED)


def test_a_deadline_cancels_whatever_is_waited_for() -> None:
    done = rehearsed(2.0 * HOUR, timeout_seconds=HOUR)

    assert (done.trace.error_name, done.statements_running) == ("BatchTimedOut", 0)
    assert done.trace.ended_at == done.trace.started_at + HOUR
    assert used(done) == stated(2, ending=Ending.TIMED_OUT)
    assert learned(done.trace) is None


def test_a_wait_is_never_longer_than_the_batch_may_take() -> None:
    done = rehearsed(100.0, LOST, timeout_seconds=120)

    (wait,) = [one for one in done.trace.events if one.kind is EventKind.WAIT_STARTED]
    assert (wait.detail["delay_seconds"], done.trace.status) == (120, ExecutionStatus.SUCCEEDED)


def test_the_waits_follow_a_fallback_that_changes_its_delays() -> None:
    done = rehearsed(400.0, LOST, policy="adaptive", share=0.5, minimum_seconds=60, maximum_seconds=600)

    waits = [one.detail["delay_seconds"] for one in done.trace.events if one.kind is EventKind.WAIT_STARTED]
    assert (waits, done.trace.status) == ([60, 60, 60, 90, 135, 203], ExecutionStatus.SUCCEEDED)


@pytest.mark.parametrize("document", [{"fallback": {"interval_seconds": 0}}, {"timeout_seconds": "soon"}, []])
def test_a_wrong_input_is_refused_by_the_submit_though_a_callback_waits(document: Any) -> None:
    done = rehearse(Scenario(10.0, document), WAY)

    assert (done.trace.status, done.statements_executed) == (ExecutionStatus.FAILED, 0)
    assert str(done.trace.error_name).startswith("Invalid")


@pytest.mark.slow
def test_a_day_of_waiting_is_a_hundred_operations() -> None:
    done = rehearsed(86_399.0, timeout_seconds=86_400)

    assert done.trace.status is ExecutionStatus.SUCCEEDED
    assert used(done) == stated(48)
    assert done.operations == 98


# What the service answers meanwhile


@pytest.fixture(scope="module")
def arn() -> str:
    """The ARN that an execution of this name has in every rehearsal."""
    return rehearsed(1.0).trace.execution_arn


class Caller:
    """Asks Lambda about the execution that runs, and keeps the answers."""

    def __init__(self, arn: str, *calls: tuple[float, str]) -> None:
        self.answers: list[Any] = []
        self._arn = arn
        self._calls = calls
        self._first = ""

    def __call__(self, aws: Aws, clock: VirtualClock) -> Services:
        for after_seconds, operation in self._calls:
            clock.at(clock.now() + after_seconds, partial(self._call, aws, operation))
        return {}

    def _call(self, aws: Aws, operation: str) -> None:
        if not self._first:
            history = aws.invoke("lambda", "GetDurableExecutionHistory", {"DurableExecutionArn": self._arn})
            started = next(one for one in history["Events"] if one["EventType"] == "CallbackStarted")
            self._first = started["CallbackStartedDetails"]["CallbackId"]
        try:
            request = {"DurableExecutionArn": self._arn, "CallbackId": self._first}
            self.answers.append(aws.invoke("lambda", operation, request))
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            self.answers.append((error.response["Error"]["Code"], status))


SUCCESS, FAILURE = "SendDurableExecutionCallbackSuccess", "SendDurableExecutionCallbackFailure"
CLOSED = ("CallbackTimeoutException", 400)


def test_a_callback_that_somebody_fails_is_a_wake_like_any_other(arn: str) -> None:
    caller = Caller(arn, (60, FAILURE), (61, SUCCESS))
    done = rehearse(Scenario(600.0), WAY, services=caller)

    assert (done.trace.status, count(done.trace).polls) == (ExecutionStatus.SUCCEEDED, 3)
    assert ends_of_waits(done) == [EventKind.WAIT_WOKEN, EventKind.WAIT_WOKEN]
    assert caller.answers == [{}, CLOSED]


def test_a_callback_that_has_run_out_is_closed(arn: str) -> None:
    caller = Caller(arn, (1, "GetDurableExecution"), (1_801, SUCCESS))
    done = rehearse(Scenario(3_540.0), WAY, services=caller)

    description, refused = caller.answers
    assert (description["Status"], "EndTimestamp" in description) == ("RUNNING", False)
    assert (refused, done.operations) == (CLOSED, 6)


def test_what_there_is_none_of_is_not_found(arn: str) -> None:
    unknown = [
        (SUCCESS, {"CallbackId": "bm9uZQ=="}),
        ("GetDurableExecutionHistory", {"DurableExecutionArn": f"{arn}0"}),
        ("GetDurableExecution", {"DurableExecutionArn": f"{arn}0"}),
    ]
    codes = []

    def at_hand(aws: Aws, clock: VirtualClock) -> Services:
        def ask() -> None:
            for operation, request in unknown:
                with pytest.raises(ClientError) as refused:
                    aws.invoke("lambda", operation, request)
                codes.append(refused.value.response["Error"]["Code"])

        clock.at(clock.now() + 10, ask)
        return {}

    rehearse(Scenario(60.0), WAY, services=at_hand)
    assert codes == ["ResourceNotFoundException"] * 3


def test_a_history_is_read_from_its_end_a_page_at_a_time(arn: str) -> None:
    pages: list[list[str]] = []

    def at_hand(aws: Aws, clock: VirtualClock) -> Services:
        def read() -> None:
            request: dict[str, Any] = {"DurableExecutionArn": arn, "MaxItems": 3, "ReverseOrder": True}
            while True:
                page = aws.invoke("lambda", "GetDurableExecutionHistory", request)
                pages.append([event["EventType"] for event in page["Events"]])
                if "NextMarker" not in page:
                    return
                request["Marker"] = page["NextMarker"]

        clock.at(clock.now() + 10, read)
        return {}

    rehearse(Scenario(60.0), WAY, services=at_hand)
    assert pages == [
        ["InvocationCompleted", "StepSucceeded", "StepStarted"],
        ["CallbackStarted", "ExecutionStarted"],
    ]
