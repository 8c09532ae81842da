"""One environment of a function, as Lambda keeps it: its handler, and invocations one after the other.

``python benchmarks/environment.py NAME BLOCKS`` writes the processor seconds and the calls of a warm
invocation as its standard error's last line, a JSON object: the function's, and of a durable one also those
of a bare handler with the same operations. Invocations follow one another at once, and then after pauses: the
same work takes longer when the processor has done something else. Without blocks it invokes the function
once, and imports nothing that the function does not: its memory is measured.
"""

import hashlib
import importlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import process_time, sleep
from typing import Any

MACHINE = "arn:aws:states:us-east-1:123456789012:execution:orchbench-sfn-poll:a"
DURABLE = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-durable-poll:1/durable-execution/a/b"
PROGRESS = {
    "output": {
        "statement_id": "s-1",
        "status": "STARTED",
        "statement_count": 2,
        "polls": 3,
        "created_at": "2026-01-01T00:00:00.000000Z",
        "updated_at": "2026-01-01T00:00:00.000000Z",
        "query_seconds": 0.0,
        "result_rows": 0,
        "statements": [],
    },
    "timeout_seconds": 3600,
    "poll": {"policy": "fixed", "interval_seconds": 10, "budget": True},
    "delay_seconds": 10,
    "deadline_passed": False,
    "failure": None,
    "poll_budget": 2742,
}
EVENTS: dict[str, dict[str, Any]] = {
    "submit": {"execution_id": MACHINE, "input": {}, "poll_budget": 2742},
    "prepare": {"execution_id": MACHINE, "input": {}, "poll_budget": {"same": 2741, "listed": 2243}},
    "status": {"execution_id": MACHINE, "progress": PROGRESS},
    "cancel": {"execution_id": MACHINE, "progress": PROGRESS},
    "sweep": {},
    "arm": {"execution_id": MACHINE, "progress": PROGRESS, "task_token": "t-1"},
    "notify": {"detail": {"statementName": f"{hashlib.sha256(MACHINE.encode()).hexdigest()} {MACHINE}"}},
}
"""What each function is invoked with; a durable one with the state of its execution."""
BARE = {
    "durable_poll": "bare_durable",
    "durable_condition": "bare_condition",
    "durable_callback": "bare_callback",
}
"""Durable handlers that do nothing, in the operations of each durable function: what the SDK takes itself."""
WARM_INVOCATIONS = 10
"""Of a block, between two looks at the clock: it can take as long to read as what is measured."""
PAUSE_SECONDS = 0.03
"""Before an invocation: enough for the processor to have done something else."""
WAITS_FOR_MORE = "_BLOCKED_CALLER_WAIT_SECONDS"
"""How the durable SDK names the time that a checkpoint waits for others to go with it, 0.001 s."""


class Context:
    """What Lambda tells a handler of its invocation."""

    function_name = "orchbench-function"
    function_version = "1"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-function"
    aws_request_id = "r-1"
    client_context = None
    identity = None
    tenant_id = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the same time again and again."""
        return 60_000


class Checkpoints:
    """The state of a durable execution, as Lambda keeps it."""

    def __init__(self) -> None:
        details = {"ExecutionDetails": {"InputPayload": "{}"}}
        self._operations = {"b": {"Id": "b", "Type": "EXECUTION", "Status": "STARTED", **details}}

    def write(self, updates: list[dict[str, Any]]) -> dict[str, Any]:
        """Take a checkpoint, and return the answer to it."""
        for update in updates:
            named = ("Id", "Type", "SubType", "Name")
            operation: dict[str, Any] = {key: update[key] for key in named if key in update}
            status = {"SUCCEED": "SUCCEEDED", "RETRY": "PENDING"}.get(update["Action"], "STARTED")
            result: dict[str, Any] = (
                {"StepDetails": {"Result": update["Payload"]}} if "Payload" in update else {}
            )
            if update["Type"] == "CALLBACK":
                result = {"CallbackDetails": {"CallbackId": update["Id"]}}
            self._operations[update["Id"]] = {**operation, "Status": status, **result}
        changed = [self._operations[update["Id"]] for update in updates]
        return {"CheckpointToken": "t", "NewExecutionState": {"Operations": changed}}

    def event(self) -> dict[str, Any]:
        """Return what the function is invoked with once its waits are over; nobody has ended a callback."""
        over = {"WAIT": "SUCCEEDED", "CALLBACK": "TIMED_OUT"}
        operations: list[dict[str, Any]] = [
            {**one, "Status": over.get(str(one["Type"]), one["Status"])} for one in self._operations.values()
        ]
        state = {"Operations": operations}
        return {"DurableExecutionArn": DURABLE, "CheckpointToken": "t", "InitialExecutionState": state}


def answer(operation: str) -> dict[str, Any]:
    """Return what the services answer to an operation: of the Data API, and of Step Functions."""
    now = datetime.now(UTC)
    match operation:
        case "GetExecutionHistory":
            given = json.dumps({"Payload": {"task_token": "t-1"}})
            details = {"resource": "invoke.waitForTaskToken", "parameters": given}
            return {"events": [{"taskScheduledEventDetails": details}]}
        case "SendTaskSuccess":
            return {}
        case "CancelStatement":
            return {"Status": True}
        case "ListStatements":
            return {"Statements": []}
        case _:
            return {"Id": "s-1", "Status": "STARTED", "CreatedAt": now, "UpdatedAt": now}


def clients(name: str) -> list[Any]:
    """Return the clients that a function's handler calls, the ones that it keeps."""
    found = []
    if name == "notify":
        found = [importlib.import_module("executions").client("stepfunctions")]
    elif not name.startswith("bare"):
        client = importlib.import_module("redshift_batch.data_api").redshift_data_client
        # As the handler asks for it: another spelling of the same arguments makes another client.
        found = [client(patient=True) if name == "sweep" else client()]
    if is_durable(name):
        service = importlib.import_module("aws_durable_execution_sdk_python.lambda_service")
        found.append(service.LambdaClient.initialize_client().client)
    return found


def is_durable(name: str) -> bool:
    """Tell whether a handler is a durable function's."""
    return "durable" in name or name.startswith("bare")


def main(name: str, blocks: int) -> None:
    """Invoke a function once; then, its calls answered on the spot, in as many blocks as asked."""
    if not blocks:
        invoke(handler_of(name), event_of(name, Checkpoints()))
        return
    kinds = {"function": name} | ({"sdk": BARE[name]} if name in BARE else {})
    warm = {kind: warmed(one) for kind, one in kinds.items()}
    with at_once():
        told = {
            "seconds": least_seconds(warm, blocks, WARM_INVOCATIONS, 0.0),
            "seconds_after_pause": least_seconds(warm, 2 * blocks, 1, PAUSE_SECONDS),
        }
    told["calls"] = {kind: calls(once_more) for kind, once_more in warm.items()}
    print(json.dumps(told), file=sys.stderr)  # noqa: T201


@contextmanager
def at_once() -> Iterator[None]:
    """Let the durable SDK work without its pauses: what follows one finds the processor's caches cold.

    A checkpoint waits for others to go with it, and an invocation that is over waits until the thread that
    sends them looks whether it is to stop. Here neither waits.

    Raises:
        SystemExit: the SDK has other names for that by now.
    """
    state = sys.modules.get("aws_durable_execution_sdk_python.state")
    if state is None:
        yield
        return
    try:
        stop, seconds = state.ExecutionState.stop_checkpointing, getattr(state, WAITS_FOR_MORE)
        wake = state._Signal.REFRESH_WAKE  # noqa: SLF001 - the SDK has no public name for any of them
    except AttributeError as error:
        raise SystemExit(f"The durable SDK has changed: {error}. What makes it pause now?") from None

    def stop_at_once(self: Any) -> None:
        stop(self)
        self._checkpoint_queue.put(wake)

    state.ExecutionState.stop_checkpointing = stop_at_once
    setattr(state, WAITS_FOR_MORE, 0.0)
    try:
        yield
    finally:
        state.ExecutionState.stop_checkpointing = stop
        setattr(state, WAITS_FOR_MORE, seconds)


def least_seconds(
    warm: dict[str, Callable[[], None]], blocks: int, invocations: int, pause_seconds: float
) -> dict[str, float]:
    """Return the processor seconds of one invocation of each, the least of the blocks.

    What else the machine does can only add to the processor time of the same work.
    """
    seconds: dict[str, list[float]] = {kind: [] for kind in warm}
    for _ in range(blocks):
        # In turn, so that a machine that grows slow is slow for both.
        for kind, once_more in warm.items():
            sleep(pause_seconds)
            began = process_time()
            for _ in range(invocations):
                once_more()
            seconds[kind].append((process_time() - began) / invocations)
    return {kind: min(found) for kind, found in seconds.items()}


def calls(once_more: Callable[[], None]) -> int:
    """Return how many functions an invocation calls in all its threads: the same on every machine."""
    count = 0

    def look(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    threading.setprofile(look)
    sys.setprofile(look)
    try:
        once_more()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return count


def warmed(name: str) -> Callable[[], None]:
    """Invoke a function for the first time, and return what invokes it again.

    Warm, a durable function looks at the statement that its first invocation submitted, again and again.
    """
    handler, checkpoints = handler_of(name), Checkpoints()

    def answered(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return checkpoints.write(request["Updates"]) if "Updates" in request else answer(operation)

    for client in clients(name):
        client._make_api_call = answered  # noqa: SLF001 - the one place that every operation goes through
    invoke(handler, event_of(name, checkpoints))
    event = event_of(name, checkpoints)
    return lambda: invoke(handler, event)


def handler_of(name: str) -> Any:
    """Return a function's handler."""
    return importlib.import_module(name if name.startswith("bare") else f"{name}.handler").handler


def event_of(name: str, checkpoints: Checkpoints) -> dict[str, Any]:
    """Return what a function is invoked with."""
    return checkpoints.event() if is_durable(name) else EVENTS[name]


def invoke(handler: Any, event: dict[str, Any]) -> None:
    """Invoke a function.

    Raises:
        SystemExit: a durable function did not come as far as its next wait.
    """
    answered = handler(event, Context())
    if "DurableExecutionArn" in event and answered["Status"] != "PENDING":
        raise SystemExit(f"The function was to wait, and answered {answered}.")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
