"""How long Lambda invokes a durable function again whose process dies."""

from itertools import pairwise

from orchbench.probes.durable_function import EXECUTION_TIMEOUT_SECONDS, own_function
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, confirmed, inconclusive, refuted
from orchbench.trace import EventKind, ExecutionStatus


def attempt(lab: Lab) -> Finding:
    """Run a handler that always ends its process, until the execution is over."""
    function = own_function(lab)
    status, record = function.ended(function.start({"work": "crash"}), EXECUTION_TIMEOUT_SECONDS + 60)
    events = function.events(record)
    ended = [event.at for event in events if event.kind is EventKind.INVOCATION_ENDED]
    seen = {
        "status": str(status),
        "lasted_seconds": round(events[-1].at - events[0].at, 1),
        "invocations": len(ended),
        "seconds_between": [round(after - before, 1) for before, after in pairwise(ended)],
        "error": next(
            (event.detail.get("error") for event in reversed(events) if event.detail.get("error")), None
        ),
    }
    if status is ExecutionStatus.TIMED_OUT:
        return confirmed(f"It was invoked {len(ended)} times, until its timeout.", **seen)
    if status is ExecutionStatus.FAILED:
        return refuted("It failed before its timeout.", **seen)
    return inconclusive(f"It ended as {status}.", **seen)
