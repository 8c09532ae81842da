"""What an execution used of its services, counted from its trace's events and never from a formula."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchbench.platforms import all_platforms, platform_named
from orchbench.platforms.meters import HISTORY_EVENTS, Meter
from orchbench.trace import EventKind, Json, Trace, Work
from orchbench.ways import all_ways

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
            HISTORY_EVENTS.key: self.history_events,
            "invocations": self.invocations,
            **{meter.key: self.of(meter) for meter in platform_meters()},
        }


def platform_meters() -> list[Meter]:
    """Return what the platforms meter, in the order of a table: those of the ways' platforms first."""
    platforms = [*(way.platform for way in all_ways().values()), *all_platforms().values()]
    return list(dict.fromkeys(meter for platform in platforms for meter in platform.meters))


def counted_meters() -> list[Meter]:
    """Return what tables count of an execution: what platforms meter but for sizes, and history events."""
    return [*(meter for meter in platform_meters() if not meter.is_size), HISTORY_EVENTS]


def names_of_counts() -> dict[str, str]:
    """Return what a table calls each count, by its key, in the order of the table."""
    return {
        "polls": "polls",
        **{meter.key: meter.unit for meter in counted_meters()},
        "retries": "retries",
        "invocations": "Lambda invocations",
    }


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
