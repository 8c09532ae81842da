"""The state machine that calls the Data API itself, and does not wait: the service holds each look."""

from dataclasses import replace

from orchbench.platforms.step_functions.platform import HISTORY_QUOTA
from orchbench.trace import Work
from orchbench.ways.sfn_direct import ENDINGS, LACKS, LOOK, START
from orchbench.ways.sfn_direct import WAY as DIRECT
from orchbench.ways.usage import Usage
from orchbench.ways.way import Variation, Waits

HELD_SECONDS = 30
"""The most that a call may ask for."""

WAY = replace(
    DIRECT,
    name="sfn-long-poll",
    title="Step Functions, with the Data API's long poll",
    target_output="SfnLongPollStateMachineArn",
    implementation="statemachine/sfn_long_poll.asl.json",
    works={name: work for name, work in DIRECT.works.items() if work is not Work.WAIT},
    usage=Usage(quota=HISTORY_QUOTA, start=START, look=LOOK, endings=ENDINGS, death="Runtime"),
    varies=Variation("sfn-poll", "no function in the loop, and no wait"),
    lacks=LACKS
    | {
        "poll": "the service holds a look for 30 s, whatever policy is asked for",
        "the deadline": f"{LACKS['the deadline']}, or 20 where a look is not answered; and it is noticed "
        "when a look ends, up to 30 s late, or 60 s where looks are not held",
        "held looks": "it is assumed that Step Functions passes the parameter on and waits for 30 s: a look "
        "that ends in the second in which it began is followed by a wait of 60 s, and one that is given up "
        "is tried 20 times more before the batch is cancelled",
    },
    waits=Waits.HELD,
    least_delay_seconds=HELD_SECONDS,
    probe="sdk-wait-time-seconds",
    order=DIRECT.order + 1,
    switch="LongPoll",
)
