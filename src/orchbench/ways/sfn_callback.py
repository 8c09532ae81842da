"""The baseline with its wait for time replaced by a wait for the Data API's event, a slow poll behind it."""

from orchbench.platforms.meters import HISTORY_READS, WAKES
from orchbench.platforms.step_functions.platform import HISTORY_QUOTA
from orchbench.trace import Work
from orchbench.ways.sfn_poll import WAY as BASELINE
from orchbench.ways.state_machine_amounts import amounts
from orchbench.ways.usage import Amounts, Ending, Usage
from orchbench.ways.way import Variation, Waits, Way

# A Task that waits for its token writes one event more than another, TaskSubmitted, however it ends.
_USAGE = Usage(
    quota=HISTORY_QUOTA,
    start=BASELINE.usage.start,
    wait=amounts(1, 6, arm=1),
    look=BASELINE.usage.look,
    # It goes into no history: a token is completed from outside, and found in the newest wait's record.
    event=Amounts({HISTORY_READS: 1, WAKES: 1}, {"notify": 1}),
    # A statement that is cancelled sends its event too. It finds the execution at its cancel, and comes again
    # a minute later, when there is nothing to wake any more.
    endings={
        **BASELINE.usage.endings,
        Ending.TIMED_OUT: BASELINE.usage.endings[Ending.TIMED_OUT] + amounts(0, 0, notify=1),
    },
    # Eight events are left: for a wait, and for the beginning of a look that is refused before it is made.
    refused_poll=amounts(2, 6 + 1 + 1, arm=1),
    # The cancel and the Choice after it.
    refused_ending=amounts(2, 5 + 2 + 1, cancel=1, notify=1),
    death="Runtime",
)

WAY = Way(
    name="sfn-callback",
    platform_name="step-functions",
    title="Step Functions, waiting for the event",
    target_output="SfnCallbackStateMachineArn",
    implementation="statemachine/sfn_callback.asl.json",
    works={
        "Submit batch": Work.SUBMIT,
        "Await event": Work.WAIT,
        "Check status": Work.LOOK,
        "Cancel batch": Work.CANCEL,
    },
    usage=_USAGE,
    functions=("submit", "arm", "status", "cancel", "notify"),
    workers={
        Work.SUBMIT: "submit",
        Work.WAIT: "arm",
        Work.LOOK: "status",
        Work.CANCEL: "cancel",
        Work.WAKE: "notify",
    },
    unrecorded=("notify",),
    varies=Variation("sfn-poll", "an event"),
    waits=Waits.FOR_AN_EVENT,
    lacks={
        "the length of a wait": "each attempt of the function that begins one waits anew, so a fallback or a "
        "deadline is noticed later by what failed attempts took",
    },
    least_delay_seconds=1800,
    probe="statement-event-delay",
    order=20,
)
