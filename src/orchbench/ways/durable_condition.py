"""The durable version on ``wait_for_condition``: one operation that checks and sleeps until the end."""

from orchbench.platforms.durable_functions.platform import OPERATIONS_QUOTA
from orchbench.trace import Work
from orchbench.ways.durable_poll import ENDINGS, WORKS, amounts
from orchbench.ways.usage import Usage
from orchbench.ways.way import Variation, Way

# The condition is one operation, and each of its polls another; what went before the condition (the submit,
# the first wait) is all that is replayed. Its sleeps are no operations of their own.
_NAME = "durable-condition"
_USAGE = Usage(
    quota=OPERATIONS_QUOTA,
    start=amounts(4, 1 + 2 + 2 + 1, 2, 509, **{_NAME: 1}),
    look=amounts(1, 2 + 1, 1, 443, **{_NAME: 1}),
    endings=ENDINGS,
    # The next check is made after its delay, and its result is refused.
    refused_poll=amounts(0, 2 + 1, 0, 166, **{_NAME: 1}),
    refused_ending=amounts(0, 1 + 1, 0, 166),
    death="CheckpointError",
    suspends=True,
    replayed_by_first_poll=2,
)

WAY = Way(
    name=_NAME,
    platform_name="durable-functions",
    title="Lambda durable function, wait_for_condition",
    target_output="DurableConditionFunctionArn",
    implementation="functions/durable_condition/handler.py",
    works=WORKS,
    usage=_USAGE,
    functions=(_NAME,),
    workers=dict.fromkeys((Work.SUBMIT, Work.LOOK, Work.CANCEL), _NAME),
    probe="condition-first-look",
    varies=Variation("durable-poll", "one operation that checks and sleeps"),
)
