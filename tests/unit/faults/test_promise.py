"""What breaks a promise, what does not, and when a fault counts as noticed."""

from dataclasses import replace

import pytest

from orchbench.faults.promise import Observation, broken_promises, differences, missed_faults, time_to_detect
from orchbench.trace import ExecutionStatus, Label

GOOD = Observation(
    way="sfn-poll",
    status=ExecutionStatus.SUCCEEDED,
    error_name=None,
    executions=1,
    commits=1,
    running=0,
    heard_the_end=True,
    detection_seconds=5.0,
    met=True,
    label=Label.REHEARSED,
)
FAILED = replace(GOOD, status=ExecutionStatus.FAILED, error_name="BatchFailed", commits=0)


@pytest.mark.parametrize(
    "kept",
    [
        GOOD,
        FAILED,
        replace(FAILED, executions=0),
        replace(FAILED, status=ExecutionStatus.STOPPED, error_name=None, commits=1),
        replace(FAILED, error_name="DataApiUnavailable", heard_the_end=False, commits=1),
    ],
)
def test_an_execution_that_tells_the_truth_breaks_nothing(kept: Observation) -> None:
    assert broken_promises(kept) == []


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (replace(GOOD, status=ExecutionStatus.RUNNING), "did not end"),
        (replace(GOOD, executions=2), "ran 2 times"),
        (replace(GOOD, commits=2), "committed 2 times"),
        (replace(GOOD, running=1), "ran on after the end"),
        (replace(GOOD, commits=0), "succeeded, and its transaction was not committed"),
        (replace(FAILED, commits=1), "failed with BatchFailed, and its transaction was committed"),
    ],
)
def test_each_broken_promise_is_one_sentence(broken: Observation, sentence: str) -> None:
    assert any(sentence in one for one in broken_promises(broken))


def test_ways_that_end_alike_differ_in_nothing() -> None:
    assert differences([GOOD, replace(GOOD, way="durable-poll", detection_seconds=9.0)]) == []


def test_ways_that_end_apart_are_told_with_their_ends() -> None:
    (sentence,) = differences([GOOD, replace(FAILED, way="durable-poll")])
    assert "sfn-poll SUCCEEDED, 1 committed; durable-poll FAILED BatchFailed, 0 committed" in sentence


def test_a_fault_is_met_or_it_is_said_why_not() -> None:
    unmet = replace(GOOD, met=False)
    assert missed_faults(GOOD) == missed_faults(replace(unmet, unmeetable="it has no cancel")) == []
    assert missed_faults(unmet) == ["sfn-poll: it did not meet the fault."]
    assert missed_faults(replace(GOOD, unmeetable="it has no cancel")) != []


def test_what_a_service_calls_its_own_end_is_not_compared() -> None:
    timed_out = replace(FAILED, status=ExecutionStatus.TIMED_OUT, error_name="Timeout")
    assert differences([timed_out, replace(timed_out, error_name=None)]) == []


def detected(**given: float | bool | None) -> float | None:
    nothing: dict[str, float | bool | None] = {
        "struck_at": 10.0,
        "ended_from_outside": False,
        "ended_by_itself_at": None,
        "execution_ended_at": 40.0,
        "statement_ended_at": None,
    }
    return time_to_detect(**(nothing | given))  # type: ignore[arg-type]


def test_an_end_of_the_statement_is_noticed_when_its_execution_ends() -> None:
    assert detected(ended_by_itself_at=35.0, statement_ended_at=35.0) == 5.0


def test_a_stop_is_over_when_the_statement_is_stopped() -> None:
    assert detected(ended_from_outside=True, statement_ended_at=70.0) == 30.0


def test_a_fault_that_ends_the_execution_counts_from_its_first_effect() -> None:
    assert detected(statement_ended_at=39.0) == 30.0
    assert detected(struck_at=None) is None


def test_an_execution_that_runs_on_has_noticed_nothing() -> None:
    assert detected(execution_ended_at=None) is None
