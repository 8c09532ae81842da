"""How long a state transition and a resume take: what rehearsals assume where nobody has measured."""

import itertools
import math
from collections.abc import Sequence

from orchbench.probes.durable_function import own_function
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, Signs, inconclusive, judged
from orchbench.probes.state_machines import Machine
from orchbench.trace import EventKind, to_epoch
from orchbench.virtual_time.latency import profiles

TIMES = 50
LOCALLY = 5
NEAR = 2.0
"""A figure within this factor of the assumed one counts as the assumed one."""
SIGNS = Signs(
    f"the median is within a factor of {NEAR:g}",
    "it is farther off",
    "fewer samples than asked for",
    "Rehearse with the measured profile: `orchbench rehearse --latency` takes the results file.",
)


def transition(lab: Lab) -> Finding:
    """Pass through states that do nothing."""
    times = TIMES if lab.on_aws else LOCALLY
    machine = Machine(lab, "pass", {f"State {number}": {"Type": "Pass"} for number in range(times + 1)})
    _status, events = machine.ended(machine.start())
    entered = [to_epoch(event["timestamp"]) for event in events if event["type"] == "PassStateEntered"]
    return _judged(lab, "transition", [b - a for a, b in itertools.pairwise(entered)], times)


def resume(lab: Lab) -> Finding:
    """Sleep a second at a time, and see how late each sleep ends."""
    times = TIMES if lab.on_aws else LOCALLY
    function = own_function(lab)
    _status, record = function.ended(function.start({"work": "wait", "times": times, "seconds": 1}), 300)
    due, late = 0.0, []
    for event in function.events(record):
        if event.kind is EventKind.WAIT_STARTED:
            due = event.at + float(event.detail.get("delay_seconds") or 1)
        elif event.kind is EventKind.STEP_STARTED:
            late.append(event.at - due)
    return _judged(lab, "resume", late, times)


def _judged(lab: Lab, kind: str, seconds: Sequence[float], wanted: int) -> Finding:
    ordered = sorted(max(0.0, one) for one in seconds)
    if len(ordered) < wanted:
        return inconclusive(f"There are {len(ordered)} samples instead of {wanted}.")
    median = round(ordered[len(ordered) // 2], 4)
    p95 = round(ordered[math.ceil(len(ordered) * 0.95) - 1], 4)
    measured = {"kind": kind, "samples": len(ordered), "median_seconds": median, "p95_seconds": p95}
    if not lab.on_aws:
        return inconclusive("The engine's own latency says nothing of AWS's.", **measured)
    assumed = profiles()["assumed"].distributions[kind].median_seconds
    told = f"The median is {median:g} s; {assumed:g} s is assumed."
    near = assumed / NEAR <= median <= assumed * NEAR
    return judged(near, told, told, **measured)
