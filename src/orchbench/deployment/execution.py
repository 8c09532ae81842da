"""One execution as the Python API hands it around: which it is, how it stands, what is on record."""

from dataclasses import dataclass

from orchbench.platforms.platform import Record, StartCase
from orchbench.trace import ExecutionStatus, Invocation


@dataclass(frozen=True)
class Execution:
    """One execution: its way, its name and ARN, and what the start of it met."""

    way: str
    name: str
    arn: str
    case: StartCase | None = None


@dataclass(frozen=True)
class Live:
    """How a running execution stands."""

    status: ExecutionStatus
    polls: int
    elapsed_seconds: float


@dataclass(frozen=True)
class Evidence:
    """The raw material of a trace: what the service recorded, and the invocations as reported."""

    record: Record
    invocations: tuple[Invocation, ...]
