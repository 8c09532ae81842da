"""What ends a wait for an event: a token that its own Task completes, and callbacks that nobody waits for."""

from orchbench.probes.durable_function import own_function
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, inconclusive, judged
from orchbench.probes.state_machines import Machine, ended_with
from orchbench.trace import ExecutionStatus, Json

MOST_NAME = 2_048
"""Characters of a StatementName (Data API, BatchExecuteStatement)."""
TOKEN = 64
"""Characters of the client token, which a name begins with."""
OPEN_SECONDS = 300
NOT_LOCAL = "the emulator of Step Functions waits for tokens of functions alone"


def from_inside(lab: Lab) -> Finding:
    """Let a Task that waits for its token complete it itself."""
    waiting = {
        "Type": "Task",
        "Resource": f"arn:{lab.partition}:states:::aws-sdk:sfn:sendTaskSuccess.waitForTaskToken",
        "Parameters": {"TaskToken.$": "$$.Task.Token", "Output": "{}"},
        "TimeoutSeconds": 20,
    }
    machine = Machine(lab, "inside", {"Wait": waiting})
    return judged_end(*machine.ended(machine.start()))


def judged_end(status: ExecutionStatus, events: list[Json]) -> Finding:
    """Judge how a Task ended that completed its own token."""
    types = [event["type"] for event in events]
    if status is not ExecutionStatus.SUCCEEDED and "TaskTimedOut" not in types:
        return inconclusive(
            f"The Task did not come as far as its wait: {ended_with(events) or status}."[:300]
        )
    return judged(
        status is ExecutionStatus.SUCCEEDED,
        "The Task succeeded by the token that it had completed itself.",
        "The Task ran into its timeout.",
        events=types,
    )


def id_length(lab: Lab) -> Finding:
    """Begin a callback, and look at its id and at the ARN of its execution."""
    _status, arn, ids = _left_open(lab)
    if not ids:
        return inconclusive("The history shows no callback.")
    return judged_name(arn, ids)


def judged_name(arn: str, ids: list[str]) -> Finding:
    """Judge the length of a name that has a token, an execution's ARN and a callback's id."""
    length = TOKEN + 1 + len(arn) + 1 + max(map(len, ids))
    return judged(
        length <= MOST_NAME,
        f"The id has {max(map(len, ids))} characters, and the name {length:,}.",
        f"The name would have {length:,} characters.",
        id_length=max(map(len, ids)),
        name_length=length,
    )


def left_open(lab: Lab) -> Finding:
    """End an execution beside a callback that is open."""
    status, _arn, ids = _left_open(lab)
    if not ids:
        return inconclusive("The history shows no callback.")
    return judged(
        status is ExecutionStatus.SUCCEEDED,
        "It succeeded beside an open callback.",
        f"It stood as {status} after 60 s.",
    )


def _left_open(lab: Lab) -> tuple[ExecutionStatus, str, list[str]]:
    """Return how an execution that leaves a callback open stands, its ARN and its callbacks' ids."""
    function = own_function(lab)
    arn = function.start({"work": "callback", "times": 1, "seconds": OPEN_SECONDS})
    status, record = function.ended(arn, 60)
    details = [event.get("CallbackStartedDetails") or {} for event in record.events]
    return status, arn, [one["CallbackId"] for one in details if "CallbackId" in one]
