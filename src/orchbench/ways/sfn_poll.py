"""The Step Functions baseline: a state machine that loops over a wait, a status function and a choice."""

from orchbench.platforms.step_functions.platform import HISTORY_QUOTA
from orchbench.trace import Work
from orchbench.ways.state_machine_amounts import amounts
from orchbench.ways.usage import Ending, Usage
from orchbench.ways.way import Way

# A Task writes 5 events and a Wait, a Choice and a Succeed 2 each; a Fail 1. Every state entered is a
# transition. The execution's own start and end are an event each.
_USAGE = Usage(
    quota=HISTORY_QUOTA,
    start=amounts(1, 1 + 5, submit=1),
    wait=amounts(1, 2),
    look=amounts(2, 5 + 2, status=1),
    endings={
        Ending.SUCCEEDED: amounts(1, 2 + 1),
        Ending.FAILED: amounts(1, 1 + 1),
        Ending.TIMED_OUT: amounts(3, 5 + 2 + 1 + 1, cancel=1),
    },
    refused_poll=amounts(0, 1),
    refused_ending=amounts(0, 1),
    death="Runtime",
)

WAY = Way(
    name="sfn-poll",
    platform_name="step-functions",
    title="Step Functions, polling",
    target_output="SfnPollStateMachineArn",
    implementation="statemachine/sfn_poll.asl.json",
    works={
        "Submit batch": Work.SUBMIT,
        "Wait before check": Work.WAIT,
        "Check status": Work.LOOK,
        "Cancel batch": Work.CANCEL,
    },
    usage=_USAGE,
    functions=("submit", "status", "cancel"),
    workers={Work.SUBMIT: "submit", Work.LOOK: "status", Work.CANCEL: "cancel"},
    order=0,
)
