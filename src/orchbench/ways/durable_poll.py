"""The durable version: one Lambda durable function that loops over a wait and a check."""

from orchbench.platforms.durable_functions.platform import OPERATIONS_QUOTA
from orchbench.platforms.meters import CHECKPOINTS, DURABLE_OPERATIONS, HISTORY_EVENTS, WRITTEN_BYTES
from orchbench.trace import Work
from orchbench.ways.usage import Amounts, Ending, Usage
from orchbench.ways.way import Way

NAME = "durable-poll"
WORKS = {
    "submit-batch": Work.SUBMIT,
    "wait-before-check": Work.WAIT,
    "check-status": Work.LOOK,
    "cancel-batch": Work.CANCEL,
}
"""The operations of every durable way that polls."""


def amounts(
    operations: int, events: int, checkpoints: int, written_bytes: int, **invocations: int
) -> Amounts:
    """Return what a part of a durable execution uses."""
    meters = {
        DURABLE_OPERATIONS: operations,
        HISTORY_EVENTS: events,
        CHECKPOINTS: checkpoints,
        WRITTEN_BYTES: written_bytes,
    }
    return Amounts(meters, invocations)


ENDINGS = {
    Ending.SUCCEEDED: amounts(0, 1, 0, 751),
    Ending.FAILED: amounts(0, 1, 0, 500),
    Ending.TIMED_OUT: amounts(1, 2 + 1, 1, 1083),
}

# A step and a wait write 2 events each, an invocation 1, the execution's start and end 1 each.
_USAGE = Usage(
    quota=OPERATIONS_QUOTA,
    start=amounts(2, 1 + 2 + 1, 1, 509, **{NAME: 1}),
    wait=amounts(1, 2, 1, 0),
    look=amounts(1, 2 + 1, 1, 429, **{NAME: 1}),
    endings=ENDINGS,
    # The next wait is refused where the check before it was answered; a step begins before it is refused.
    refused_poll=amounts(0, 1, 0, 166),
    refused_ending=amounts(0, 1 + 1, 0, 166),
    death="CheckpointError",
    suspends=True,
    replayed_by_first_poll=2,
    replayed_more_each_poll=2,
)

WAY = Way(
    name=NAME,
    platform_name="durable-functions",
    title="Lambda durable function, polling",
    target_output="DurablePollFunctionArn",
    implementation="functions/durable_poll/handler.py",
    works=WORKS,
    usage=_USAGE,
    functions=(NAME,),
    workers=dict.fromkeys((Work.SUBMIT, Work.LOOK, Work.CANCEL), NAME),
    probe="durable-operations-metered",
    order=1,
)
