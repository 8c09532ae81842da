"""A record from what ``aws stepfunctions get-execution-history`` prints, described or not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from orchbench.platforms.exports import Event, EventShape, read_export
from orchbench.platforms.platform import Record
from orchbench.platforms.step_functions.history import (
    EXECUTION_ENDS,
    KINDS,
    details_of,
)
from orchbench.trace import EventKind, Work

SHAPE = EventShape(kind="type", number="id", moment="timestamp", describes="executionArn")
STATUSES = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}
DATA_API = {
    "executeStatement": Work.SUBMIT,
    "batchExecuteStatement": Work.SUBMIT,
    "describeStatement": Work.LOOK,
    "cancelStatement": Work.CANCEL,
}
"""What an SDK integration with the Data API does for a batch, by the action in its resource."""
SIDE_BY_SIDE = ("ParallelStateEntered", "MapStateEntered")


def record_in_export(documents: Sequence[Any]) -> Record | None:
    """Return the record; what describes the execution is made of its events where it is not there."""
    export = read_export(documents, SHAPE)
    if export is None:
        return None
    events = in_branches(export.events)
    first, last = events[0], events[-1]
    described = {
        "executionArn": "",
        "name": "",
        "status": STATUSES.get(last["type"], "RUNNING"),
        "startDate": first["timestamp"],
        "input": details_of(first).get("input"),
    }
    if "output" in details_of(last) and last["type"] in STATUSES:
        described["output"] = details_of(last)["output"]
    return Record(described | dict(export.description), events)


def in_branches(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return the events one branch after the other, where a Parallel or a Map let branches run at once.

    Each event names the one that caused it. Without branches the order stays as it was; the execution's end
    is always the last.
    """
    if not any(event["type"] in SIDE_BY_SIDE for event in events):
        return tuple(events)
    followers: dict[Any, list[Event]] = {0: []}
    for event in events:
        cause = event.get("previousEventId")
        followers[event["id"]] = []
        followers[cause if cause in followers else 0].append(event)
    ordered, waiting = [], followers[0][::-1]
    while waiting:
        event = waiting.pop()
        ordered.append(event)
        waiting += followers[event["id"]][::-1]
    return tuple(sorted(ordered, key=lambda event: event["type"] in EXECUTION_ENDS))


def works_in_history(events: Sequence[Event]) -> Mapping[str, Work]:
    """Guess what states do: by the action of the Data API, else a Task that is entered again looks."""
    works: dict[str, Work] = {}
    entered: Counter[str] = Counter()
    tasks: set[str] = set()
    name = ""
    for event in events:
        details = details_of(event)
        if event["type"].endswith("StateEntered"):
            name = details.get("name", "")
            entered[name] += 1
            if event["type"] == "WaitStateEntered":
                works[name] = Work.WAIT
        elif KINDS.get(event["type"]) is EventKind.TASK_SCHEDULED:
            tasks.add(name)
            if work := DATA_API.get(str(details.get("resource", "")).partition(".")[0]):
                works[name] = work
    if Work.LOOK not in works.values():
        works |= {name: Work.LOOK for name in tasks - works.keys() if entered[name] > 1}
    return works
