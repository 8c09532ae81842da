"""A state machine in process: the deployed definition on moto's interpreter, in virtual time.

It enforces what Step Functions enforces of a Standard execution: 25,000 history events, 256 KiB of input,
one year. Moto holds the 256 KiB of states and tasks.
"""

import contextlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.backend.execution import SyncExecution
from moto.stepfunctions.parser.backend.state_machine import StateMachineInstance

from orchbench.platforms.meters import Meter
from orchbench.platforms.platform import Record
from orchbench.rehearsal.host import Death, InvalidStart, Surroundings
from orchbench.rehearsal.hosts.step_functions.calls import complete, history_page, known
from orchbench.rehearsal.hosts.step_functions.history import (
    HISTORY_FULL,
    STATUSES,
    ExecutionOver,
    History,
)
from orchbench.rehearsal.hosts.step_functions.status_change import machine_status_change
from orchbench.rehearsal.scripted_faults import ScriptedFaults
from orchbench.trace import Json
from orchbench.virtual_time.application import ACCOUNT, REGION, StateMachine
from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.moto_patches import moto_in_virtual_time

LARGEST_PAYLOAD_BYTES = 256 * 1024
LONGEST_SECONDS = 365 * 86_400
OF_THE_END = ("output", "error", "cause")
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/rehearsal"


class StateMachineHost:
    """Runs one execution of a state machine.

    Args:
        client_of: gives the client of a service that its Tasks call.
        jitter: draws the pauses of its retries.
    """

    def __init__(
        self,
        machine: StateMachine,
        history: History,
        clock: VirtualClock,
        jitter: random.Random,
        client_of: Callable[[str], Any],
    ) -> None:
        self.death: Death | None = None
        self._machine = machine
        self._history = history
        self._clock = clock
        self._jitter = jitter
        self._client_of = client_of
        self._name = ""
        self._input = ""
        self._running: SyncExecution | None = None

    @classmethod
    def on(cls, given: Surroundings) -> Self:
        """Return the host of one execution, whose questions about itself it answers.

        Raises:
            LookupError: the target is no state machine.
        """
        if not isinstance(given.target, StateMachine):
            raise LookupError(  # noqa: TRY004 - what the template deploys, not what was passed
                f"{given.target.name} is not a state machine, which is all that Step Functions runs."
            )
        history = History(given.clock, given.latency, given.works)
        host = cls(given.target, history, given.clock, given.jitter("retries"), given.aws.client)
        given.aws.serve(
            "stepfunctions",
            {
                "DescribeExecution": host.described,
                "GetExecutionHistory": lambda request: host.history_told(request, given.faults),
                "SendTaskSuccess": host.send_task_success,
            },
        )
        return host

    @property
    def execution_arn(self) -> str:
        """The execution's ARN."""
        return f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{self._machine.name}:{self._name}"

    @property
    def is_over(self) -> bool:
        """Tell whether the execution has ended."""
        return self._history.ending is not None

    @property
    def metered(self) -> Mapping[Meter, int]:
        """Nothing: its history shows all that Step Functions counts."""
        return {}

    def run(self, name: str, document: Any) -> None:
        """Start an execution and let time pass until it has ended.

        Raises:
            InvalidStart: StartExecution would refuse it.
        """
        self._name, self._input = name, json.dumps(document)
        if len(self._input.encode()) > LARGEST_PAYLOAD_BYTES:
            raise InvalidStart(f"The input is larger than the {LARGEST_PAYLOAD_BYTES} bytes of a payload.")
        execution = self._running = self._execution()
        timeout = min(
            json.loads(self._machine.definition).get("TimeoutSeconds", LONGEST_SECONDS), LONGEST_SECONDS
        )
        with (
            moto_in_virtual_time(
                self._clock,
                self._jitter,
                events=self._history,
                client_of=self._client_of,
                is_over=lambda: self.is_over,
            ),
            self._clock.timer(timeout, self._time_out),
            contextlib.suppress(ExecutionOver),
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

    def send_task_success(self, request: Mapping[str, Any]) -> Json:
        """End the Task that waits for a token, as SendTaskSuccess does."""
        worker = self._running.exec_worker if self._running else None
        return complete(worker.env.callback_pool_manager if worker and worker.env else None, request)

    def record(self) -> Record:
        """Return what Step Functions would answer of it, in boto3's shape."""
        events = self._history.events
        last = events[-1]
        details = last.get(_details_key(last["type"])) or {}
        ended = last["type"] in STATUSES
        description = {
            "executionArn": self.execution_arn,
            "stateMachineArn": self._machine.arn,
            "name": self._name,
            "status": STATUSES.get(last["type"], "RUNNING"),
            "startDate": events[0]["timestamp"],
            **({"stopDate": last["timestamp"]} if ended else {}),
            "input": self._input,
            **{key: details[key] for key in OF_THE_END if ended and details.get(key) is not None},
        }
        return Record(description, events)

    def described(self, request: Mapping[str, Any]) -> Json:
        """Describe the execution, as DescribeExecution does at any time."""
        known("DescribeExecution", request, self.execution_arn)
        return dict(self.record().description)

    def history_told(self, request: Mapping[str, Any], faults: ScriptedFaults) -> Json:
        """Return a page of the history, as GetExecutionHistory does at any time."""
        known("GetExecutionHistory", request, self.execution_arn)
        return history_page(self.history_read(faults), request)

    def history_read(self, faults: ScriptedFaults) -> Sequence[Mapping[str, Any]]:
        """Return what a read of the history shows: nothing since its newest wait, where it is stale."""
        events = self.record().events
        if not faults.history_is_stale():
            return events
        waits = [index for index, one in enumerate(events) if _begins_a_wait(one)]
        return events[: waits[-1]] if waits else events

    def status_change(self) -> Json:
        """Return the event of the execution's end."""
        return machine_status_change(self.record().description)

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


def _begins_a_wait(event: Mapping[str, Any]) -> bool:
    """Tell whether an event is that of a Task which waits for its token."""
    details = event.get("taskScheduledEventDetails") or {}
    return str(details.get("resource", "")).endswith(".waitForTaskToken")


def _details_key(event_type: str) -> str:
    return f"{event_type[0].lower()}{event_type[1:]}EventDetails"
