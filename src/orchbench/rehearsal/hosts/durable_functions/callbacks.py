"""The callbacks of one durable execution: who completes them, and when each gives up by itself.

What is assumed, AWS not saying it: a callback of an execution that has ended counts as closed, and one that
somebody completes at the very moment at which it gives up is completed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_durable_execution_sdk_python.lambda_service import (
    ErrorObject,
    Operation,
    OperationAction,
    OperationStatus,
    OperationType,
    OperationUpdate,
)
from aws_durable_execution_sdk_python_testing.execution import Execution

from orchbench.rehearsal.function_calls import refusal
from orchbench.trace import Json
from orchbench.virtual_time.clock import VirtualClock

NEVER = datetime.max.replace(tzinfo=UTC)


class Callbacks:
    """Completes the callbacks of an execution, or lets them time out; a heartbeat is not looked at.

    Attributes:
        timeouts: seconds after which each gives up, by its operation; 0 for never.

    Args:
        ended: is told the operation of each that ends.
    """

    def __init__(self, clock: VirtualClock, ended: Callable[[str], None]) -> None:
        self._clock = clock
        self._ended = ended
        self.timeouts: dict[str, int] = {}
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
                self.timeouts[one.operation_id] = seconds
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
        """Do what SendDurableExecutionCallbackSuccess does.

        Raises:
            botocore.exceptions.ClientError: there is no such callback, or it is over.
        """
        callback_id, result = self._open(execution, request, "Success"), request.get("Result")
        content = result.encode() if isinstance(result, str) else result
        self._complete(execution.complete_callback_success(callback_id, content, self._clock.moment()))
        return {}

    def fail(self, execution: Execution, request: Mapping[str, Any]) -> Json:
        """Do what SendDurableExecutionCallbackFailure does; raises as ``succeed``."""
        callback_id, error = self._open(execution, request, "Failure"), request.get("Error") or {}
        told = ErrorObject.from_dict(error)
        self._complete(execution.complete_callback_failure(callback_id, told, self._clock.moment()))
        return {}

    def _complete(self, operation: Operation) -> None:
        self._completed += 1
        self._ended(operation.operation_id)

    def _open(self, execution: Execution, request: Mapping[str, Any], verdict: str) -> str:
        """Return the id of a callback that still waits."""
        operation = f"SendDurableExecutionCallback{verdict}"
        callback_id: str = request["CallbackId"]
        found = next(
            (
                one
                for one in execution.operations
                if one.callback_details and one.callback_details.callback_id == callback_id
            ),
            None,
        )
        if found is None:
            message = "There is no such callback."
            raise refusal("ResourceNotFoundException", message, operation, status=404)
        waits = found.status is OperationStatus.STARTED and not execution.is_complete
        if not waits or self._ends[found.operation_id] < self._clock.moment():
            message = "The callback has expired or has already been closed."
            raise refusal("CallbackTimeoutException", message, operation, status=400)
        return callback_id

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
                    one.callback_details.callback_id, error, self._ends[one.operation_id]
                )
                self._ended(one.operation_id)
