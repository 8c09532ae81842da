"""A durable execution in process: the deployed handler on AWS's testing SDK, in virtual time.

The testing SDK keeps the execution's state and checks every checkpoint; this host is the service around it:
it invokes, waits, meters and enforces the quotas (3,000 operations, 100 MB written, the execution's
timeout). What is assumed about the service, AWS not saying it: an invocation that fails is made again after
5 s, and after twice as long each time up to 5 minutes; a checkpoint beyond a quota is refused as an error
of the caller's, which the SDK ends the execution with.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from aws_durable_execution_sdk_python.exceptions import CheckpointError, DurableApiErrorCategory
from aws_durable_execution_sdk_python.execution import (
    DurableExecutionInvocationInputWithClient,
    InitialExecutionState,
)
from aws_durable_execution_sdk_python.lambda_service import (
    CheckpointOutput,
    DurableExecutionInvocationOutput,
    ErrorObject,
    InvocationStatus,
    OperationAction,
    OperationStatus,
    OperationType,
    OperationUpdate,
    StateOutput,
)
from aws_durable_execution_sdk_python_testing.checkpoint.processor import CheckpointProcessor
from aws_durable_execution_sdk_python_testing.exceptions import InvalidParameterValueException
from aws_durable_execution_sdk_python_testing.execution import Execution
from aws_durable_execution_sdk_python_testing.executor import Executor
from aws_durable_execution_sdk_python_testing.model import StartDurableExecutionInput
from aws_durable_execution_sdk_python_testing.stores.memory import InMemoryExecutionStore

from orchbench.platforms.meters import DURABLE_OPERATIONS, WRITTEN_BYTES, Meter
from orchbench.platforms.platform import Record
from orchbench.rehearsal.function_calls import refusal
from orchbench.rehearsal.host import Death, InvalidStart, Surroundings
from orchbench.rehearsal.hosts.durable_functions.callbacks import Callbacks
from orchbench.rehearsal.hosts.durable_functions.event_order import EventOrder
from orchbench.rehearsal.hosts.durable_functions.metering import (
    WAIT_FOR_CONDITION,
    Metering,
)
from orchbench.rehearsal.hosts.durable_functions.service import SdkClock, ServiceClient
from orchbench.rehearsal.hosts.durable_functions.status_change import durable_status_change
from orchbench.trace import Json
from orchbench.virtual_time.application import ACCOUNT, REGION, Function
from orchbench.virtual_time.durable_sdk_patches import durable_sdk_in_virtual_time
from orchbench.virtual_time.functions import FunctionStopped

QUALIFIER = "1"
RETENTION_DAYS = 14
LONGEST_BACKOFF_SECONDS = 300.0
LARGEST_INPUT_BYTES = 1024 * 1024
"""Of an asynchronous invocation."""
UNBOUNDED = 1_000_000
MOST_ITEMS = 1_000
"""Of a page of a history: AWS's maximum."""
_NOT_ASKED: Any = None
"""Stands where the testing SDK wants its scheduler and its invoker: this host waits and invokes itself."""


class DurableHost:
    """Runs one durable execution of a function."""

    def __init__(self, function: Function, given: Surroundings) -> None:
        self.death: Death | None = None
        self.meter = Metering()
        self._function = function
        self._functions = given.functions
        self._clock = given.clock
        self._latency = given.latency
        self._faults = given.faults
        self._works = given.works
        self._jitter = given.jitter("steps")
        self._begun: set[str] = set()
        self._first_backoff_seconds = given.scenario.restart_seconds
        self._store = InMemoryExecutionStore()
        self._processor = CheckpointProcessor(self._store, _NOT_ASKED, SdkClock(given.clock))
        self._order = EventOrder()
        self._callbacks = Callbacks(given.clock, self._order.ended)
        self._execution: Execution | None = None
        self._failures = 0
        self._errors: dict[str, BaseException] = {}
        self._broken: Exception | None = None

    @classmethod
    def on(cls, given: Surroundings) -> Self:
        """Return the host of one execution, whose questions about itself it answers.

        Raises:
            LookupError: the target is no durable function.
        """
        target = given.target
        if not isinstance(target, Function) or target.execution_timeout_seconds is None:
            raise LookupError(
                f"{target.name} is not a durable function, which is all that this platform runs."
            )
        host = cls(target, given)
        given.aws.serve(
            "lambda",
            {
                "GetDurableExecution": host._described,
                "GetDurableExecutionHistory": host._history,
                "SendDurableExecutionCallbackSuccess": lambda request: host._callbacks.succeed(
                    host.execution, request
                ),
                "SendDurableExecutionCallbackFailure": lambda request: host._callbacks.fail(
                    host.execution, request
                ),
            },
        )
        return host

    @property
    def execution(self) -> Execution:
        """The execution; there is one once it was started."""
        assert self._execution is not None  # noqa: S101 - run() comes first
        return self._execution

    @property
    def execution_arn(self) -> str:
        """The execution's ARN."""
        return self.execution.durable_execution_arn

    @property
    def is_over(self) -> bool:
        """Tell whether the execution has ended."""
        return self.execution.is_complete

    @property
    def metered(self) -> Mapping[Meter, int]:
        """The operations and the bytes so far."""
        return {DURABLE_OPERATIONS: self.meter.operations, WRITTEN_BYTES: self.meter.written_bytes}

    def run(self, name: str, document: Any) -> None:
        """Start an execution and let time pass until it has ended.

        Raises:
            InvalidStart: an asynchronous Invoke would refuse it.
        """
        payload = json.dumps(document)
        if len(payload.encode()) > LARGEST_INPUT_BYTES:
            raise InvalidStart(f"The input is larger than the {LARGEST_INPUT_BYTES} bytes of an Invoke.")
        self._start(name, payload)
        with (
            durable_sdk_in_virtual_time(self._jitter),
            self._clock.timer(self._function.execution_timeout_seconds or 0, self._time_out),
        ):
            while not self.is_over:
                self._invoke()
                if not self.is_over:
                    self._wait()

    def start_again(self, name: str, document: Any) -> str:
        """Start a name again, and return the ARN of the execution that has it, running or not.

        Raises:
            InvalidStart: it was started with another input.
        """
        started = self.execution.start_input
        if name != started.execution_name or json.dumps(document) != started.input:
            raise InvalidStart("DurableExecutionAlreadyStartedException")
        return self.execution_arn

    def stop(self, cause: str) -> None:
        """Stop the execution now, as StopDurableExecution does: its function runs on, and is not heard."""
        if not self.is_over:
            error = ErrorObject(message=cause, type=None, data=None, stack_trace=None)
            self.execution.complete_stopped(error=error, now=self._clock.moment())

    def record(self) -> Record:
        """Return what Lambda would answer of it, in boto3's shape."""
        executor = Executor(self._store, _NOT_ASKED, _NOT_ASKED, self._processor)
        details = executor.get_execution_details(self.execution_arn)
        history = executor.get_execution_history(
            self.execution_arn, include_execution_data=True, max_items=UNBOUNDED
        )
        executor.shutdown()
        return Record(_shown(details.to_dict()), self._order.sorted(list(self._events(history.events))))

    def _described(self, request: Mapping[str, Any]) -> Json:
        """Do what GetDurableExecution does, at any time."""
        self._know("GetDurableExecution", request)
        return dict(self.record().description)

    def _history(self, request: Mapping[str, Any]) -> Json:
        """Do what GetDurableExecutionHistory does, at any time: a page, from either end."""
        self._know("GetDurableExecutionHistory", request)
        events = list(self._events_read())
        if request.get("ReverseOrder"):
            events.reverse()
        first = int(request.get("Marker") or 0)
        after = first + int(request.get("MaxItems") or MOST_ITEMS)
        more = {"NextMarker": str(after)} if after < len(events) else {}
        return {"Events": events[first:after], **more}

    def _events_read(self) -> Sequence[Mapping[str, Any]]:
        """Return what a read of the history shows: nothing since its newest callback, where it is stale."""
        events = self.record().events
        if not self._faults.history_is_stale():
            return events
        callbacks = [index for index, one in enumerate(events) if one["EventType"] == "CallbackStarted"]
        return events[: callbacks[-1]] if callbacks else events

    def _know(self, operation: str, request: Mapping[str, Any]) -> None:
        if request["DurableExecutionArn"] != self.execution_arn:
            message = "There is no such durable execution."
            raise refusal("ResourceNotFoundException", message, operation, status=404)

    def status_change(self) -> Json:
        """Return the event of the execution's end."""
        return durable_status_change(self.record().description)

    def _events(self, history: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """Yield events in boto3's shape; the testing SDK loses details of invocations and callbacks."""
        completions = iter(self.execution.invocation_completions)
        for event in history:
            found: dict[str, Any] = event.to_dict()
            if found["EventType"] == "InvocationCompleted":
                details = next(completions).to_dict()
                error = self._errors.get(details["RequestId"])
                if error is not None:
                    told = {"ErrorType": type(error).__name__, "ErrorMessage": str(error)}
                    details["Error"] = {"Payload": told, "Truncated": False}
                found["InvocationCompletedDetails"] = details
            if found["EventType"] == "CallbackStarted":
                found["CallbackStartedDetails"]["Timeout"] = self._callbacks.timeouts[found["Id"]]
            yield found

    def checkpoint(
        self, token: str, updates: list[OperationUpdate], client_token: str | None
    ) -> CheckpointOutput:
        """Take a checkpoint of the running invocation, or refuse it."""
        try:
            return self._checkpoint(token, updates, client_token)
        except (CheckpointError, InvalidParameterValueException):
            raise
        except Exception as error:
            # A fault of this host's own must not pass for one of the service's.
            self._broken = error
            raise

    def _checkpoint(
        self, token: str, updates: list[OperationUpdate], client_token: str | None
    ) -> CheckpointOutput:
        if self._faults.checkpoint_fails():
            raise CheckpointError("ServiceException: the checkpoint was not saved")
        refusal = self.meter.refusal(updates)
        if refusal:
            self.death = self.death or Death(self._clock.now(), refusal)
            raise CheckpointError(refusal, DurableApiErrorCategory.EXECUTION)
        if not all(map(_is_step_start, updates)):
            # A step's start is sent beside the step: nobody waits for it.
            self._sleep_in_service()
        kept = self._kept_by_conditions(updates)
        output = self._processor.process_checkpoint(token, updates, client_token)
        self._keep(kept)
        self.meter.count(updates)
        self._order.updated(updates)
        self._callbacks.began(updates)
        self._follow(updates)
        self._order.completed(self.execution)
        return output

    def _kept_by_conditions(self, updates: Sequence[OperationUpdate]) -> dict[str, str]:
        """Return what conditions whose next poll begins kept of the last, by their operations."""
        begun = {one.operation_id for one in updates if _is_step_start(one)}
        if not begun:
            return {}
        return {
            one.operation_id: one.step_details.result
            for one in self.execution.operations
            if one.operation_id in begun and one.step_details and one.step_details.result is not None
        }

    def _keep(self, kept: Mapping[str, str]) -> None:
        """Put back what a condition's last poll kept, which the testing SDK drops when the next one begins.

        That the service keeps it is assumed: a poll whose function dies begins again, and the SDK reads it
        then.
        """
        if not kept:
            return
        for index, operation in enumerate(self.execution.operations):
            details, result = operation.step_details, kept.get(operation.operation_id)
            if details and result is not None and details.result is None:
                self.execution.operations[index] = replace(
                    operation, step_details=replace(details, result=result)
                )

    def _follow(self, updates: Sequence[OperationUpdate]) -> None:
        """Tell which step runs: each poll of a condition begins anew, another attempt at a step does not.

        A wait or a callback begins and is left alone: no function runs while it lasts.
        """
        for update in updates:
            if update.operation_type in (OperationType.WAIT, OperationType.CALLBACK):
                if update.action is OperationAction.START:
                    self._works.begins(update.name or "")
                    self._works.ends()
                continue
            if update.operation_type is not OperationType.STEP:
                continue
            if update.action is OperationAction.START:
                again = update.operation_id in self._begun and update.sub_type != WAIT_FOR_CONDITION
                self._begun.add(update.operation_id)
                self._works.begins(update.name or "", again=again)
            else:
                self._works.ends()

    def state(self, token: str, marker: str) -> StateOutput:
        """Return the execution's state to the running invocation."""
        return self._processor.get_execution_state(token, marker)

    def _sleep_in_service(self) -> None:
        try:
            self._clock.sleep(self._latency.seconds("checkpoint"))
        except FunctionStopped as stopped:
            # In the SDK's checkpoint thread: only an Exception reaches whoever waits there.
            raise CheckpointError(str(stopped)) from stopped

    def _start(self, name: str, payload: str) -> None:
        invocation_id = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        execution = Execution.new(
            StartDurableExecutionInput(
                account_id=ACCOUNT,
                function_name=self._function.name,
                function_qualifier=QUALIFIER,
                execution_name=name,
                execution_timeout_seconds=self._function.execution_timeout_seconds or 0,
                execution_retention_period_days=RETENTION_DAYS,
                invocation_id=invocation_id,
                input=payload,
            )
        )
        execution.durable_execution_arn = (
            f"{self._function.arn}:{QUALIFIER}/durable-execution/{name}/{invocation_id}"
        )
        execution.region = REGION
        execution.start(now=self._clock.moment())
        self._store.save(execution)
        self._execution = execution
        self._order.started(invocation_id)
        self.meter.start(payload)

    def _invoke(self) -> None:
        """Invoke the function once and act on what it answers."""
        execution = self.execution
        self._callbacks.give_up(execution)
        self._callbacks.invoked()
        execution.begin_new_invocation()
        operations = execution.get_navigable_operations()
        event = DurableExecutionInvocationInputWithClient(
            durable_execution_arn=self.execution_arn,
            checkpoint_token=execution.get_new_checkpoint_token(),
            initial_execution_state=InitialExecutionState(operations, ""),
            updated_operation_ids=list(execution.updated_operation_ids),
            service_client=ServiceClient(self),
        )
        execution.mark_state_delivered()
        self._order.delivered()
        execution.handler_seen_seq = execution.seq_counter
        started = self._clock.moment()
        try:
            answer = self._functions.invoke(
                self._function, event, operations_replayed=sum(map(_is_done, operations))
            )
        except (Exception, FunctionStopped) as error:  # noqa: BLE001 - however it failed, it is made again
            answer = None
            self._errors[self._functions.invocations[-1].request_id or ""] = error
        if self._broken is not None:
            raise self._broken
        request_id = self._functions.invocations[-1].request_id or ""
        execution.record_invocation_completion(started, self._clock.moment(), request_id)
        self._order.invoked(request_id)
        if self.is_over:
            return
        if answer is None:
            self._fail_invocation()
            return
        self._failures = 0
        self._conclude(DurableExecutionInvocationOutput.from_dict(json.loads(json.dumps(answer))))

    def _conclude(self, output: DurableExecutionInvocationOutput) -> None:
        now = self._clock.moment()
        match output.status:
            case InvocationStatus.SUCCEEDED:
                self.meter.end(output.result)
                self.execution.complete_success(output.result, now)
            case InvocationStatus.FAILED:
                self.meter.end(json.dumps(output.error.to_dict()) if output.error else None)
                self.execution.complete_fail(output.error, now)
            case _ if self._wakes_at() is None and not self._callbacks.unheard:
                error = ErrorObject.from_message("Cannot return PENDING status with no pending operations.")
                self.execution.complete_fail(error, now)

    def _fail_invocation(self) -> None:
        self.meter.invocation_retried()
        backoff = min(self._first_backoff_seconds * 2**self._failures, LONGEST_BACKOFF_SECONDS)
        self._failures += 1
        self._clock.sleep_until(self._clock.now() + backoff, lambda: self.is_over)

    def _wait(self) -> None:
        """Let time pass to the earliest wait, retry or callback, unless an invocation is to be made again."""
        if self._failures:
            return
        wakes_at = self._wakes_at()
        if wakes_at is not None:
            self._clock.sleep_until(wakes_at.timestamp(), lambda: self.is_over or self._callbacks.unheard)
        if not self.is_over:
            self.execution.complete_due_operations(self._clock.moment())
            self._callbacks.give_up(self.execution)
            self._order.completed(self.execution)
            self._clock.sleep_until(self._clock.now() + self._latency.seconds("resume"), lambda: self.is_over)

    def _wakes_at(self) -> datetime | None:
        moments = [
            one.wait_details.scheduled_end_timestamp
            for one in self.execution.operations
            if one.status is OperationStatus.STARTED and one.wait_details
        ]
        moments += [
            one.step_details.next_attempt_timestamp
            for one in self.execution.operations
            if one.status is OperationStatus.PENDING and one.step_details
        ]
        moments += self._callbacks.ends(self.execution)
        return min((moment for moment in moments if moment is not None), default=None)

    def _time_out(self) -> None:
        if not self.is_over:
            error = ErrorObject.from_message(
                f"Execution timed out after {self._function.execution_timeout_seconds} seconds."
            )
            self.execution.complete_timeout(error, self._clock.moment())


def _is_done(operation: Any) -> bool:
    finished = (OperationStatus.SUCCEEDED, OperationStatus.FAILED, OperationStatus.TIMED_OUT)
    return operation.operation_type is not OperationType.EXECUTION and operation.status in finished


def _is_step_start(update: OperationUpdate) -> bool:
    return update.operation_type is OperationType.STEP and update.action is OperationAction.START


def _shown(description: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in description.items() if value is not None}
