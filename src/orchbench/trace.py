"""One execution as a neutral, JSON-serialisable record: what happened, and when.

Every host and every orchestrator is told in these words. It holds what was recorded and nothing that is
computed from it: counts, latencies and costs are the evaluation's. Moments are seconds since the epoch, to
the microsecond, as the services recorded them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

Json = dict[str, Any]


class Label(StrEnum):
    """How a figure came to be. Every figure shown carries one of these."""

    MEASURED = "measured"
    REHEARSED = "rehearsed"
    ESTIMATED = "estimated"
    ASSUMED = "assumed"
    MISSING = "missing"
    """Should have been measured, and no record of it arrived."""


class ExecutionStatus(StrEnum):
    """How an execution stands, in one vocabulary: what Step Functions calls ABORTED is STOPPED here."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


class EventKind(StrEnum):
    """What an event says, whichever service recorded it."""

    EXECUTION_STARTED = "execution started"
    EXECUTION_ENDED = "execution ended"
    STATE_ENTERED = "state entered"
    STATE_EXITED = "state exited"
    TASK_SCHEDULED = "task scheduled"
    TASK_STARTED = "task started"
    TASK_SUCCEEDED = "task succeeded"
    TASK_FAILED = "task failed"
    STEP_STARTED = "step started"
    STEP_SUCCEEDED = "step succeeded"
    STEP_FAILED = "step failed"
    WAIT_STARTED = "wait started"
    WAIT_ENDED = "wait ended"
    WAIT_WOKEN = "wait woken"
    """A wait for an event was ended from outside, by a token or a callback, whatever it was told."""
    WAIT_RAN_OUT = "wait ran out"
    """A wait for an event lasted its whole time, and the fallback looks: no failure."""
    INVOCATION_ENDED = "invocation ended"
    OTHER = "other"


class Work(StrEnum):
    """What a state, a step or an integration of a way does for the batch."""

    PREPARE = "prepare"
    SUBMIT = "submit"
    WAIT = "wait"
    LOOK = "look"
    CANCEL = "cancel"
    WAKE = "wake"
    """What the function does that the statement's event invokes."""


@dataclass(frozen=True)
class TraceEvent:
    """One thing that happened.

    Attributes:
        name: of the state or the operation; empty where the event is about the execution.
        detail: what the evaluation needs beyond that, JSON values: ``type`` (of a state), ``operation_id``,
            ``error``, ``statement_status``, ``delay_seconds``, ``attempt``, ``next_attempt_seconds``,
            ``request_id``, ``written_bytes`` (of a checkpoint), ``event_type`` (of any other kind).
        work: that the state or the operation does; None where it does none, or the event has none.
    """

    kind: EventKind
    at: float
    name: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    work: Work | None = None


@dataclass(frozen=True)
class Invocation:
    """One invocation of a Lambda function; what Lambda did not report of it is None.

    Attributes:
        started_at: when it was asked for, where the report gives no moment.
        init_seconds: of a cold start where Lambda reports one.
        label: where the duration comes from.
        operations_replayed: checkpointed operations that a durable invocation went over again.
        cpu_seconds: of the handler, where a host measures it.
    """

    function_name: str
    request_id: str | None
    started_at: float
    duration_seconds: float | None = None
    billed_seconds: float | None = None
    init_seconds: float | None = None
    memory_mb: int | None = None
    label: Label = Label.MISSING
    operations_replayed: int | None = None
    cpu_seconds: float | None = None


@dataclass(frozen=True)
class StatementTimes:
    """What the Data API said of the execution's statement, last of all."""

    statement_id: str
    status: str
    created_at: float
    updated_at: float
    query_seconds: float


@dataclass(frozen=True)
class Trace:
    """One execution.

    Attributes:
        orchestrator: a way's name.
        platform: the name of the platform that it runs on.
        host: ``rehearse``, ``local`` or ``aws``.
        error_name: the class name alone: the last dotted part of the recorded type.
        statement: None where no statement was submitted, or none of its times is in the record.
        history_events: how many the service recorded, whether or not they became events here.
    """

    orchestrator: str
    host: str
    execution_name: str
    execution_arn: str
    input: Any
    output: Any
    status: ExecutionStatus
    started_at: float
    ended_at: float | None
    history_events: int
    platform: str = ""
    error_name: str | None = None
    cause: str | None = None
    statement: StatementTimes | None = None
    events: tuple[TraceEvent, ...] = ()
    invocations: tuple[Invocation, ...] = ()

    def to_json(self) -> Json:
        """Return the trace as JSON values, keys and events in a stable order."""
        document = asdict(self)
        document["events"] = [_shown(event) for event in self.events]
        document["invocations"] = [asdict(invocation) for invocation in self.invocations]
        return document

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Read what ``to_json`` wrote."""
        statement = document["statement"]
        return cls(
            **document
            | {
                "status": ExecutionStatus(document["status"]),
                "statement": StatementTimes(**statement) if statement else None,
                "events": tuple(map(_event, document["events"])),
                "invocations": tuple(
                    Invocation(**one | {"label": Label(one["label"])}) for one in document["invocations"]
                ),
            }
        )


def _event(document: Json) -> TraceEvent:
    work = document.get("work")
    return TraceEvent(
        **document | {"kind": EventKind(document["kind"]), "work": None if work is None else Work(work)}
    )


def to_epoch(moment: datetime | float | str) -> float:
    """Return a service's moment as seconds since the epoch, to the microsecond.

    Args:
        moment: what boto3 gives (a datetime), a number of seconds, or ISO 8601 text.
    """
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return round(moment.timestamp() if isinstance(moment, datetime) else float(moment), 6)


def error_class_name(recorded_type: str | None) -> str | None:
    """Return the last dotted part of an error's type: the durable SDK puts the module in front."""
    return recorded_type.rpartition(".")[2] if recorded_type else None


def _shown(event: TraceEvent) -> Json:
    return {
        "kind": event.kind.value,
        "at": event.at,
        "name": event.name,
        "detail": dict(sorted(event.detail.items())),
        "work": event.work and event.work.value,
    }
