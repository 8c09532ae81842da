"""A record from what ``aws lambda get-durable-execution-history`` prints, described or not."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchbench.platforms.durable_functions.history import EXECUTION_ENDS
from orchbench.platforms.exports import Event, EventShape, read_export
from orchbench.platforms.platform import Record
from orchbench.trace import Work

SHAPE = EventShape(
    kind="EventType", number="EventId", moment="EventTimestamp", describes="DurableExecutionArn"
)
STATUSES = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionStopped": "STOPPED",
}
UNNAMED_FUNCTION = "arn:aws:lambda:::function:function"
"""A history does not name its function."""
WAIT_FOR_CONDITION = "WaitForCondition"


def record_in_export(documents: Sequence[Any]) -> Record | None:
    """Return the record; what describes the execution is made of its events where it is not there."""
    export = read_export(documents, SHAPE)
    if export is None:
        return None
    events = export.events
    first, last = events[0], events[-1]
    ended = last["EventType"] in EXECUTION_ENDS
    described = {
        "DurableExecutionArn": "",
        "DurableExecutionName": first.get("Name") or "",
        "FunctionArn": UNNAMED_FUNCTION,
        "Status": STATUSES.get(last["EventType"], "RUNNING"),
        "StartTimestamp": first["EventTimestamp"],
        "EndTimestamp": last["EventTimestamp"] if ended else None,
        "InputPayload": _payload(first, "Input"),
        "Result": _payload(last, "Result") if ended else None,
    }
    return Record(described | dict(export.description), events)


def works_in_history(events: Sequence[Event]) -> Mapping[str, Work]:
    """Guess what operations do: a condition looks, and so does a step that is begun under its name again."""
    begun: dict[str, set[str]] = {}
    works: dict[str, Work] = {}
    for event in events:
        name, kind = event.get("Name") or "", event["EventType"]
        if kind == "WaitStarted":
            works[name] = Work.WAIT
        elif kind.startswith("Step"):
            if event.get("SubType") == WAIT_FOR_CONDITION:
                works[name] = Work.LOOK
            begun.setdefault(name, set()).add(str(event.get("Id")))
    return works | {name: Work.LOOK for name, ids in begun.items() if name and len(ids) > 1}


def _payload(event: Event, key: str) -> Any:
    details = event.get(f"{event['EventType']}Details") or {}
    return (details.get(key) or {}).get("Payload")
