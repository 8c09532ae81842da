"""The event that Step Functions sends when an execution has ended."""

from collections.abc import Mapping
from typing import Any

from orchbench.rehearsal.status_events import status_event
from orchbench.trace import Json, to_epoch

COPIED = ("executionArn", "stateMachineArn", "name", "status", "input", "output", "error", "cause")


def machine_status_change(description: Mapping[str, Any]) -> Json:
    """Return the event, from what DescribeExecution answers."""
    stopped_at = to_epoch(description["stopDate"])
    detail = {
        **{key: description.get(key) for key in COPIED},
        "startDate": round(to_epoch(description["startDate"]) * 1000),
        "stopDate": round(stopped_at * 1000),
        "inputDetails": {"included": True},
        "outputDetails": {"included": True} if description.get("output") else None,
    }
    return status_event(
        "aws.states",
        "Step Functions Execution Status Change",
        description["executionArn"],
        detail,
        ended_at=stopped_at,
    )
