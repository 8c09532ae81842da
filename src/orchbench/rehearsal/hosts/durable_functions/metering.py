"""Counts a durable execution's operations and bytes as AWS meters them, from its checkpoint updates.

The rules are those of docs.aws.amazon.com/lambda/latest/dg/durable-execution-sdk, "How durable operations
are metered". Whether the first check of a wait-for-condition counts twice its text leaves open; here it
does ("1 + N polls").
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_durable_execution_sdk_python.lambda_service import OperationAction, OperationType, OperationUpdate

MOST_OPERATIONS = 3_000
MOST_BYTES = 100 * 1024 * 1024
LONGEST_WAIT_SECONDS = 31_622_400
WAIT_FOR_CONDITION = "WaitForCondition"

_METERED_AT_START = (OperationType.WAIT, OperationType.CALLBACK, OperationType.CHAINED_INVOKE)
_METERED_AT_RESULT = (OperationType.STEP, OperationType.CONTEXT)
_RESULTS = (OperationAction.SUCCEED, OperationAction.FAIL, OperationAction.RETRY)


@dataclass
class Metering:
    """The operations and the bytes of one execution so far."""

    operations: int = 0
    written_bytes: int = 0
    _started: set[str] = field(default_factory=set)

    def start(self, payload: str) -> None:
        """Count the execution's start and its input."""
        self.operations += 1
        self.written_bytes += len(payload.encode())

    def end(self, payload: str | None) -> None:
        """Count the execution's output."""
        self.written_bytes += len((payload or "").encode())

    def invocation_retried(self) -> None:
        """Count an invocation that failed and is made again."""
        self.operations += 1

    def refusal(self, updates: Sequence[OperationUpdate]) -> str | None:
        """Return why the service would refuse these updates, or None."""
        if self.operations + sum(map(self._operations_of, updates)) > MOST_OPERATIONS:
            return f"The execution reached the maximum number of durable operations ({MOST_OPERATIONS})."
        if self.written_bytes + sum(map(bytes_of, updates)) > MOST_BYTES:
            return f"The execution reached the maximum of persisted data ({MOST_BYTES} bytes)."
        for update in updates:
            seconds = update.wait_options.wait_seconds if update.wait_options else 1
            if not isinstance(seconds, int) or not 1 <= seconds <= LONGEST_WAIT_SECONDS:
                return f"A wait takes whole seconds from 1 to {LONGEST_WAIT_SECONDS}, and not {seconds}."
        return None

    def count(self, updates: Sequence[OperationUpdate]) -> None:
        """Count updates that were accepted."""
        self.operations += sum(map(self._operations_of, updates))
        self.written_bytes += sum(map(bytes_of, updates))
        self._started |= {one.operation_id for one in updates if one.action is OperationAction.START}

    def _operations_of(self, update: OperationUpdate) -> int:
        if update.action is OperationAction.START:
            # A wait-for-condition starts anew with every poll, and is one operation all the same.
            polled = update.sub_type == WAIT_FOR_CONDITION and update.operation_id not in self._started
            return int(update.operation_type in _METERED_AT_START or polled)
        return int(update.operation_type in _METERED_AT_RESULT and update.action in _RESULTS)


def bytes_of(update: OperationUpdate) -> int:
    """Return how many bytes of an update are persisted and paid for."""
    payload = len(update.payload.encode()) if update.payload else 0
    return payload + (len(json.dumps(update.error.to_dict())) if update.error else 0)
