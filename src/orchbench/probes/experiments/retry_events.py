"""What a retry writes into the history: the poll budget keeps a reserve of events for retries."""

from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, inconclusive, judged
from orchbench.probes.state_machines import Machine

RETRIES = 2
ASSUMED = ["TaskFailed", "TaskScheduled", "TaskStarted"]


def attempt(lab: Lab) -> Finding:
    """Retry the invocation of a function that does not exist."""
    retry = {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "MaxAttempts": RETRIES,
        "BackoffRate": 1.0,
    }
    invoke = {
        "Type": "Task",
        "Resource": f"arn:{lab.partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": lab.name("nothing")},
        "TimeoutSeconds": 60,
        "Retry": [retry],
    }
    machine = Machine(lab, "retry", {"Invoke": invoke})
    _status, events = machine.ended(machine.start())
    types = [event["type"] for event in events]
    failed = [place for place, one in enumerate(types) if one == "TaskFailed"]
    if len(failed) != RETRIES + 1:
        return inconclusive(f"There were {len(failed)} attempts instead of {RETRIES + 1}.", history=types)
    written = types[failed[0] : failed[1]]
    return judged(
        written == ASSUMED,
        "A retry wrote TaskFailed, TaskScheduled and TaskStarted.",
        f"A retry wrote {', '.join(written)}.",
        history=types,
    )
