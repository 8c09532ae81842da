"""A way that the project does not have: the baseline under other names, on a made-up platform."""

from dataclasses import replace

from orchbench.platforms.meters import Meter
from orchbench.trace import Work
from orchbench.ways.sfn_poll import WAY as BASELINE
from orchbench.ways.usage import Amounts
from orchbench.ways.way import Variation

TICKS = Meter("made_up_ticks", "made-up ticks")
_USAGE = replace(BASELINE.usage, look=BASELINE.usage.look + Amounts({TICKS: 1}), quota=None)

WAY = replace(
    BASELINE,
    name="made-up",
    platform_name="made-up-platform",
    title="A way that is made up",
    target_output="MadeUpStateMachineArn",
    implementation="statemachine/made_up.asl.json",
    works={
        "Send it": Work.SUBMIT,
        "Sleep": Work.WAIT,
        "Have a look": Work.LOOK,
        "Take it back": Work.CANCEL,
    },
    usage=_USAGE,
    varies=Variation("sfn-poll", "its names"),
)
