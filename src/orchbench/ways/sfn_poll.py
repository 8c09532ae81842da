"""The Step Functions baseline: a state machine that loops over a wait, a status function and a choice."""

from orchbench.ways.usage import HISTORY_EVENTS, Amounts, Ending, Usage
from orchbench.ways.way import Way

# A Task writes 5 events and a Wait, a Choice and a Succeed 2 each; a Fail 1. Every state entered is a
# transition. The execution's own start and end are an event each.
_USAGE = Usage(
    quota_unit=HISTORY_EVENTS,
    quota_limit=25_000,
    start=Amounts({"submit": 1}, transitions=1, history_events=1 + 5),
    poll=Amounts({"status": 1}, transitions=3, history_events=2 + 5 + 2),
    endings={
        Ending.SUCCEEDED: Amounts({}, transitions=1, history_events=2 + 1),
        Ending.FAILED: Amounts({}, transitions=1, history_events=1 + 1),
        Ending.TIMED_OUT: Amounts({"cancel": 1}, transitions=3, history_events=5 + 2 + 1 + 1),
    },
    death="Runtime",
)

WAY = Way(
    name="sfn-poll",
    service="step-functions",
    title="Step Functions, polling",
    target_output="SfnPollStateMachineArn",
    implementation="statemachine/redshift_batch.asl.json",
    functions=("submit", "status", "cancel"),
    usage=_USAGE,
    order=0,
)
