"""A defect in the submit: the execution fails, nothing runs on, and no cancel fails over it."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.rehearsal.event_bridge import Deliveries
from orchbench.trace import EventKind
from orchbench.virtual_time.application import load_application

SUBMITTING = {"sfn-poll": ("SubmitFunction", "sfn"), "durable-poll": ("DurablePollFunction", "durable")}
LONG_SECONDS = 20_000


def with_a_defect(way: str, when: str, *faults: str) -> Rehearsal:
    """Rehearse the application with another handler where it submits."""
    function, host = SUBMITTING[way]
    deployed = load_application(InlineSqlAllowed="false")
    broken = replace(deployed.functions[function], handler=f"defective_handlers.{host}_{when}_the_call")
    scenario = Scenario(LONG_SECONDS, {}, faults=tuple(map(Fault.parse, faults)))
    functions = {**deployed.functions, function: broken}
    application = replace(deployed, functions=functions, code=Path(__file__).parent)
    return rehearse(scenario, way, application=application)


def failures(done: Rehearsal) -> list[str]:
    """Return what failed in the execution, call by call or step by step."""
    kinds = (EventKind.TASK_FAILED, EventKind.STEP_FAILED)
    return [str(event.detail.get("error")) for event in done.trace.events if event.kind in kinds]


@pytest.mark.parametrize("way", SUBMITTING)
def test_a_defect_before_the_call_is_looked_after_once_and_no_cancel_fails(way: str) -> None:
    done = with_a_defect(way, "before")
    assert (done.trace.status, done.trace.error_name) == ("FAILED", "UnexpectedError")
    assert len(failures(done)) == 1
    assert (done.statements_executed, done.statements_running) == (0, 0)
    # The event of its end is acted on at once as well: the history tells that there is nothing.
    assert done.deliveries == Deliveries(attempts=1)


@pytest.mark.parametrize("way", SUBMITTING)
def test_a_defect_after_the_call_leaves_nothing_running(way: str) -> None:
    done = with_a_defect(way, "after")
    assert (done.trace.status, done.trace.error_name) == ("FAILED", "UnexpectedError")
    assert (done.statements_executed, done.statements_running) == (1, 0)
    (batch,) = done.batches
    assert (batch.status, batch.ended_at) == ("ABORTED", done.trace.ended_at)
    assert done.deliveries == Deliveries(attempts=1)


@pytest.mark.parametrize("way", SUBMITTING)
def test_what_a_defect_and_an_unfinished_cancel_left_is_stopped_after_the_end(way: str) -> None:
    done = with_a_defect(way, "after", "unavailable:operation=ListStatements,calls=21")
    assert done.trace.error_name == "UnexpectedError"
    assert len(failures(done)) == 1 + 7
    assert (done.statements_executed, done.statements_running) == (1, 0)
