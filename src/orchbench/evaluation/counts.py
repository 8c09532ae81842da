"""What an execution used of its services, counted from its trace's events and never from a formula."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchbench.platforms import platform_named
from orchbench.platforms.meters import DURABLE_OPERATIONS, STATE_TRANSITIONS, WRITTEN_BYTES, Meter
from orchbench.trace import EventKind, Json, Trace, Work

ANSWERED = (EventKind.TASK_SUCCEEDED, EventKind.STEP_SUCCEEDED)


@dataclass(frozen=True)
class Counts:
    """What one execution used.

    Attributes:
        polls: looks that were answered.
        retries: attempts beyond the first, of a Task, a step or an invocation.
        metered: what its platform meters.
    """

    polls: int
    retries: int
    history_events: int
    invocations: int
    metered: Mapping[Meter, int]

    def of(self, meter: Meter) -> int | None:
        """Return the amount of a meter; None where the platform knows no such thing."""
        return self.metered.get(meter)

    def to_json(self) -> Json:
        """Return the counts as JSON values; None where the platform knows no such thing."""
        return {
            "polls": self.polls,
            "retries": self.retries,
            "history_events": self.history_events,
            "invocations": self.invocations,
            "state_transitions": self.state_transitions,
            "durable_operations": self.durable_operations,
            "written_bytes": self.written_bytes,
        }

    @property
    def state_transitions(self) -> int | None:
        return self.of(STATE_TRANSITIONS)

    @property
    def durable_operations(self) -> int | None:
        return self.of(DURABLE_OPERATIONS)

    @property
    def written_bytes(self) -> int | None:
        return self.of(WRITTEN_BYTES)


def count(trace: Trace) -> Counts:
    """Return what one execution used."""
    platform = platform_named(trace.platform)
    return Counts(
        polls=sum(event.work is Work.LOOK and event.kind in ANSWERED for event in trace.events),
        retries=platform.retries(trace.events),
        history_events=trace.history_events,
        invocations=len(trace.invocations),
        metered=platform.metered(trace.events),
    )
