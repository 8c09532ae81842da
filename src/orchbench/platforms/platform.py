"""What a service that runs executions does for the bench, and the values that it speaks in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from orchbench.trace import ExecutionStatus, Invocation, Json, Trace

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


@dataclass(frozen=True)
class Permission:
    """Calls that whoever runs the bench makes, and the resources that they must be allowed on.

    Attributes:
        sid: of the policy's statement.
        actions: as IAM names them.
        resources: ARNs with placeholders such as ``${StackName}``. In a service's own, ``${Name}`` stands
            for what a way's state machine or function is called.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


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
    permissions: tuple[Permission, ...]

    def start(self, target_arn: str, name: str, document: Json) -> Start: ...
    def status(self, execution_arn: str) -> ExecutionStatus: ...
    def stop(self, execution_arn: str, cause: str) -> None: ...
    def find(self, target_arn: str, name: str) -> str | None: ...
    def record(self, execution_arn: str) -> Record: ...
    def requests(self, record: Record) -> list[InvocationRequest]: ...
    def trace(self, way: str, host: str, record: Record, invocations: Sequence[Invocation]) -> Trace: ...
    def polls_so_far(self, execution_arn: str) -> int: ...
