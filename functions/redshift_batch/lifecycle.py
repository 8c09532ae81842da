"""What an execution does to its submitted batch: check it, cancel it; and what is done after an execution.

Each function is one call of a handler: it takes what the caller kept, asks the Data API, and returns what
the caller keeps next. The moment is an argument.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol

from . import status
from .errors import (
    BY_NAME,
    NOTHING_SUBMITTED,
    BatchError,
    HandlerTimedOut,
    NothingToCancelYet,
    UnexpectedError,
    error_named,
)
from .model import Failure, Json, NamedStatement, Progress, Statement, Submission

SETTLING_SECONDS = 5
"""How long a cancel waits to see how the statement ended: an ABORTED follows shortly after the request."""

UNSEEN_SECONDS = 600
"""How long a service may take to show a new execution: DescribeExecution is eventually consistent."""


class Describes(Protocol):
    """What ``check`` asks of the Data API."""

    def describe(self, statement_id: str, *, wait_seconds: int = 0) -> Statement: ...


class Cancels(Describes, Protocol):
    """What ``cancel`` and ``release`` ask of the Data API."""

    def cancel(self, statement_id: str) -> None: ...
    def find(self, execution_id: str) -> str | None: ...


class Sweeps(Cancels, Protocol):
    """What ``sweep`` asks of the Data API."""

    def running(self) -> Iterable[NamedStatement]: ...


@dataclass(frozen=True)
class Release:
    """What became of the statement of an execution that is over.

    Attributes:
        statement_id: None where nothing was submitted.
        outcome: ``cancelled``, ``had ended`` or ``nothing was submitted``.
    """

    execution_id: str
    statement_id: str | None
    outcome: str

    def to_json(self) -> Json:
        return asdict(self)


def check(progress: Progress, *, data_api: Describes, poll_budget: int, now: datetime) -> Progress:
    """Describe the statement and say what follows from it: wait, end, or cancel."""
    return status.assess(
        data_api.describe(progress.statement_id),
        timeout_seconds=progress.timeout_seconds,
        poll=progress.poll,
        polls=progress.polls + 1,
        statement_count=progress.output["statement_count"],
        now=now,
        poll_budget=poll_budget,
    )


def cancel(execution_id: str, kept: Json, *, data_api: Cancels) -> Json:
    """Stop the execution's statement unless it is known to have ended, and say how it stands then.

    Args:
        execution_id: finds the statement by its name where ``kept`` has no id, as after a submit that failed
            without an answer. It is never submitted again to learn the id.
        kept: the progress as JSON, or what is left of it.

    Raises:
        NothingToCancelYet: worth another look: nothing else tells a submit on its way from none.

    Returns:
        ``kept`` with the statement's newest status in its ``output``. A statement that finished before the
        cancel reached it stays FINISHED: the batch ran, and its caller must learn so. NOT_SUBMITTED where the
        submit met a defect, or was refused, and there is none: no call of its is on its way. Of a statement
        that had ended, the ``failure`` in Redshift's own words.
    """
    output = kept.get("output") or {}
    if failure := kept.get("failure"):
        # What Step Functions itself ends a Task with may have a name alone, and the definition reads a cause.
        kept = {**kept, "failure": Failure.from_json(failure).to_json()}
    statement_id = output.get("statement_id") or data_api.find(execution_id)
    if not statement_id and _failed_with(kept, UnexpectedError, *NOTHING_SUBMITTED):
        return {**kept, "output": {"status": status.NOT_SUBMITTED}}
    if not statement_id:
        raise NothingToCancelYet(
            "No statement bears this execution's name: its submit may still be on its way, or never happened."
        )
    if has_ended(kept):
        statement = data_api.describe(statement_id)
        ended_with = status.failure_of_end(statement)
        told = {"failure": ended_with.to_json()} if ended_with else {}
    else:
        data_api.cancel(statement_id)
        statement = data_api.describe(statement_id, wait_seconds=SETTLING_SECONDS)
        told = {}
    newest = status.describe_output(
        statement, output.get("polls", 0), output.get("statement_count", len(statement.sub_statements))
    )
    if output and "polls" not in output:
        # Nobody counted them.
        del newest["polls"]
    return {**kept, "output": newest, **told}


def was_cancelled(kept: Json) -> bool:
    """Tell whether a cancel stopped the statement, and did not find it over, or none."""
    return kept["output"]["status"] not in (status.FINISHED, status.FAILED, status.NOT_SUBMITTED)


def was_cut_off(kept: Json) -> bool:
    """Tell whether the execution gives up because its function's time ran out."""
    return _failed_with(kept, HandlerTimedOut)


def _failed_with(kept: Json, *kinds: type[BatchError]) -> bool:
    failure = kept.get("failure") or {}
    found = BY_NAME.get(failure.get("Error", ""))
    return found is not None and issubclass(found, kinds)


def release(execution_id: str, submission: Submission, *, data_api: Cancels) -> Release:
    """Stop what an execution that is over may have left running; it may be asked for twice, and late.

    Args:
        submission: what the execution's own record tells. Without an id the statement is looked for by its
            name; it is never submitted again to learn the id.

    Raises:
        NothingToCancelYet: a stop does not undo a submit in flight, so the caller must look again.
        StatementNotRunningYet: the statement waits to run, and cannot be cancelled before.
    """
    if submission.statement_id is None and not submission.possible:
        return Release(execution_id, None, "nothing was submitted")
    statement_id = submission.statement_id or data_api.find(execution_id)
    if statement_id is None:
        raise NothingToCancelYet(
            "No statement bears this execution's name: its submit may still be on its way, or never happened."
        )
    if data_api.describe(statement_id).status in status.ENDED_STATUSES:
        return Release(execution_id, statement_id, "had ended")
    data_api.cancel(statement_id)
    return Release(execution_id, statement_id, "cancelled")


def sweep(
    data_api: Sweeps, has_ended: Callable[[str], bool | None], now: datetime
) -> Iterator[Release | BatchError]:
    """Stop every running statement whose execution is over, one after the other.

    Args:
        has_ended: whether an execution has ended; None where its service does not know it. That counts as an
            end for a statement that is not new: a service may not show a new execution yet.

    Yields:
        What became of each; a fault instead where one could not be stopped, so that the others still are.
    """
    for running in list(data_api.running()):
        try:
            ended = has_ended(running.execution_id)
            if ended is None:
                ended = (now - running.created_at).total_seconds() > UNSEEN_SECONDS
            if ended:
                yield release(running.execution_id, Submission(running.statement_id), data_api=data_api)
        except BatchError as error:
            yield error


def is_running(progress: Json) -> bool:
    """Tell whether there is another check to wait for."""
    return progress["output"]["status"] in status.RUNNING_STATUSES and not progress["failure"]


def has_ended(progress: Json) -> bool:
    """Tell whether the statement has ended, so that there is nothing to cancel."""
    return output_of(progress).get("status") in status.ENDED_STATUSES


def is_finished(progress: Json) -> bool:
    """Tell whether the batch ran."""
    return output_of(progress).get("status") == status.FINISHED


def output_of(progress: Json) -> Json:
    """Return the execution's output as far as it is known."""
    output: Json = progress.get("output") or {}
    return output


def with_failure(progress: Json, error: BatchError) -> Json:
    """Return the progress of an execution that gives up for this error."""
    return {**progress, "failure": Failure(type(error).__name__, str(error)).to_json()}


def failure_of(progress: Json) -> BatchError:
    """Return the error that an execution with this failure ends with."""
    failure = Failure.from_json(progress["failure"])
    return error_named(failure.error, failure.cause)
