"""A state machine that calls the Data API by itself: no function, the same AWS and the same faults."""

import json
from dataclasses import replace
from typing import Any

import pytest

from orchbench.evaluation.counts import count
from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.trace import EventKind, Work
from orchbench.virtual_time.application import ACCOUNT, REGION, StateMachine, load_application
from orchbench.ways import way_named

DATA_API = "arn:aws:states:::aws-sdk:redshiftdata"
STATEMENT = {
    "Sqls": ["SELECT 1"],
    "Database": "dev",
    "WorkgroupName": "analytics",
    "ClientToken.$": "States.Hash($$.Execution.Id, 'SHA-256')",
}
WAY = replace(
    way_named("sfn-poll"),
    name="direct",
    target_output="DirectArn",
    works={"Submit": Work.SUBMIT, "Wait": Work.WAIT, "Look": Work.LOOK, "Cancel": Work.CANCEL},
    functions=(),
    workers={},
)
RETRY = [
    {
        "ErrorEquals": [
            "RedshiftData.InternalServerException",
            "RedshiftData.RedshiftDataException",
            "RedshiftData.SdkClientException",
        ],
        "IntervalSeconds": 2,
        "BackoffRate": 1.0,
        "MaxAttempts": 3,
    }
]


def call(action: str, parameters: dict[str, Any], following: str, **others: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"{DATA_API}:{action}",
        "Parameters": parameters,
        "Next": following,
        "Retry": RETRY,
        **others,
    }


def definition(deadline: str = "2026-01-02T00:00:00Z") -> dict[str, Any]:
    ended = {"Variable": "$.look.Status", "StringEquals": "FINISHED", "Next": "Done"}
    late = {"Variable": "$$.State.EnteredTime", "TimestampGreaterThan": deadline, "Next": "Cancel"}
    return {
        "StartAt": "Submit",
        "States": {
            "Submit": call("batchExecuteStatement", STATEMENT, "Wait", ResultPath="$.submitted"),
            "Wait": {"Type": "Wait", "Seconds": 10, "Next": "Look"},
            "Look": call("describeStatement", {"Id.$": "$.submitted.Id"}, "Ended?", ResultPath="$.look"),
            "Ended?": {"Type": "Choice", "Choices": [ended, late], "Default": "Wait"},
            "Cancel": call("cancelStatement", {"Id.$": "$.submitted.Id"}, "Late", ResultPath=None),
            "Late": {"Type": "Fail", "Error": "Late"},
            "Done": {"Type": "Pass", "Parameters": {"status.$": "$.look.Status"}, "End": True},
        },
    }


def rehearsed(seconds: float, *faults: str, machine: dict[str, Any] | None = None) -> Rehearsal:
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:direct"
    application = replace(
        load_application(),
        state_machines={"Direct": StateMachine(arn, "direct", json.dumps(machine or definition()))},
        targets={"DirectArn": "Direct"},
    )
    scenario = Scenario(seconds, {}, faults=tuple(map(Fault.parse, faults)))
    return rehearse(scenario, WAY, application=application)


def looked_at(done: Rehearsal) -> list[float]:
    return [
        event.at - done.trace.started_at
        for event in done.trace.events
        if event.work is Work.LOOK and event.kind is EventKind.TASK_SUCCEEDED
    ]


def test_a_machine_without_functions_runs_its_batch() -> None:
    done = rehearsed(25)
    assert (done.trace.status, done.trace.output) == ("SUCCEEDED", {"status": "FINISHED"})
    assert (done.statements_executed, done.trace.invocations) == (1, ())
    assert looked_at(done) == [10, 20, 30]
    assert count(done.trace).polls == 3


@pytest.mark.parametrize("kind", ["throttle", "unavailable"])
def test_an_integration_meets_the_faults_that_a_function_meets_and_each_call_is_one(kind: str) -> None:
    done = rehearsed(25, f"{kind}:work=look,nth=2,calls=2")
    assert (done.trace.status, done.unmet) == ("SUCCEEDED", ())
    # Two attempts of the Task itself, 2 s apart: nothing retries inside an integration.
    assert looked_at(done) == [10, 24, 34]


def test_an_error_is_named_as_step_functions_names_it() -> None:
    done = rehearsed(25, "unavailable:work=submit,calls=0")
    assert (done.trace.status, done.trace.error_name) == ("FAILED", "InternalServerException")
    machine = definition()
    machine["States"]["Look"]["Parameters"] = {"Id": "00000000-0000-4000-8000-000000000000"}
    assert rehearsed(25, machine=machine).trace.error_name == "ResourceNotFoundException"


def test_a_call_without_an_answer_can_be_retried_and_caught() -> None:
    done = rehearsed(25, "lose-answer:work=submit,calls=0")
    assert (done.trace.status, done.trace.error_name) == ("FAILED", "SdkClientException")
    assert done.statements_executed == 1
    done = rehearsed(25, "disconnect:work=look")
    assert (done.trace.status, looked_at(done)[:1]) == ("SUCCEEDED", [12])


def test_no_function_can_die_or_hang_where_none_runs() -> None:
    faults = ("crash-before:work=submit", "crash-after:work=look", "hang:work=look")
    done = rehearsed(25, *faults)
    assert done.trace.status == "SUCCEEDED"
    assert [fault.kind for fault in done.unmet] == ["crash-before", "crash-after", "hang"]


def test_a_choice_compares_the_moment_that_the_interpreter_itself_tells() -> None:
    done = rehearsed(3_600, machine=definition(deadline="2026-01-01T00:00:35Z"))
    assert (done.trace.status, done.trace.error_name) == ("FAILED", "Late")
    assert looked_at(done) == [10, 20, 30, 40]
    assert done.statements_running == 0


def test_the_answer_of_an_integration_is_json_with_moments_in_utc() -> None:
    machine = definition()
    machine["States"]["Done"] = {"Type": "Pass", "OutputPath": "$.look", "End": True}
    output = rehearsed(5, machine=machine).trace.output
    assert output["CreatedAt"] == "2026-01-01T00:00:00.000Z"
    assert "ResponseMetadata" not in output
