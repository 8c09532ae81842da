"""What follows from each description of a statement."""

from datetime import UTC, datetime, timedelta

import pytest

from redshift_batch.model import AdaptivePoll, FixedPoll, Progress, Statement, SubStatement
from redshift_batch.status import assess, seconds_after_next

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
POLL_BUDGET = 2_742


def progress_at(seconds: float, status: str, error: str | None = None, timeout: int = 60) -> Progress:
    statement = Statement(
        statement_id="s-1",
        status=status,
        created_at=CREATED,
        updated_at=CREATED + timedelta(seconds=1.25),
        query_seconds=1.5,
        result_rows=7,
        error=error,
        sub_statements=(SubStatement("s-1:1", status, 7, 1.5, error),),
    )
    return assess(
        statement,
        timeout_seconds=timeout,
        poll=FixedPoll(),
        polls=3,
        statement_count=1,
        now=CREATED + timedelta(seconds=seconds),
        poll_budget=POLL_BUDGET,
    )


@pytest.mark.parametrize("status", ["SUBMITTED", "PICKED", "STARTED"])
def test_a_running_statement_is_waited_for(status: str) -> None:
    progress = progress_at(20, status)
    assert (progress.deadline_passed, progress.failure, progress.delay_seconds) == (False, None, 10)


def test_the_last_wait_ends_at_the_deadline() -> None:
    assert progress_at(57.5, "STARTED").delay_seconds == 3


@pytest.mark.parametrize("seconds", [60, 60.001, 10_000])
def test_a_statement_that_runs_past_the_deadline_fails_as_timed_out(seconds: float) -> None:
    progress = progress_at(seconds, "STARTED")
    assert progress.deadline_passed
    assert progress.failure is not None
    assert progress.failure.error == "BatchTimedOut"
    assert "timeout of 60 seconds" in progress.failure.cause


@pytest.mark.parametrize(
    ("status", "error", "cause"),
    [
        ("FAILED", "BatchFailed", "relation does not exist"),
        ("ABORTED", "BatchAborted", "relation does not exist"),
        ("RESIZED", "UnknownStatementStatus", "'RESIZED', which this version does not know"),
    ],
)
def test_an_ending_that_is_no_success_names_itself(status: str, error: str, cause: str) -> None:
    progress = progress_at(20, status, error="relation does not exist")
    assert progress.failure is not None
    assert progress.failure.error == error
    assert cause in progress.failure.cause


def test_a_finished_statement_is_a_success_however_late() -> None:
    progress = progress_at(10_000, "FINISHED")
    assert (progress.deadline_passed, progress.failure) == (False, None)


def test_the_output_has_the_contracts_fields_and_the_services_times() -> None:
    assert progress_at(20, "FINISHED").output == {
        "statement_id": "s-1",
        "status": "FINISHED",
        "statement_count": 1,
        "polls": 3,
        "created_at": "2026-01-01T00:00:00.000000Z",
        "updated_at": "2026-01-01T00:00:01.250000Z",
        "query_seconds": 1.5,
        "result_rows": 7,
        "statements": [
            {"statement_id": "s-1:1", "status": "FINISHED", "result_rows": 7, "query_seconds": 1.5}
        ],
    }


def test_sub_statements_are_kept_for_the_end() -> None:
    assert progress_at(20, "STARTED").output["statements"] == []


@pytest.mark.parametrize("poll", [FixedPoll(7, budget=False), AdaptivePoll(0.1, 3, 40)])
def test_progress_survives_its_way_through_json(poll: FixedPoll | AdaptivePoll) -> None:
    statement = Statement("s-1", "ABORTED", CREATED, CREATED)
    progress = assess(
        statement,
        timeout_seconds=60,
        poll=poll,
        polls=0,
        statement_count=2,
        now=CREATED,
        poll_budget=POLL_BUDGET,
    )
    assert Progress.from_json(progress.to_json()) == progress


@pytest.mark.parametrize(
    ("elapsed", "timeout", "seconds"),
    [
        (0.0, 60, 10),
        # 10 s for the next wait, and 5 s are left up to the deadline.
        (45.0, 60, 5),
        (45.25, 60, 5),
        # The next wait ends at the deadline, and nothing follows it.
        (50.0, 60, None),
        (59.5, 60, None),
        # A handler's clock may run behind Redshift's.
        (-3.0, 60, 10),
    ],
)
def test_a_wait_that_begins_before_a_check_ends_at_the_deadline_at_the_latest(
    elapsed: float, timeout: int, seconds: int | None
) -> None:
    progress = progress_at(max(0.0, elapsed), "STARTED", timeout=timeout)
    now = CREATED + timedelta(seconds=elapsed)

    assert seconds_after_next(progress, poll_budget=POLL_BUDGET, now=now) == seconds
