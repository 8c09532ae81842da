"""What a way of running the batch states about itself, and what a service does for it.

A way is one module of this package with a ``WAY``; whatever several ways share is a service.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from orchbench.trace import ExecutionStatus, Invocation, Json, Trace
from orchbench.usage import Usage

LONGEST_NAME = 64
"""Step Functions takes 80 characters, a durable execution 64."""


class StartCase(StrEnum):
    """What a start met."""

    STARTED = "started"
    ALREADY_RUNNING = "already running with the same input"
    CLOSED = "already closed with the same input"
    OTHER_INPUT = "already used with another input"


@dataclass(frozen=True)
class Start:
    """The answer to a start: the execution that now stands for the name, and the case it met.

    Attributes:
        execution_arn: None only for OTHER_INPUT, where a service may not say which execution has the name.
    """

    name: str
    case: StartCase
    execution_arn: str | None


@dataclass(frozen=True)
class Record:
    """What a service recorded of one execution, as it answered: the raw material of a trace.

    Attributes:
        description: DescribeExecution's or GetDurableExecution's answer.
        events: the history's events, all pages.
    """

    description: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class InvocationRequest:
    """An invocation as the history knows it, before Lambda's own report of it is read.

    Attributes:
        function_name: empty where the history does not name it.
        ended_at: None while it runs, and where the history does not say.
    """

    function_name: str
    request_id: str | None
    started_at: float
    ended_at: float | None


class TraceBuilder(Protocol):
    """Makes a trace of plain dictionaries in the shape of boto3's answers."""

    def __call__(
        self,
        *,
        orchestrator: str,
        host: str,
        description: Mapping[str, Any],
        events: Sequence[Mapping[str, Any]],
        invocations: Sequence[Invocation],
    ) -> Trace: ...


class Service(Protocol):
    """An orchestrating service: starts, follows and stops executions, and records them."""

    name: str

    def start(self, target_arn: str, name: str, document: Json) -> Start: ...
    def status(self, execution_arn: str) -> ExecutionStatus: ...
    def stop(self, execution_arn: str, cause: str) -> None: ...
    def find(self, target_arn: str, name: str) -> str | None: ...
    def record(self, execution_arn: str) -> Record: ...
    def requests(self, record: Record) -> list[InvocationRequest]: ...
    def trace(self, way: str, host: str, record: Record, invocations: Sequence[Invocation]) -> Trace: ...
    def polls_so_far(self, execution_arn: str) -> int: ...


@dataclass(frozen=True)
class Way:
    """One way of running the batch.

    Attributes:
        name: as the command line and the traces say it.
        service: the key of the service that runs it.
        title: as a person says it.
        target_output: the template's output that holds what a start takes.
        implementation: the definition or the handler, below the repository's root.
        functions: each function's suffix behind the stack's name, which its log group has too.
        order: its place in a table, the baseline first; by name where it is the same.
    """

    name: str
    service: str
    title: str
    target_output: str
    implementation: str
    functions: Sequence[str] = field(default=())
    usage: Usage | None = None
    order: int = 10

    def log_groups(self, stack_name: str) -> dict[str, str]:
        """Return the log group of each function, by the function's name."""
        names = [f"{stack_name}-{suffix}" for suffix in self.functions]
        return {name: f"/aws/lambda/{name}" for name in names}
