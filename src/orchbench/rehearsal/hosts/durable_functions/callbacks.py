"""The callbacks of one durable execution: who completes them, and when each gives up by itself."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_durable_execution_sdk_python.lambda_service import (
    ErrorObject,
    OperationAction,
    OperationStatus,
    OperationType,
    OperationUpdate,
)
from aws_durable_execution_sdk_python_testing.execution import Execution

from orchbench.trace import Json
from orchbench.virtual_time.clock import VirtualClock

NEVER = datetime.max.replace(tzinfo=UTC)


class Callbacks:
    """Completes the callbacks of an execution, or lets them time out; a heartbeat is not looked at."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._ends: dict[str, datetime] = {}
        self._completed = 0
        self._heard = 0

    @property
    def unheard(self) -> bool:
        """Tell whether one was completed since the last invocation began."""
        return self._completed > self._heard

    def invoked(self) -> None:
        """Note that an invocation begins, which hears of all that was completed."""
        self._heard = self._completed

    def began(self, updates: Sequence[OperationUpdate]) -> None:
        """Note when the callbacks among these updates give up."""
        for one in updates:
            if one.operation_type is OperationType.CALLBACK and one.action is OperationAction.START:
                seconds = one.callback_options.timeout_seconds if one.callback_options else 0
                self._ends[one.operation_id] = (
                    self._clock.moment() + timedelta(seconds=seconds) if seconds else NEVER
                )

    def ends(self, execution: Execution) -> list[datetime]:
        """Return when those that wait give up."""
        return [
            self._ends[one.operation_id]
            for one in execution.operations
            if one.operation_type is OperationType.CALLBACK and one.status is OperationStatus.STARTED
        ]

    def succeed(self, execution: Execution, request: Mapping[str, Any]) -> Json:
        """Do what SendDurableExecutionCallbackSuccess does."""
        execution.complete_callback_success(
            request["CallbackId"], request.get("Result"), self._clock.moment()
        )
        self._completed += 1
        return {}

    def give_up(self, execution: Execution) -> None:
        """Time out those whose moment has come."""
        for one in list(execution.operations):
            if (
                one.operation_type is OperationType.CALLBACK
                and one.status is OperationStatus.STARTED
                and self._ends[one.operation_id] <= self._clock.moment()
                and one.callback_details
            ):
                error = ErrorObject.from_message("Callback timed out")
                execution.complete_callback_timeout(
                    one.callback_details.callback_id, error, self._clock.moment()
                )
