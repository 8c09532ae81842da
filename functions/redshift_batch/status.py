"""What a statement's status means for the execution: one pure function from a description to the progress.

No call is made here and no clock is read: the description, the moment and the progress so far are arguments.
"""

from datetime import datetime

from . import schedule
from .model import Failure, Json, PollPolicy, Progress, Statement, from_timestamp, to_timestamp

FINISHED = "FINISHED"
FAILED = "FAILED"
ABORTED = "ABORTED"
NOT_SUBMITTED = "NOT_SUBMITTED"
"""None of the Data API's: a cancel looked for the statement, and there is none."""

RUNNING_STATUSES = frozenset({"SUBMITTED", "PICKED", "STARTED"})
ENDED_STATUSES = frozenset({FINISHED, FAILED, ABORTED})


def assess(
    statement: Statement,
    *,
    timeout_seconds: int,
    poll: PollPolicy,
    polls: int,
    statement_count: int,
    now: datetime,
    poll_budget: int,
) -> Progress:
    """Return the progress that a description amounts to.

    The deadline is ``timeout_seconds`` after the statement's ``CreatedAt``. A statement that has ended is
    taken as it ended, however late. A running one past the deadline, and one with a status that AWS may add
    later, carry the failure that follows once they are cancelled.
    """
    elapsed = (now - statement.created_at).total_seconds()
    running = statement.status in RUNNING_STATUSES
    deadline_passed = running and elapsed >= timeout_seconds
    return Progress(
        output=describe_output(statement, polls, statement_count),
        timeout_seconds=timeout_seconds,
        poll=poll,
        delay_seconds=schedule.next_delay_seconds(
            poll,
            elapsed_seconds=elapsed,
            polls=polls,
            time_left_seconds=timeout_seconds - elapsed,
            poll_budget=poll_budget,
        ),
        deadline_passed=deadline_passed,
        failure=_failure(statement, deadline_passed, timeout_seconds),
    )


def seconds_after_next(progress: Progress, *, poll_budget: int, now: datetime) -> int | None:
    """Return how long the wait after the next one lasts, for who begins it before a check; None for none.

    None follows a wait that ends at the deadline.
    """
    since_created = (now - from_timestamp(progress.output["created_at"])).total_seconds()
    elapsed = max(0.0, since_created) + progress.delay_seconds
    time_left = progress.timeout_seconds - elapsed
    if time_left <= 0:
        return None
    return schedule.next_delay_seconds(
        progress.poll,
        elapsed_seconds=elapsed,
        polls=progress.polls + 1,
        time_left_seconds=time_left,
        poll_budget=poll_budget,
    )


def describe_output(statement: Statement, polls: int, statement_count: int) -> Json:
    ended = statement.status in ENDED_STATUSES
    return {
        "statement_id": statement.statement_id,
        "status": statement.status,
        "statement_count": statement_count,
        "polls": polls,
        "created_at": to_timestamp(statement.created_at),
        "updated_at": to_timestamp(statement.updated_at),
        "query_seconds": statement.query_seconds,
        "result_rows": statement.result_rows,
        # Kept for the end: thousands of checks would store the same list again.
        "statements": [one.to_json() for one in statement.sub_statements] if ended else [],
    }


def failure_of_end(statement: Statement) -> Failure | None:
    """Return what Redshift itself ended a statement with; None where it runs, or finished."""
    if statement.status == FAILED:
        return Failure("BatchFailed", statement.error or "Redshift gave no reason.")
    if statement.status == ABORTED:
        return Failure("BatchAborted", statement.error or "The statement was cancelled.")
    return None


def _failure(statement: Statement, deadline_passed: bool, timeout_seconds: int) -> Failure | None:
    status = statement.status
    if status in (FAILED, ABORTED):
        return failure_of_end(statement)
    if deadline_passed:
        return Failure(
            "BatchTimedOut",
            f"The batch was still {status} after its timeout of {timeout_seconds} seconds, "
            "so it is cancelled.",
        )
    if status not in RUNNING_STATUSES and status != FINISHED:
        return Failure(
            "UnknownStatementStatus",
            f"The Data API reported the status {status!r}, which this version does not know, "
            "so the statement is cancelled.",
        )
    return None
