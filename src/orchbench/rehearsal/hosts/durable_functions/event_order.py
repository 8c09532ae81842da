"""Which of two events of a durable execution came first, where both bear the same moment."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aws_durable_execution_sdk_python.lambda_service import OperationAction, OperationType, OperationUpdate
from aws_durable_execution_sdk_python_testing.execution import Execution


class EventOrder:
    """Remembers in which order things happened, for events of the same moment.

    The testing SDK sorts a history by time alone. The events of one operation keep their order there, so it
    is enough to remember, for each operation, the places of its events among all.
    """

    def __init__(self) -> None:
        self._places: dict[str, list[int]] = defaultdict(list)
        self._next = 0
        self._completed = 0

    def started(self, execution_id: str) -> None:
        """Note the execution's start."""
        self._note(execution_id)

    def updated(self, updates: Sequence[OperationUpdate]) -> None:
        """Note a checkpoint's updates."""
        for update in updates:
            if update.action is not OperationAction.CANCEL:
                self._note(update.operation_id)

    def completed(self, execution: Execution) -> None:
        """Note the waits that have ended since the last time."""
        ended = execution.updated_operation_ids[self._completed :]
        self._completed += len(ended)
        kinds = {one.operation_id: one.operation_type for one in execution.operations} if ended else {}
        for operation_id in ended:
            if kinds[operation_id] is OperationType.WAIT:
                self._note(operation_id)

    def ended(self, operation_id: str) -> None:
        """Note that a callback has ended."""
        self._note(operation_id)

    def delivered(self) -> None:
        """Note that the list of updated operations begins anew, with an invocation."""
        self._completed = 0

    def invoked(self, request_id: str) -> None:
        """Note an invocation's end."""
        self._note(request_id)

    def sorted(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return events in boto3's shape in the order they happened, numbered from 1."""
        places = {key: iter(value) for key, value in self._places.items()}

        def place(event: dict[str, Any]) -> tuple[datetime, int]:
            details = event.get("InvocationCompletedDetails") or {}
            key = details.get("RequestId") or event.get("Id") or ""
            return event["EventTimestamp"], next(places.get(key, iter(())), self._next)

        ordered = [
            event for _, event in sorted(((place(one), one) for one in events), key=lambda pair: pair[0])
        ]
        return [event | {"EventId": number} for number, event in enumerate(ordered, start=1)]

    def _note(self, key: str) -> None:
        self._places[key].append(self._next)
        self._next += 1
