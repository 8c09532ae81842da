"""The values that travel between a handler and its caller. Plain data: no rule and no call is in here.

Every value crosses a JSON boundary (a state's output, a step's checkpoint), so each says how it is written
and read. Times are UTC in ISO 8601, durations are seconds.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

Json = dict[str, Any]


class ExecutionMode(StrEnum):
    """How the Data API runs the statements of a batch."""

    TRANSACTION = "TRANSACTION"
    AUTO_COMMIT = "AUTO_COMMIT"


@dataclass(frozen=True)
class FixedPoll:
    """Check every ``interval_seconds``."""

    interval_seconds: int = 10
    budget: bool = True

    def to_json(self) -> Json:
        return {"policy": "fixed", "interval_seconds": self.interval_seconds, "budget": self.budget}


@dataclass(frozen=True)
class AdaptivePoll:
    """Wait a share of the time elapsed, so that the lag stays a share of the query's length."""

    share: float = 0.05
    minimum_seconds: int = 2
    maximum_seconds: int = 300
    budget: bool = True

    def to_json(self) -> Json:
        return {
            "policy": "adaptive",
            "share": self.share,
            "minimum_seconds": self.minimum_seconds,
            "maximum_seconds": self.maximum_seconds,
            "budget": self.budget,
        }


PollPolicy = FixedPoll | AdaptivePoll

FALLBACK = FixedPoll(interval_seconds=1800)
"""What stands behind an event where an input says nothing: one that is lost costs half an hour at most."""


def poll_policy_from_json(document: Json) -> PollPolicy:
    """Read a policy that ``to_json`` wrote; input from outside goes through ``batch.parse_batch``."""
    fields = {key: value for key, value in document.items() if key != "policy"}
    return AdaptivePoll(**fields) if document["policy"] == "adaptive" else FixedPoll(**fields)


@dataclass(frozen=True)
class Batch:
    """What is to run: statements in their order, and how to wait for them.

    Attributes:
        poll: of a way that polls.
        fallback: the slow poll behind an event, of a way that waits for one.
    """

    statements: tuple[str, ...]
    timeout_seconds: int = 3600
    poll: PollPolicy = field(default_factory=FixedPoll)
    fallback: PollPolicy = FALLBACK
    parameters: tuple[tuple[str, str], ...] = ()
    execution_mode: ExecutionMode = ExecutionMode.TRANSACTION


@dataclass(frozen=True)
class SubStatement:
    """One statement of a batch."""

    statement_id: str
    status: str
    result_rows: int
    query_seconds: float
    error: str | None = None

    def to_json(self) -> Json:
        document: Json = {
            "statement_id": self.statement_id,
            "status": self.status,
            "result_rows": self.result_rows,
            "query_seconds": self.query_seconds,
        }
        return document if self.error is None else document | {"error": self.error}


@dataclass(frozen=True)
class Statement:
    """A batch as the Data API describes it; times are the service's own."""

    statement_id: str
    status: str
    created_at: datetime
    updated_at: datetime
    query_seconds: float = 0.0
    result_rows: int = 0
    error: str | None = None
    sub_statements: tuple[SubStatement, ...] = ()


@dataclass(frozen=True)
class NamedStatement:
    """A running statement that an execution of this deployment submitted."""

    statement_id: str
    execution_id: str
    created_at: datetime


@dataclass(frozen=True)
class Submission:
    """What an execution sent, as far as its own record tells.

    Attributes:
        statement_id: None where the record does not know it.
        possible: whether there may be a statement all the same: an answer was lost, or had not come.
    """

    statement_id: str | None
    possible: bool = True


@dataclass(frozen=True)
class Failure:
    """Why an execution fails, in the words that Step Functions uses."""

    error: str
    cause: str

    def to_json(self) -> Json:
        return {"Error": self.error, "Cause": self.cause}

    @classmethod
    def from_json(cls, document: Json) -> Self:
        return cls(error=document.get("Error", ""), cause=document.get("Cause", ""))


@dataclass(frozen=True)
class Progress:
    """How far an execution is: what a submit or a check returns, and the next check takes."""

    output: Json
    """The execution's output so far; complete once the statement has ended."""
    timeout_seconds: int
    poll: PollPolicy
    delay_seconds: int
    deadline_passed: bool = False
    failure: Failure | None = None

    @property
    def statement_id(self) -> str:
        return str(self.output["statement_id"])

    @property
    def status(self) -> str:
        return str(self.output["status"])

    @property
    def polls(self) -> int:
        return int(self.output["polls"])

    def to_json(self) -> Json:
        return {
            "output": self.output,
            "timeout_seconds": self.timeout_seconds,
            "poll": self.poll.to_json(),
            "delay_seconds": self.delay_seconds,
            "deadline_passed": self.deadline_passed,
            "failure": self.failure and self.failure.to_json(),
        }

    @classmethod
    def from_json(cls, document: Json) -> Self:
        failure = document.get("failure")
        return cls(
            output=document["output"],
            timeout_seconds=document["timeout_seconds"],
            poll=poll_policy_from_json(document["poll"]),
            delay_seconds=document["delay_seconds"],
            deadline_passed=document["deadline_passed"],
            failure=Failure.from_json(failure) if failure else None,
        )


def to_timestamp(moment: datetime) -> str:
    """Write a moment as UTC in ISO 8601 with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_timestamp(text: str) -> datetime:
    """Read a moment that ``to_timestamp`` wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
