"""A state machine in process: the deployed definition on moto's interpreter, in virtual time.

It enforces what Step Functions enforces of a Standard execution: 25,000 history events, 256 KiB of input,
one year. Moto holds the 256 KiB of states and tasks.
"""

import contextlib
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.backend.execution import SyncExecution
from moto.stepfunctions.parser.backend.state_machine import StateMachineInstance

from orchbench.platforms.platform import Record
from orchbench.rehearsal.host import Death, InvalidStart
from orchbench.rehearsal.works import Works
from orchbench.virtual_time.application import ACCOUNT, REGION, StateMachine
from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.functions import Functions, LambdaClient
from orchbench.virtual_time.latency import Latency
from orchbench.virtual_time.moto_patches import moto_in_virtual_time

MOST_EVENTS = 25_000
LARGEST_PAYLOAD_BYTES = 256 * 1024
LONGEST_SECONDS = 365 * 86_400
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/rehearsal"
STATUSES = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}
HISTORY_FULL = f"The execution reached the maximum number of history events ({MOST_EVENTS})."


class _ExecutionOver(BaseException):
    """Unwinds the interpreter once the execution has ended otherwise than by its own last state."""


class StateMachineHost:
    """Runs one execution of a state machine.

    Args:
        functions: what its Tasks may invoke.
        jitter: draws the pauses of its retries.
        works: told of each state that is entered.
    """

    def __init__(
        self,
        machine: StateMachine,
        functions: Functions,
        clock: VirtualClock,
        latency: Latency,
        jitter: random.Random,
        *,
        works: Works,
    ) -> None:
        self.death: Death | None = None
        self._machine = machine
        self._functions = functions
        self._clock = clock
        self._jitter = jitter
        self._history = _History(clock, latency, works)
        self._name = ""
        self._input = ""

    @property
    def execution_arn(self) -> str:
        """The execution's ARN."""
        return f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{self._machine.name}:{self._name}"

    @property
    def is_over(self) -> bool:
        """Tell whether the execution has ended."""
        return self._history.ending is not None

    @property
    def operations(self) -> int | None:
        """A state machine has no durable operations."""
        return None

    def run(self, name: str, document: Any) -> None:
        """Start an execution and let time pass until it has ended.

        Raises:
            InvalidStart: StartExecution would refuse it.
        """
        self._name, self._input = name, json.dumps(document)
        if len(self._input.encode()) > LARGEST_PAYLOAD_BYTES:
            raise InvalidStart(f"The input is larger than the {LARGEST_PAYLOAD_BYTES} bytes of a payload.")
        execution = self._execution()
        timeout = min(
            json.loads(self._machine.definition).get("TimeoutSeconds", LONGEST_SECONDS), LONGEST_SECONDS
        )
        with (
            moto_in_virtual_time(
                self._clock,
                self._jitter,
                events=self._history,
                lambda_client=LambdaClient(self._functions),
                is_over=lambda: self.is_over,
            ),
            self._clock.timer(timeout, self._time_out),
            contextlib.suppress(_ExecutionOver),
        ):
            execution.start()
        if self._history.is_full:
            self.death = Death(self._clock.now(), HISTORY_FULL)

    def start_again(self, name: str, document: Any) -> str:
        """Start a name again, and return the ARN of the execution that now stands for it.

        Raises:
            InvalidStart: the name stands for an execution with another input, or for one that has ended.
        """
        if name != self._name or json.dumps(document) != self._input or self.is_over:
            raise InvalidStart(f"ExecutionAlreadyExists: {self.execution_arn}")
        return self.execution_arn

    def stop(self, cause: str) -> None:
        """Stop the execution now, as StopExecution does: a Task's function runs on, unheard."""
        self._history.end("ExecutionAborted", {"executionAbortedEventDetails": {"cause": cause}})

    def record(self) -> Record:
        """Return what Step Functions would answer of it, in boto3's shape."""
        events = self._history.events
        last = events[-1]
        details = last.get(_details_key(last["type"])) or {}
        description = {
            "executionArn": self.execution_arn,
            "stateMachineArn": self._machine.arn,
            "name": self._name,
            "status": STATUSES.get(last["type"], "RUNNING"),
            "startDate": events[0]["timestamp"],
            "stopDate": last["timestamp"],
            "input": self._input,
            **{key: details[key] for key in ("output", "error", "cause") if details.get(key) is not None},
        }
        return Record(description, events)

    def _time_out(self) -> None:
        self._history.end("ExecutionTimedOut", {"executionTimedOutEventDetails": {"error": "States.Timeout"}})

    def _execution(self) -> SyncExecution:
        machine = _Deployed(self._machine.name, self._machine.arn, self._machine.definition, ROLE_ARN, {})
        return SyncExecution(
            name=self._name,
            sm_type=StateMachineType.STANDARD,
            role_arn=ROLE_ARN,
            exec_arn=self.execution_arn,
            account_id=ACCOUNT,
            region_name=REGION,
            state_machine=machine,
            # The context object shows it as it is given, so it is given as it is shown.
            start_date=self._clock.moment().isoformat(timespec="milliseconds"),  # type: ignore[arg-type]
            cloud_watch_logging_session=None,
            activity_store={},
            input_data=self._input,
        )


class _Deployed(StateMachineInstance):
    def itemise(self) -> None:
        """Say nothing in a list: nobody lists."""


class _History:
    """Takes the place of moto's EventManager: the events in boto3's shape, and their quota.

    Event 25,000 is the execution's failure unless it is its success: facts of a run on AWS,
    floci-io/floci#2734.
    """

    def __init__(self, clock: VirtualClock, latency: Latency, works: Works) -> None:
        self.events: list[dict[str, Any]] = []
        self.ending: str | None = None
        self.is_full = False
        self._clock = clock
        self._latency = latency
        self._works = works

    def add_event(
        self,
        context: Any,
        event_type: str,
        event_details: Mapping[str, Any] | None = None,
        timestamp: Any = None,  # noqa: ARG002 - moto's own signature
        update_source_event_id: bool = True,
    ) -> int:
        """Record an event of the interpreter's and return its id; it goes no further once all is over."""
        event_type = getattr(event_type, "value", event_type)
        if event_type.endswith("StateEntered"):
            self._clock.sleep(self._latency.seconds("transition"))
        if self.ending is not None:
            raise _ExecutionOver
        if len(self.events) == MOST_EVENTS - 1 and event_type != "ExecutionSucceeded":
            self.is_full = True
            details = {"error": "States.Runtime", "cause": HISTORY_FULL}
            self.end("ExecutionFailed", {"executionFailedEventDetails": details})
            raise _ExecutionOver
        event_id = self._append(event_type, event_details or {}, context.source_event_id)
        if event_type.endswith("StateEntered"):
            self._works.begins((event_details or {})["stateEnteredEventDetails"]["name"])
        context.last_published_event_id = event_id
        if update_source_event_id:
            context.source_event_id = event_id
        if event_type in STATUSES:
            self.ending = event_type
        return event_id

    def end(self, event_type: str, details: Mapping[str, Any]) -> None:
        """Record an ending that comes from outside the definition; of two the first counts."""
        if self.ending is None:
            self._append(event_type, details, self.events[-1]["id"] if self.events else 0)
            self.ending = event_type

    def _append(self, event_type: str, details: Mapping[str, Any], previous_event_id: int) -> int:
        event_id = len(self.events) + 1
        self.events.append(
            {
                "timestamp": self._moment(),
                "type": str(event_type),
                "id": event_id,
                "previousEventId": previous_event_id,
                **details,
            }
        )
        return event_id

    def _moment(self) -> datetime:
        # Step Functions records milliseconds.
        return datetime.fromtimestamp(int(self._clock.now() * 1000 + 1e-3) / 1000, UTC)


def _details_key(event_type: str) -> str:
    return f"{event_type[0].lower()}{event_type[1:]}EventDetails"
