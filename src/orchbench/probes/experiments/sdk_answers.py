"""What a state machine makes of the Data API's answers: fields that are absent, and looks that are held."""

import math
from collections.abc import Sequence

from orchbench.probes.experiments.sdk_integration import MOST_WAIT_SECONDS, task
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, NoAnswer, inconclusive, judged, refuted
from orchbench.probes.state_machines import Machine, ended_with
from orchbench.probes.statements import UNENDING, Statements, counting
from orchbench.trace import EventKind, ExecutionStatus, Trace, Work
from orchbench.ways.way import Waits

USED_IN = ("docs/ways.md",)
READ = ("Id", "Status", "CreatedAt", "UpdatedAt", "ResultRows")
"""What definitions take out of the answer to a look at a statement that has finished."""
BATCH_SECONDS = 75
"""The batch's own time: more than two looks, and the third ends after it."""
ENDS_WITHIN_SECONDS = 300
NEARLY_HELD_SECONDS = MOST_WAIT_SECONDS - 5


def absent_field(lab: Lab) -> Finding:
    """Name a field that is not there, and catch what follows by its name."""
    listing = task(lab, "listStatements", {"MaxResults": 1}) | {
        "ResultSelector": {"absent.$": "$.Absent"},
        "Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "Caught"}],
        "End": True,
    }
    machine = Machine(lab, "absent", {"List": listing, "Caught": {"Type": "Succeed"}})
    status, events = machine.ended(machine.start())
    caught = any(event.get("stateEnteredEventDetails", {}).get("name") == "Caught" for event in events)
    if status is ExecutionStatus.SUCCEEDED and not caught:
        return inconclusive("Nothing failed where a field is absent.")
    return judged(
        caught,
        "The Catch by its name was taken.",
        "The execution failed beside a Catch that names the error.",
        ended=ended_with(events)[:300],
    )


def finished_batch(lab: Lab) -> Finding:
    """Describe a batch that has finished."""
    statements = Statements(lab)
    found = statements.finished(statements.submit_batch("SELECT 1", "SELECT 2"))
    lacking = [name for name in READ if found.get(name) is None]
    return judged(
        not lacking,
        f"The answer has {', '.join(READ)}.",
        f"The answer lacks {', '.join(lacking)}.",
        fields=sorted(found),
    )


def held_looks(lab: Lab) -> Finding:
    """Run a batch that does not end on the deployed way whose looks are held, and read its history."""
    ways = [way.name for way in lab.bench.ways() if way.waits is Waits.HELD]
    if not ways:
        raise NoAnswer("No way whose looks are held is deployed: deploy with Ways=all and LongPoll=true.")
    bench, name = lab.bench, lab.name("held")
    document = {"sql": counting(UNENDING), "timeout_seconds": BATCH_SECONDS}
    execution = bench.start(ways[0], document, name=name)
    lab.remains.keep(
        f"The execution {execution.arn}",
        f"orchbench stop {ways[0]} {name}",
        lambda: bench.stop(execution),
    )
    running = ExecutionStatus.RUNNING
    lab.until(lambda: bench.live(execution, 0).status is not running, ENDS_WITHIN_SECONDS)
    return judged_looks(bench.trace(execution, reports=False))


def judged_looks(trace: Trace) -> Finding:
    """Judge how long the looks of an execution were held, and how they ended."""
    if trace.error_name == "InlineSqlNotAllowed":
        return inconclusive("The stack takes no SQL in an input: deploy with InlineSqlAllowed=true.")
    looks = [event for event in trace.events if event.work is Work.LOOK]
    begun = [event.at for event in looks if event.kind is EventKind.TASK_SCHEDULED]
    ended = [event.at for event in looks if event.kind is EventKind.TASK_SUCCEEDED]
    errors = sorted(
        {
            str(event.detail.get("error") or "no answer")
            for event in looks
            if event.kind is EventKind.TASK_FAILED
        }
    )
    seen = {"looks": len(begun), "ended": trace.error_name or trace.status.value}
    if errors:
        return refuted(f"A look ended with {', '.join(errors)}.", errors=errors, **seen)
    held = [round(after - before, 1) for before, after in zip(begun, ended, strict=False)]
    if trace.error_name != "BatchTimedOut" or not held:
        return inconclusive("The batch did not outlive its looks.", held_seconds=held, **seen)
    return _judged_seconds(held, seen)


def _judged_seconds(held: Sequence[float], seen: dict[str, object]) -> Finding:
    wanted = math.ceil(BATCH_SECONDS / MOST_WAIT_SECONDS)
    told = f"{len(held)} looks were held for {min(held):g} to {max(held):g} s."
    whole = len(held) <= wanted and min(held) >= NEARLY_HELD_SECONDS
    return judged(whole, told, told, held_seconds=list(held), **seen)
