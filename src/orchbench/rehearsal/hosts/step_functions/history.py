"""The history of one execution, kept in the place of moto's own: with virtual moments, and the quota."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from orchbench.rehearsal.works import Works
from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.latency import Latency

MOST_EVENTS = 25_000
HISTORY_FULL = f"The execution reached the maximum number of history events ({MOST_EVENTS})."
STATUSES = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}


class ExecutionOver(BaseException):
    """Unwinds the interpreter once the execution has ended otherwise than by its own last state."""


class History:
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
            raise ExecutionOver
        if len(self.events) == MOST_EVENTS - 1 and event_type != "ExecutionSucceeded":
            self.is_full = True
            details = {"error": "States.Runtime", "cause": HISTORY_FULL}
            self.end("ExecutionFailed", {"executionFailedEventDetails": details})
            raise ExecutionOver
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
