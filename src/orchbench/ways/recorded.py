"""Reads a stored trace, and fills in what traces lack that were stored before they said it."""

from dataclasses import replace

from orchbench.platforms import platform_of
from orchbench.trace import Json, Trace
from orchbench.ways import all_ways


def read_trace(document: Json) -> Trace:
    """Read what ``Trace.to_json`` wrote, now or before a trace named its platform and its events' works.

    Raises:
        KeyError, TypeError, ValueError: it is not a trace.
    """
    trace = Trace.from_json(document)
    way = all_ways().get(trace.orchestrator)
    if trace.platform:
        return trace
    platform = way.platform if way else platform_of(trace.execution_arn)
    if platform is None:
        raise ValueError(f"the trace's way {trace.orchestrator!r} is unknown")
    works = way.works if way else {}
    events = tuple(replace(event, work=works.get(event.name)) for event in trace.events)
    return replace(trace, platform=platform.name, events=events)
