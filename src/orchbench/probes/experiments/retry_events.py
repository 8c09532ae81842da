"""What a retry writes into the history: the poll budget keeps a reserve of events for retries."""

from orchbench.probes.lab import Lab
from orchbench.probes.permissions import MACHINE
from orchbench.probes.probe import Finding, Probe, Signs, inconclusive, judged
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


PROBES = (
    Probe(
        name="retry-events",
        claim="A retry of a Task writes three events: TaskFailed, TaskScheduled and TaskStarted.",
        used_in=(
            "src/orchbench/platforms/step_functions/platform.py",
            "src/orchbench/ways/sfn_poll.py",
        ),
        how=f"A Task invokes a function that does not exist, with {RETRIES} retries.",
        signs=Signs(
            "these three",
            "others, or another number",
            "it is not tried three times",
            "Change the reserve of HISTORY_QUOTA, and with it the poll budget of ways on Step Functions.",
        ),
        permissions=MACHINE,
        attempt=attempt,
        seconds=20,
        uses={"state_transition": RETRIES + 2},
    ),
)
