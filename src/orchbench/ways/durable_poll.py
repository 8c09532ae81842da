"""The durable version: one Lambda durable function that loops over a wait and a check."""

from orchbench.ways.usage import DURABLE_OPERATIONS, Amounts, Ending, Usage
from orchbench.ways.way import Way

# A step and a wait write 2 events each, an invocation 1, the execution's start and end 1 each.
_NAME = "durable-poll"
_USAGE = Usage(
    quota_unit=DURABLE_OPERATIONS,
    quota_limit=3_000,
    start=Amounts({_NAME: 1}, operations=2, history_events=1 + 2 + 1, checkpoints=1, written_bytes=509),
    poll=Amounts({_NAME: 1}, operations=2, history_events=2 + 2 + 1, checkpoints=2, written_bytes=429),
    endings={
        Ending.SUCCEEDED: Amounts({}, history_events=1, written_bytes=751),
        Ending.FAILED: Amounts({}, history_events=1, written_bytes=500),
        Ending.TIMED_OUT: Amounts({}, operations=1, history_events=2 + 1, checkpoints=1, written_bytes=1083),
    },
    # The next wait is refused where the check before it was answered; a step begins before it is refused.
    refused_poll=Amounts({}, history_events=1, written_bytes=166),
    refused_ending=Amounts({}, history_events=1 + 1, written_bytes=166),
    death="CheckpointError",
    replayed_by_first_poll=2,
    replayed_more_each_poll=2,
)

WAY = Way(
    name=_NAME,
    service="durable-execution",
    title="Lambda durable function, polling",
    target_output="DurablePollFunctionArn",
    implementation="functions/durable/handler.py",
    functions=(_NAME,),
    usage=_USAGE,
    order=1,
)
