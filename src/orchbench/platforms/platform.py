"""What a platform is: the service that runs executions, and the values that it speaks in."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from orchbench.platforms.meters import ExecutionQuota, Meter
from orchbench.trace import ExecutionStatus, Invocation, Json, Trace, TraceEvent, Work

LONGEST_NAME = 64
"""Step Functions takes 80 characters, a durable execution 64."""


class StartCase(StrEnum):
    """What a start met."""

    STARTED = "started"
    ALREADY_RUNNING = "already running with the same input"
    CLOSED = "already closed with the same input"
    OTHER_INPUT = "already used with another input"
    OTHER_FUNCTION = "already used by another function of the account and region"


@dataclass(frozen=True)
class Start:
    """The answer to a start: the execution that now stands for the name, and the case it met.

    Attributes:
        execution_arn: None only for OTHER_INPUT, where a service may not say which execution has the name,
            and for OTHER_FUNCTION, whose execution is none of this way's.
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
        operations_replayed: durable operations that were done before it; None where it replays none.
    """

    function_name: str
    request_id: str | None
    started_at: float
    ended_at: float | None
    operations_replayed: int | None = None


@dataclass(frozen=True)
class Permission:
    """Calls that whoever runs the bench makes, and the resources that they must be allowed on.

    Attributes:
        sid: of the policy's statement.
        actions: as IAM names them.
        resources: ARNs with placeholders such as ``${StackName}``. In a service's own, ``${Name}`` stands
            for what a way's state machine or function is called.
        conditions: under which they are allowed: the values of each condition key, by the operator.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)


class Clients(Protocol):
    """Gives boto3 clients of one account and region."""

    @property
    def region(self) -> str: ...
    def client(self, service: str) -> Any: ...


class TracedWay(Protocol):
    """What a trace says of its way; a ``Way`` is one."""

    @property
    def name(self) -> str: ...
    @property
    def works(self) -> Mapping[str, Work]: ...


class Service(Protocol):
    """A platform in one account and region: starts, follows and stops executions, and records them."""

    def start(self, target_arn: str, name: str, document: Json) -> Start: ...
    def status(self, execution_arn: str) -> ExecutionStatus: ...
    def stop(self, execution_arn: str, cause: str) -> None: ...
    def find(self, target_arn: str, name: str) -> str | None: ...
    def record(self, execution_arn: str) -> Record: ...
    def polls_so_far(self, execution_arn: str) -> int: ...


@dataclass(frozen=True)
class AccountQuotas:
    """The quotas of a whole account that executions use up together, by their keys in ``quotas.json``.

    Attributes:
        starts_a_second: of executions.
        open_executions: at once.
        a_second: of each meter.
    """

    starts_a_second: str
    open_executions: str
    a_second: Mapping[Meter, str]


@dataclass(frozen=True)
class Unrecorded:
    """What a service meters and no history of it shows, as far as it can be estimated.

    Attributes:
        note: what is left out, and what is taken instead.
    """

    meter: Meter
    amount: int
    note: str


class Platform(ABC):
    """What executions run on, the same in every account: its service, and its records as traces.

    Attributes:
        name: as ways state it.
        title: as a person says it.
        meters: what its executions are counted in, in the order of a table.
        account_quotas: that they use up together.
        execution_quotas: of one of them, as far as polling comes near; none where nothing limits it.
        longest_execution: the quota of how long one may run, by its key in ``quotas.json``; empty for none.
        permissions: to start, follow and stop executions.
        alarms: that watch each of its ways, in ``monitoring.yaml``.
    """

    name: str
    title: str
    permissions: Sequence[Permission]
    meters: Sequence[Meter]
    account_quotas: AccountQuotas
    execution_quotas: Sequence[ExecutionQuota] = ()
    longest_execution: str = ""
    alarms: int = 0

    @abstractmethod
    def service(self, clients: Clients) -> Service:
        """Return the platform in one account and region."""

    @abstractmethod
    def owns(self, execution_arn: str) -> bool:
        """Tell whether an ARN is one of its executions'."""

    @abstractmethod
    def execution_name(self, execution_arn: str) -> str:
        """Return the name in one of its executions' ARNs."""

    @abstractmethod
    def runs(self, target_arn: str, execution_arn: str) -> bool:
        """Tell whether an execution is one of a target, whatever the target's version or alias."""

    def unfit(self, clients: Clients, target_arn: str) -> str | None:  # noqa: ARG002 - for those that ask
        """Return why a deployed target cannot run executions, and what to do; None where it can."""
        return None

    @abstractmethod
    def requests(self, record: Record) -> list[InvocationRequest]:
        """Return the invocations that a history shows, in its order."""

    @abstractmethod
    def trace(self, way: TracedWay, host: str, record: Record, invocations: Sequence[Invocation]) -> Trace:
        """Return an execution's trace.

        Args:
            way: that it runs.
            host: ``rehearse``, ``local`` or ``aws``.
            record: description and history, in the shape of boto3's answers, execution data included.
            invocations: as reported; ``requests`` says which there must be.
        """

    def exported(self, documents: Sequence[Any]) -> Record | None:  # noqa: ARG002 - for those that ask
        """Return the record that an export of its history holds; None where it is none of this platform's.

        Args:
            documents: the JSON values of a file, in the shape that the AWS CLI prints: pages of a history,
                an array of its events, and what describes the execution, as far as they are there.

        Raises:
            InvalidExport: it is one of this platform's, and not whole.
        """
        return None

    def works_in(self, record: Record) -> Mapping[str, Work]:  # noqa: ARG002 - for those that ask
        """Guess from a history what its states or operations do, where no way says it."""
        return {}

    @abstractmethod
    def retries(self, events: Sequence[TraceEvent]) -> int:
        """Count the attempts beyond the first, of a Task, a step or an invocation."""

    @abstractmethod
    def metered(self, events: Sequence[TraceEvent]) -> Mapping[Meter, int]:
        """Count what the service meters of one execution, from its trace's events."""

    def unrecorded(self, events: Sequence[TraceEvent]) -> Sequence[Unrecorded]:  # noqa: ARG002 - for those that ask
        """Estimate what the service meters besides, and its history leaves out."""
        return ()
