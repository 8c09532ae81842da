"""The Data API's event in rehearsals: by a rule to a function that wakes the execution, and its faults."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchbench.evaluation.counts import count
from orchbench.faults.unmeetable import without_what_a_fault_meets
from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.rehearsal.event_bridge import Deliveries
from orchbench.trace import EventKind, Work
from orchbench.virtual_time.application import ACCOUNT, REGION, Function, Rule, StateMachine, load_application
from orchbench.ways import all_ways, way_named
from orchbench.ways.way import Waits

ENDS, FALLBACK = 25.0, 600.0
WAY = replace(
    way_named("sfn-poll"),
    name="waiting",
    target_output="WaitingArn",
    works={"Submit": Work.SUBMIT, "Await": Work.WAIT, "Look": Work.LOOK},
    functions=("arm", "notify"),
    workers={Work.WAIT: "arm", Work.WAKE: "notify"},
    unrecorded=("notify",),
    waits=Waits.FOR_AN_EVENT,
)
DATA_API = "arn:aws:states:::aws-sdk:redshiftdata"
PATTERN = {
    "source": ["aws.redshift-data"],
    "detail": {"statementName": [{"wildcard": f"* arn:aws:states:{REGION}:{ACCOUNT}:execution:waiting:*"}]},
}


def function(name: str) -> Function:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orchbench-{name}"
    return Function(arn, f"orchbench-{name}", f"waking_handlers.{name}", 60, 128)


def machine(*, with_event: bool) -> StateMachine:
    submit = {
        "Sqls": ["SELECT 1", "SELECT 2"],
        "Database": "dev",
        "WorkgroupName": "analytics",
        "WithEvent": with_event,
        "StatementName.$": "States.Format('{} {}', States.Hash($$.Execution.Id, 'SHA-256'), $$.Execution.Id)",
    }
    arm = {
        "FunctionName": function("arm").arn,
        "Payload": {"task_token.$": "$$.Task.Token", "statement_id.$": "$.submitted.Id"},
    }
    looked = {"ResultPath": None, "Next": "Look"}
    ended = {"Variable": "$.look.Status", "StringEquals": "FINISHED", "Next": "Done"}
    states: dict[str, Any] = {
        "Submit": {
            "Type": "Task",
            "Resource": f"{DATA_API}:batchExecuteStatement",
            "Parameters": submit,
            "ResultPath": "$.submitted",
            "Next": "Await",
        },
        "Await": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": arm,
            "TimeoutSeconds": int(FALLBACK),
            "Catch": [{"ErrorEquals": ["States.Timeout"], **looked}],
            **looked,
        },
        "Look": {
            "Type": "Task",
            "Resource": f"{DATA_API}:describeStatement",
            "Parameters": {"Id.$": "$.submitted.Id"},
            "ResultPath": "$.look",
            "Next": "Ended?",
        },
        "Ended?": {"Type": "Choice", "Choices": [ended], "Default": "Await"},
        "Done": {"Type": "Succeed"},
    }
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:waiting"
    return StateMachine(arn, "waiting", json.dumps({"StartAt": "Submit", "States": states}))


def rehearsed(*faults: str, with_event: bool = True, latency: str = "zero") -> Rehearsal:
    functions = {name: function(name) for name in ("arm", "notify")}
    application = replace(
        load_application(),
        functions=functions,
        state_machines={"Waiting": machine(with_event=with_event)},
        targets={"WaitingArn": "Waiting"},
        code=Path(__file__).parent,
        rules=(Rule((functions["notify"],), PATTERN),),
    )
    scenario = Scenario(ENDS, {}, latency=latency, faults=tuple(map(Fault.parse, faults)))
    done = rehearse(scenario, WAY, application=application)
    assert (done.trace.status, done.unmet, done.statements_running) == ("SUCCEEDED", (), 0)
    return done


def looked_at(done: Rehearsal) -> list[float]:
    return [
        event.at - done.trace.started_at
        for event in done.trace.events
        if event.work is Work.LOOK and event.kind is EventKind.TASK_SUCCEEDED
    ]


def test_an_event_wakes_the_execution_at_the_moment_of_the_end() -> None:
    done = rehearsed()
    assert looked_at(done) == [ENDS]
    assert done.statement_events == Deliveries(attempts=1)
    # One invocation of the function that the event invokes, besides that of the execution's own.
    assert [one.function_name for one in done.trace.invocations] == ["orchbench-arm", "orchbench-notify"]
    assert count(done.trace).invocations == 2


def test_no_event_comes_unless_the_statement_asked_for_it() -> None:
    done = rehearsed(with_event=False)
    assert (looked_at(done), done.statement_events) == ([FALLBACK], Deliveries())


def test_an_event_takes_its_time() -> None:
    first, second = (rehearsed(latency="assumed") for _ in range(2))
    (moment,) = looked_at(first)
    assert looked_at(second) == [moment]
    assert ENDS + 0.1 < moment < FALLBACK


@pytest.mark.parametrize(
    ("faults", "looks", "deliveries"),
    [
        (["lose-statement-event"], [FALLBACK], Deliveries()),
        (["late-statement-event:seconds=100"], [ENDS + 100], Deliveries(attempts=1)),
        # The function dies before it wakes anybody, and Lambda tries again after a minute.
        (["crash-before:work=wake"], [ENDS + 60], Deliveries(attempts=2)),
        (["hang:work=wake"], [ENDS + 60 + 60], Deliveries(attempts=2)),
        (["stale-history"], [ENDS + 60], Deliveries(attempts=2)),
        # botocore tries again after half a second.
        (["throttle:work=wake"], [ENDS + 0.5], Deliveries(attempts=1)),
        (["disconnect:work=wake,calls=2"], [ENDS + 1.5], Deliveries(attempts=1)),
        # It had taken effect; the execution goes on when who woke it has found that out.
        (["lose-answer:work=wake"], [ENDS + 0.5], Deliveries(attempts=1)),
        (["delay:work=wake,seconds=2"], [ENDS + 2], Deliveries(attempts=1)),
        (["throttle:work=wake,calls=0"], [FALLBACK], Deliveries(attempts=3, dead_letters=1)),
        # Between the statement's start and its end: the look finds it running.
        (["forge-statement-event:at=10"], [10, ENDS], Deliveries(attempts=2)),
        (["forge-statement-event:at=3,work=wait"], [3, ENDS], Deliveries(attempts=2)),
        (["forge-statement-event:at=10,of=another"], [ENDS], Deliveries(attempts=2)),
        (["forge-statement-event:at=10,of=nobody"], [ENDS], Deliveries(attempts=2)),
        (["throttle:work=wait"], [ENDS], Deliveries(attempts=1)),
    ],
    ids=lambda one: one[0] if isinstance(one, list) and isinstance(one[0], str) else "",
)
def test_what_happens_to_an_event_or_to_who_wakes(
    faults: list[str], looks: list[float], deliveries: Deliveries
) -> None:
    done = rehearsed(*faults)
    assert (looked_at(done), done.statement_events) == (looks, deliveries)


def test_what_belongs_to_somebody_else_is_no_invocation_of_the_execution() -> None:
    for whose in ("another", "nobody"):
        done = rehearsed(f"forge-statement-event:at=10,of={whose}")
        assert count(done.trace).invocations == 2


@pytest.mark.parametrize("fault", ["duplicate-statement-event", "crash-after:work=wake"])
def test_an_execution_that_is_woken_twice_looks_once(fault: str) -> None:
    assert looked_at(rehearsed(fault)) == [ENDS]


@pytest.mark.parametrize(
    "fault",
    [
        "lose-statement-event",
        "forge-statement-event:at=1",
        "stale-history",
        "throttle:work=wake",
        "hang:work=wake",
    ],
)
def test_a_way_that_polls_has_nothing_that_a_statements_event_could_meet(fault: str) -> None:
    faults = [Fault.parse(fault)]
    polling = [way for way in all_ways().values() if way.waits is not Waits.FOR_AN_EVENT]
    assert {without_what_a_fault_meets(way, faults) for way in polling} == {"it asks for no event"}
    assert without_what_a_fault_meets(WAY, faults) is None


def test_only_a_function_makes_a_call_while_it_waits() -> None:
    faults = [Fault.parse("throttle:work=wait")]
    assert without_what_a_fault_meets(way_named("sfn-poll"), faults) == "no function does its wait"
    assert without_what_a_fault_meets(WAY, faults) is None


@pytest.mark.parametrize("way", ["sfn-poll", "durable-poll"])
def test_an_operator_can_act_while_an_execution_waits(way: str) -> None:
    done = rehearse(Scenario(95, {}, faults=(Fault.parse("stop:at=3,work=wait,nth=2"),)), way)
    assert (done.trace.status, done.unmet) == ("STOPPED", ())
    assert (done.trace.ended_at or 0) - done.trace.started_at == 13
