"""What looks after executions that are over: rules, dead letters, the sweep, alarms and the dashboard."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern
from project import FUNCTIONS, resources, template, transformed

from executions import ended_execution

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orchbench-sfn-poll"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-{}"
OWN_NAMESPACE = "orchbench"


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
            names = {"DurablePollFunction": "durable-poll", "DurableConditionFunction": "durable-condition"}
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
    cancel = resources(document, "AWS::Lambda::Function")["CancelFunction"]
    assert cancel["DeadLetterConfig"]["TargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    (asynchronous,) = resources(document, "AWS::Lambda::EventInvokeConfig").values()
    assert asynchronous["MaximumRetryAttempts"] == 2


def test_the_sweep_is_on_by_default_and_can_be_switched_off() -> None:
    document = template()
    assert document["Parameters"]["Sweep"]["Default"] == "true"
    rule = document["Resources"]["SweepRule"]["Properties"]
    assert rule["State"] == {"Fn::If": ["WithSweep", "ENABLED", "DISABLED"]}


def alarms() -> dict[str, dict[str, Any]]:
    return resources(template(), "AWS::CloudWatch::Alarm")


def written_metrics() -> set[str]:
    """Return the names of the metrics that the functions write."""
    tree = ast.parse((FUNCTIONS / "telemetry.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_metric"
        if isinstance(call.args[0], ast.Constant)
    }


def services() -> set[str]:
    functions = resources(template(), "AWS::Serverless::Function").values()
    return {one["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for one in functions}


def test_alarms_and_dashboard_are_deployed_where_they_are_asked_for() -> None:
    document = template()
    watching = [one for one in document["Resources"].values() if one["Type"].startswith("AWS::CloudWatch::")]
    assert {one.get("Condition") for one in watching} == {"WithMonitoring"}
    assert document["Parameters"]["Monitoring"]["Default"] == "false"


def test_each_way_is_watched_for_failures_timeouts_throttles_its_budget_and_its_age() -> None:
    kinds = ("Failed", "TimedOut", "Throttled", "Budget", "Age")
    ways = ("SfnPoll", "DurablePoll", "DurableCondition")
    assert {f"{way}{kind}Alarm" for way in ways for kind in kinds} <= set(alarms())


def test_every_metric_of_our_own_that_is_watched_is_written_by_the_functions() -> None:
    for name, alarm in alarms().items():
        if alarm["Namespace"] == OWN_NAMESPACE:
            assert alarm["MetricName"] in written_metrics(), name
            assert next(one["Value"] for one in alarm["Dimensions"]) in services(), name


def test_the_dashboard_shows_what_exists() -> None:
    text = template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    names = {
        f"${{AWS::StackName}}-{Path(str(one['FunctionName']['Fn::Sub'])).name.partition('-')[2]}"
        for one in resources(template(), "AWS::Serverless::Function").values()
    }
    metrics = [metric for one in json.loads(text)["widgets"] for metric in one["properties"]["metrics"]]
    assert len(metrics) >= 30
    for namespace, metric, dimension, value, *_ in metrics:
        if namespace == OWN_NAMESPACE:
            assert (metric in written_metrics(), value in services()) == (True, True)
        if dimension == "FunctionName":
            assert value in names


def test_the_thresholds_lie_below_what_they_warn_of() -> None:
    limits = {"DurableExecutionOperations": 3000, "ShareOfPollBudgetUsed": 100, "SecondsElapsed": 86_400}
    watched = [one for one in alarms().values() if one["MetricName"] in limits]
    assert len(watched) == 8
    assert all(one["Threshold"] < limits[one["MetricName"]] for one in watched)
