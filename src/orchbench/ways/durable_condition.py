"""The durable version on ``wait_for_condition``: one operation that checks and sleeps until the end."""

from orchbench.ways.usage import DURABLE_OPERATIONS, Amounts, Ending, Usage
from orchbench.ways.way import Way

# The condition is one operation, and each of its polls another; what went before the condition (the submit,
# the first wait) is all that is replayed.
_NAME = "durable-condition"
_USAGE = Usage(
    quota_unit=DURABLE_OPERATIONS,
    quota_limit=3_000,
    start=Amounts({_NAME: 1}, operations=4, history_events=1 + 2 + 2 + 1, checkpoints=2, written_bytes=509),
    poll=Amounts({_NAME: 1}, operations=1, history_events=2 + 1, checkpoints=1, written_bytes=443),
    endings={
        Ending.SUCCEEDED: Amounts({}, history_events=1, written_bytes=751),
        Ending.FAILED: Amounts({}, history_events=1, written_bytes=500),
        Ending.TIMED_OUT: Amounts({}, operations=1, history_events=2 + 1, checkpoints=1, written_bytes=1083),
    },
    # The next check is made after its delay, and its result is refused.
    refused_poll=Amounts({_NAME: 1}, history_events=2 + 1, written_bytes=166),
    refused_ending=Amounts({}, history_events=1 + 1, written_bytes=166),
    death="CheckpointError",
    replayed_by_first_poll=2,
)

WAY = Way(
    name=_NAME,
    service="durable-execution",
    title="Lambda durable function, wait_for_condition",
    target_output="DurableConditionFunctionArn",
    implementation="functions/durable_condition/handler.py",
    functions=(_NAME,),
    usage=_USAGE,
)
