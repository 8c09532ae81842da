"""The Step Functions baseline: a state machine that loops over a wait, a status function and a choice."""

from orchbench.orchestrators.way import Way

WAY = Way(
    name="sfn-poll",
    service="step-functions",
    title="Step Functions, polling",
    target_output="SfnPollStateMachineArn",
    implementation="statemachine/redshift_batch.asl.json",
    functions=("submit", "status", "cancel"),
    order=0,
)
