"""Submit, check and cancel, against a Data API that keeps one statement in memory."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from redshift_batch import errors, lifecycle, submission
from redshift_batch.model import Batch, Failure, FixedPoll, NamedStatement, Progress, Statement, Submission
from redshift_batch.settings import Settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLL_BUDGET = 2_742
SETTINGS = Settings(database="dev", workgroup_name="reports", inline_sql_allowed=True)


@dataclass
class OneStatement:
    """A Data API with one statement; ``after_cancel`` is what a cancel makes of it."""

    status: str = "STARTED"
    after_cancel: str = "ABORTED"
    by_name: dict[str, str] = field(default_factory=dict)
    submitted: list[Batch] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def submit(
        self, batch: Batch, execution_id: str, *, with_event: bool = False, callback_id: str = ""
    ) -> Statement:
        if execution_id not in self.by_name:
            self.by_name[execution_id] = "s-1"
            self.submitted.append(batch)
        return Statement("s-1", "SUBMITTED", NOW, NOW)

    def describe(self, statement_id: str, *, wait_seconds: int = 0) -> Statement:
        return Statement(statement_id, self.status, NOW, NOW + timedelta(seconds=2), 1.5, 9)

    def cancel(self, statement_id: str) -> None:
        self.cancelled.append(statement_id)
        self.status = self.after_cancel

    def find(self, execution_id: str) -> str | None:
        return self.by_name.get(execution_id)

    def running(self) -> list[NamedStatement]:
        return [NamedStatement(number, execution, NOW) for execution, number in self.by_name.items()]


def submit(data_api: OneStatement, event: Any, now: datetime = NOW) -> Progress:
    return submission.submit(
        event, "arn:1", data_api=data_api, settings=SETTINGS, poll_budget=POLL_BUDGET, now=now
    )


def test_a_batch_whose_end_an_event_tells_is_checked_by_its_fallback() -> None:
    event = {"sql": "SELECT 1", "poll": {"interval_seconds": 4}, "fallback": {"interval_seconds": 900}}
    progress = submission.submit(
        event,
        "arn:1",
        data_api=OneStatement(),
        settings=SETTINGS,
        poll_budget=POLL_BUDGET,
        now=NOW,
        with_event=True,
    )
    assert (progress.delay_seconds, progress.poll) == (900, FixedPoll(interval_seconds=900))


def check(data_api: OneStatement, progress: Progress, now: datetime) -> Progress:
    return lifecycle.check(progress, data_api=data_api, poll_budget=POLL_BUDGET, now=now)


def test_a_submit_says_how_long_to_wait_first() -> None:
    progress = submit(OneStatement(), {"sql": "SELECT 1", "poll": {"interval_seconds": 4}})
    assert (progress.delay_seconds, progress.polls, progress.status) == (4, 0, "SUBMITTED")
    assert progress.output["statement_count"] == 1


def test_a_repeated_submit_does_not_run_the_sql_twice() -> None:
    data_api = OneStatement()
    assert submit(data_api, {"sql": "SELECT 1"}) == submit(data_api, {"sql": "SELECT 1"})
    assert len(data_api.submitted) == 1


def test_a_handlers_clock_that_runs_behind_redshifts_does_not_lengthen_the_deadline() -> None:
    early = submit(OneStatement(), {"sql": "SELECT 1", "timeout_seconds": 5}, NOW - timedelta(seconds=30))
    assert early.delay_seconds == 5


def test_nothing_is_submitted_for_a_wrong_input() -> None:
    data_api = OneStatement()
    with pytest.raises(errors.EmptyBatch):
        submit(data_api, {"sql": ""})
    assert data_api.submitted == []


def test_each_check_counts_as_a_poll_and_keeps_the_batch_in_mind() -> None:
    data_api = OneStatement()
    progress = submit(data_api, {"sql": "SELECT 1; SELECT 2", "timeout_seconds": 50})
    for polls in (1, 2):
        progress = check(data_api, progress, NOW + timedelta(seconds=10 * polls))
        assert (progress.polls, progress.output["statement_count"], progress.timeout_seconds) == (
            polls,
            2,
            50,
        )
        assert lifecycle.is_running(progress.to_json())
    data_api.status = "FINISHED"
    kept = check(data_api, progress, NOW + timedelta(seconds=30)).to_json()
    assert lifecycle.is_finished(kept)
    assert not lifecycle.is_running(kept)
    assert lifecycle.output_of(kept)["query_seconds"] == 1.5


def test_past_its_deadline_a_batch_is_not_waited_for() -> None:
    data_api = OneStatement()
    progress = submit(data_api, {"sql": "SELECT 1", "timeout_seconds": 20})
    kept = check(data_api, progress, NOW + timedelta(seconds=20)).to_json()
    assert not lifecycle.is_running(kept)
    assert not lifecycle.has_ended(kept)
    assert isinstance(lifecycle.failure_of(kept), errors.BatchTimedOut)


def test_a_cancel_stops_the_statement_and_keeps_the_reason() -> None:
    data_api = OneStatement()
    progress = submit(data_api, {"sql": "SELECT 1", "timeout_seconds": 20})
    kept = check(data_api, progress, NOW + timedelta(seconds=20)).to_json()
    cancelled = lifecycle.cancel("arn:1", kept, data_api=data_api)
    assert data_api.cancelled == ["s-1"]
    assert cancelled["output"]["status"] == "ABORTED"
    assert cancelled["output"]["polls"] == 1
    assert isinstance(lifecycle.failure_of(cancelled), errors.BatchTimedOut)


def test_a_batch_that_finished_before_the_cancel_is_a_success() -> None:
    data_api = OneStatement(after_cancel="FINISHED")
    progress = submit(data_api, {"sql": "SELECT 1", "timeout_seconds": 20})
    cancelled = lifecycle.cancel("arn:1", progress.to_json(), data_api=data_api)
    assert lifecycle.is_finished(cancelled)


def test_a_statement_whose_id_was_lost_is_found_by_name_and_cancelled() -> None:
    data_api = OneStatement()
    submit(data_api, {"sql": "SELECT 1"})
    kept = lifecycle.with_failure({}, errors.DataApiUnavailable("no answer"))
    cancelled = lifecycle.cancel("arn:1", kept, data_api=data_api)
    assert data_api.cancelled == ["s-1"]
    assert len(data_api.submitted) == 1
    assert isinstance(lifecycle.failure_of(cancelled), errors.DataApiUnavailable)


def test_a_cancel_without_a_statement_asks_to_look_again_for_its_submit_may_be_on_its_way() -> None:
    data_api = OneStatement()
    kept = lifecycle.with_failure({}, errors.DataApiUnavailable("no answer"))
    with pytest.raises(errors.NothingToCancelYet):
        lifecycle.cancel("arn:1", kept, data_api=data_api)
    submit(data_api, {"sql": "SELECT 1"})
    lifecycle.cancel("arn:1", kept, data_api=data_api)
    assert data_api.cancelled == ["s-1"]


def test_a_cancel_after_a_defect_looks_once_for_the_submit_told_of_it_itself() -> None:
    kept = lifecycle.with_failure({}, errors.UnexpectedError("KeyError at batch.py:1"))
    cancelled = lifecycle.cancel("arn:1", kept, data_api=OneStatement())
    assert cancelled["output"] == {"status": "NOT_SUBMITTED"}
    assert not lifecycle.was_cancelled(cancelled)
    assert not lifecycle.is_finished(cancelled)
    assert isinstance(lifecycle.failure_of(cancelled), errors.UnexpectedError)


def test_what_a_defect_left_running_is_cancelled() -> None:
    data_api = OneStatement(by_name={"arn:1": "s-1"})
    kept = lifecycle.with_failure({}, errors.UnexpectedError("KeyError at data_api.py:1"))
    assert lifecycle.was_cancelled(lifecycle.cancel("arn:1", kept, data_api=data_api))
    assert data_api.cancelled == ["s-1"]


def test_a_failure_recorded_by_step_functions_is_read_as_well() -> None:
    progress = submit(OneStatement(), {"sql": "SELECT 1"})
    failed = replace(progress, failure=Failure("HandlerTimedOut", "cut off")).to_json()
    assert isinstance(lifecycle.failure_of(failed), errors.HandlerTimedOut)


def test_what_an_execution_left_running_is_cancelled_once() -> None:
    data_api = OneStatement()
    released = lifecycle.release("arn:1", Submission("s-1"), data_api=data_api)
    again = lifecycle.release("arn:1", Submission("s-1"), data_api=data_api)
    assert (released.outcome, again.outcome, data_api.cancelled) == ("cancelled", "had ended", ["s-1"])


def test_an_execution_that_sent_nothing_has_nothing_to_cancel() -> None:
    data_api = OneStatement()
    released = lifecycle.release("arn:1", Submission(None, possible=False), data_api=data_api)
    assert (released.outcome, released.statement_id) == ("nothing was submitted", None)


def test_a_statement_that_the_record_does_not_know_is_found_by_its_name_and_never_submitted_again() -> None:
    data_api = OneStatement(by_name={"arn:1": "s-1"})
    assert lifecycle.release("arn:1", Submission(None), data_api=data_api).outcome == "cancelled"
    assert data_api.submitted == []


def test_a_submit_in_flight_is_looked_for_again() -> None:
    with pytest.raises(errors.NothingToCancelYet):
        lifecycle.release("arn:1", Submission(None), data_api=OneStatement())


def test_a_sweep_stops_the_orphans_and_leaves_the_others() -> None:
    data_api = OneStatement(by_name={"arn:over": "s-1", "arn:running": "s-2"})
    found = list(lifecycle.sweep(data_api, lambda arn: arn == "arn:over", NOW))
    assert [getattr(one, "execution_id", None) for one in found] == ["arn:over"]
    assert data_api.cancelled == ["s-1"]


def test_a_sweep_goes_on_after_a_fault() -> None:
    data_api = OneStatement(by_name={"arn:unreadable": "s-1", "arn:over": "s-2"})

    def has_ended(arn: str) -> bool:
        if arn == "arn:unreadable":
            raise errors.ExecutionNotReadable("no answer")
        return True

    first, second = lifecycle.sweep(data_api, has_ended, NOW)
    assert isinstance(first, errors.ExecutionNotReadable)
    assert isinstance(second, lifecycle.Release)
    assert data_api.cancelled == ["s-2"]


@pytest.mark.parametrize(("minutes", "stopped"), [(1, []), (11, ["s-1"])])
def test_a_sweep_takes_an_unknown_execution_for_a_new_one_at_first(minutes: int, stopped: list[str]) -> None:
    """DescribeExecution is eventually consistent: a healthy execution must not lose its statement."""
    data_api = OneStatement(by_name={"arn:unknown": "s-1"})
    list(lifecycle.sweep(data_api, lambda _arn: None, NOW + timedelta(minutes=minutes)))
    assert data_api.cancelled == stopped


def kept_by_a_definition(status: str = "STARTED", **more: Any) -> dict[str, Any]:
    """Return what a state machine keeps that calls the Data API itself: nobody counts its polls."""
    output = {"statement_id": "s-1", "status": status, "statement_count": 1}
    return {"output": output, "failure": {"Error": "BatchTimedOut", "Cause": "late"}, **more}


@pytest.mark.parametrize(("status", "error"), [("FAILED", "BatchFailed"), ("ABORTED", "BatchAborted")])
def test_a_statement_that_has_ended_is_not_cancelled_and_fails_in_redshifts_own_words(
    status: str, error: str
) -> None:
    data_api = OneStatement(status=status)
    found = lifecycle.cancel("arn:1", kept_by_a_definition(status), data_api=data_api)
    assert data_api.cancelled == []
    assert found["failure"]["Error"] == error
    assert found["output"]["status"] == status


def test_a_cancel_keeps_the_failure_that_it_was_given_and_makes_up_no_polls() -> None:
    found = lifecycle.cancel("arn:1", kept_by_a_definition(), data_api=OneStatement())
    assert found["failure"] == {"Error": "BatchTimedOut", "Cause": "late"}
    assert "polls" not in found["output"]


def test_a_refused_submit_that_left_no_statement_has_nothing_to_cancel() -> None:
    kept = {"output": {"sqls": ["SELECT 1"]}, "failure": {"Error": "DataApiRefused", "Cause": "no"}}
    found = lifecycle.cancel("arn:1", kept, data_api=OneStatement())
    assert found["output"] == {"status": "NOT_SUBMITTED"}


def test_a_failure_that_came_without_a_cause_has_an_empty_one_after_the_cancel() -> None:
    data_api = OneStatement()
    progress = submit(data_api, {"sql": "SELECT 1"}).to_json() | {"failure": {"Error": "States.Timeout"}}
    cancelled = lifecycle.cancel("arn:1", progress, data_api=data_api)
    assert cancelled["failure"] == {"Error": "States.Timeout", "Cause": ""}
