"""A platform that the project does not have: Step Functions with a meter of its own."""

from collections.abc import Mapping, Sequence

from orchbench.platforms.meters import STATE_TRANSITIONS, Meter
from orchbench.platforms.step_functions.platform import StepFunctionsPlatform
from orchbench.trace import EventKind, TraceEvent, Work

TICKS = Meter("made_up_ticks", "made-up ticks")


class MadeUpPlatform(StepFunctionsPlatform):
    """Counts a tick a look."""

    name = "made-up-platform"
    title = "A platform that is made up"
    meters = (STATE_TRANSITIONS, TICKS)

    def metered(self, events: Sequence[TraceEvent]) -> Mapping[Meter, int]:
        """Count transitions and ticks."""
        looks = sum(one.work is Work.LOOK and one.kind is EventKind.TASK_SUCCEEDED for one in events)
        return {**super().metered(events), TICKS: looks}


PLATFORM = MadeUpPlatform()
