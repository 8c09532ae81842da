"""The durable version: one Lambda durable function that loops over a wait and a check."""

from orchbench.orchestrators.way import Way

WAY = Way(
    name="durable-poll",
    service="durable-execution",
    title="Lambda durable function, polling",
    target_output="DurablePollFunctionArn",
    implementation="functions/durable/handler.py",
    functions=("durable-poll",),
    order=1,
)
