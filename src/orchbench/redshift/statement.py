"""What was asked to run, and how far it is: the values that the service and its executors exchange."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Status(StrEnum):
    """The status of a statement or sub-statement."""

    SUBMITTED = "SUBMITTED"
    PICKED = "PICKED"
    STARTED = "STARTED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"

    @property
    def ended(self) -> bool:
        """Tell whether this status is final."""
        return self in (Status.FINISHED, Status.FAILED, Status.ABORTED)


# What the Data API says of a statement that did not run because of another.
PRIOR_FAILED = "Connection or an prior query failed."


@dataclass(frozen=True, slots=True)
class Work:
    """One accepted request: a statement, or a batch of them."""

    statement_id: str
    sqls: tuple[str, ...]
    database: str
    created_at: float
    parameters: Mapping[str, str]
    is_batch: bool = False
    one_transaction: bool = True


@dataclass(frozen=True, slots=True)
class StatementProgress:
    """How far one statement is. -1 stands for not known yet, as on the wire."""

    status: Status
    updated_at: float
    duration_nanoseconds: int = -1
    rows: int = -1
    size_bytes: int = -1
    query_id: int = -1
    has_result_set: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a whole request is, with one entry for each of its statements."""

    status: Status
    updated_at: float
    statements: tuple[StatementProgress, ...]
    process_id: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ResultSet:
    """The rows of a query in the API's own terms: ColumnMetadata and Field structures."""

    columns: tuple[Mapping[str, Any], ...]
    records: tuple[list[dict[str, Any]], ...]


class Run(Protocol):
    """A request that an executor has taken on."""

    def progress(self) -> Progress:
        """Return how far it is now."""

    def wait(self, seconds: float, index: int | None) -> None:
        """Return when the whole (or the statement at `index`) has ended, or after that many seconds."""

    def cancel(self) -> bool:
        """Stop it once it has started and return True, or return False if it has ended by itself."""

    def result(self, index: int) -> ResultSet | None:
        """Return the rows of the statement at `index`, or None if it has none."""


class Executor(Protocol):
    """What runs statements."""

    def submit(self, work: Work, ended: Callable[[], None] | None = None) -> Run:
        """Take a request on and return at once; call `ended` once it has ended, whoever ended it."""

    def close(self) -> None:
        """Let nothing further start, and release everything."""
