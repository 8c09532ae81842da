"""The durable version that waits for the event of its statement's end, with a slow poll behind it."""

from orchbench.platforms.durable_functions.platform import OPERATIONS_QUOTA
from orchbench.platforms.meters import WAKES
from orchbench.trace import Work
from orchbench.ways.durable_poll import ENDINGS, WORKS, amounts
from orchbench.ways.usage import Amounts, Ending, Usage
from orchbench.ways.way import Variation, Waits, Way

_NAME = "durable-callback"
_NOTIFY = "notify"

# A callback is an operation where a wait is one; who completes it, or that it ran out, is none.
_USAGE = Usage(
    quota=OPERATIONS_QUOTA,
    start=amounts(2, 1 + 2 + 1, 1, 544, **{_NAME: 1}),
    wait=amounts(1, 2, 1, 0),
    look=amounts(1, 2 + 1, 1, 463, **{_NAME: 1}),
    event=Amounts({WAKES: 1}, {_NOTIFY: 1}),
    # The statement is described once more, in the same invocation: an event may have come since.
    in_vain=amounts(1, 2, 1, 463),
    # The next wait began before the check, and nobody waits for it.
    by_fallback=amounts(1, 1, 1, 0),
    # A statement that is cancelled sends its event too. It finds no callback that waits, and an execution
    # that is not over: it comes again a minute later.
    endings=ENDINGS | {Ending.TIMED_OUT: ENDINGS[Ending.TIMED_OUT] + Amounts(invocations={_NOTIFY: 1})},
    refused_poll=amounts(0, 1, 0, 166),
    refused_ending=amounts(0, 1 + 1, 0, 166),
    death="CheckpointError",
    suspends=True,
    replayed_by_first_poll=2,
    replayed_more_each_poll=2,
)

WAY = Way(
    name=_NAME,
    platform_name="durable-functions",
    title="Lambda durable function, woken by an event",
    target_output="DurableCallbackFunctionArn",
    implementation="functions/durable_callback/handler.py",
    works={"await-event": Work.WAIT} | {name: work for name, work in WORKS.items() if work is not Work.WAIT},
    usage=_USAGE,
    functions=(_NAME, _NOTIFY),
    workers=dict.fromkeys((Work.SUBMIT, Work.LOOK, Work.CANCEL), _NAME) | {Work.WAKE: _NOTIFY},
    unrecorded=(_NOTIFY,),
    varies=Variation("durable-poll", "an event"),
    waits=Waits.FOR_AN_EVENT,
    least_delay_seconds=1_800,
    probe="statement-event-delay",
    order=20,
)
