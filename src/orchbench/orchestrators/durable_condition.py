"""The durable version on ``wait_for_condition``: one operation that checks and sleeps until the end."""

from orchbench.orchestrators.way import Way

WAY = Way(
    name="durable-condition",
    service="durable-execution",
    title="Lambda durable function, wait_for_condition",
    target_output="DurableConditionFunctionArn",
    implementation="functions/durable_condition/handler.py",
    functions=("durable-condition",),
)
