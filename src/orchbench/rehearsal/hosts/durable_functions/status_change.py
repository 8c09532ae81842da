"""The event that Lambda sends when a durable execution has ended."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from orchbench.rehearsal.status_events import status_event
from orchbench.trace import Json, to_epoch


def durable_status_change(description: Mapping[str, Any]) -> Json:
    """Return the event, from what GetDurableExecution answers."""
    arn = str(description["DurableExecutionArn"])
    detail = {
        "durableExecutionArn": arn,
        "durableExecutionName": description["DurableExecutionName"],
        "functionArn": arn.partition("/durable-execution/")[0],
        "status": description["Status"],
        "startTimestamp": _shown(description["StartTimestamp"]),
        "endTimestamp": _shown(description["EndTimestamp"]),
    }
    ended_at = to_epoch(description["EndTimestamp"])
    return status_event("aws.lambda", "Durable Execution Status Change", arn, detail, ended_at=ended_at)


def _shown(moment: Any) -> str:
    return datetime.fromtimestamp(to_epoch(moment), UTC).isoformat().replace("+00:00", "Z")
