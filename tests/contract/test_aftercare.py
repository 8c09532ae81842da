"""What looks after executions that are over: rules, dead letters and the sweep."""

import json
import re
from typing import Any

import pytest
from moto.events.models import EventPattern
from project import resources, template, transformed

from executions import ended_execution

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orchbench-sfn-poll"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-{}"


def machine_event(status: str, machine: str = MACHINE) -> dict[str, Any]:
    return {
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {
            "executionArn": machine.replace(":stateMachine:", ":execution:") + ":a",
            "stateMachineArn": machine,
            "name": "a",
            "status": status,
        },
    }


def durable_event(status: str, name: str = "durable-poll") -> dict[str, Any]:
    function = FUNCTION.format(name)
    return {
        "source": "aws.lambda",
        "detail-type": "Durable Execution Status Change",
        "detail": {
            "durableExecutionArn": f"{function}:3/durable-execution/a/0123",
            "durableExecutionName": "a",
            "functionArn": f"{function}:3",
            "status": status,
        },
    }


def resolved(node: Any) -> Any:
    """Put names in the places of references, as a deployment does."""
    if isinstance(node, dict):
        if node.keys() == {"Ref"}:
            return {"SfnPollStateMachine": MACHINE}.get(node["Ref"], node["Ref"])
        if node.keys() == {"Fn::Sub"}:
            names = {
                "DurablePollFunction": "durable-poll",
                "DurableConditionFunction": "durable-condition",
                "DurableCallbackFunction": "durable-callback",
            }
            return re.sub(r"\$\{(\w+)\.Arn\}", lambda one: FUNCTION.format(names[one[1]]), node["Fn::Sub"])
        return {key: resolved(value) for key, value in node.items()}
    return [resolved(one) for one in node] if isinstance(node, list) else node


def told(event: dict[str, Any]) -> list[str]:
    """Return the rules that hand an event on."""
    rules = resources(template(), "AWS::Events::Rule")
    patterns = {
        name: resolved(rule["EventPattern"]) for name, rule in rules.items() if "EventPattern" in rule
    }
    return [
        name
        for name, pattern in patterns.items()
        if EventPattern.load(json.dumps(pattern)).matches_event(event)  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_machine_that_did_not_succeed_is_told_to_the_cancel_function(status: str) -> None:
    assert told(machine_event(status)) == ["SfnPollEndedRule"]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "STOPPED"])
def test_a_durable_execution_that_did_not_succeed_is_told_to_the_cancel_function(status: str) -> None:
    assert told(durable_event(status)) == ["DurablePollEndedRule"]
    assert told(durable_event(status, "durable-condition")) == ["DurableConditionEndedRule"]
    assert told(durable_event(status, "durable-callback")) == ["DurableCallbackEndedRule"]


@pytest.mark.parametrize(
    "event",
    [
        machine_event("RUNNING"),
        machine_event("SUCCEEDED"),
        machine_event("FAILED", MACHINE + "-2"),
        durable_event("RUNNING"),
        durable_event("SUCCEEDED"),
        durable_event("FAILED", "durable-poll-2"),
    ],
    ids=lambda event: event["detail"]["status"],
)
def test_what_runs_or_succeeded_and_what_is_not_ours_is_not_told(event: dict[str, Any]) -> None:
    assert told(event) == []


def test_the_cancel_function_reads_the_execution_out_of_either_event() -> None:
    for event in (machine_event("FAILED"), durable_event("STOPPED")):
        assert ended_execution(event) in event["detail"].values()


def test_every_rule_may_invoke_its_function_and_keeps_what_it_cannot_deliver() -> None:
    document = transformed()
    permitted = {
        (one["SourceArn"]["Fn::GetAtt"][0], one["FunctionName"]["Ref"])
        for one in resources(document, "AWS::Lambda::Permission").values()
    }
    for name, rule in resources(document, "AWS::Events::Rule").items():
        (target,) = rule["Targets"]
        assert (name, target["Arn"]["Fn::GetAtt"][0]) in permitted
        assert ("DeadLetterConfig" in target) is ("EventPattern" in rule)


def test_an_event_that_failed_is_tried_again_and_then_kept() -> None:
    document = transformed()
    functions = resources(document, "AWS::Lambda::Function")
    configured = resources(document, "AWS::Lambda::EventInvokeConfig").values()
    retried = {one["FunctionName"]["Ref"]: one["MaximumRetryAttempts"] for one in configured}
    assert retried == {"CancelFunction": 2, "NotifyFunction": 2}
    for name in retried:
        kept = functions[name]["DeadLetterConfig"]["TargetArn"]
        assert kept == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}


def test_the_sweep_is_on_by_default_and_can_be_switched_off() -> None:
    document = template()
    assert document["Parameters"]["Sweep"]["Default"] == "true"
    rule = document["Resources"]["SweepRule"]["Properties"]
    assert rule["State"] == {"Fn::If": ["WithSweep", "ENABLED", "DISABLED"]}
