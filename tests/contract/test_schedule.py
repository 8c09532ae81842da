"""The schedule of a way: one name for one scheduled time, however often it is delivered."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from linting import linted
from project import SCHEDULE_FILE, resources, schedule, template

from orchbench.deployment.bench import NAME
from orchbench.ways import all_ways

DELIVERY = {
    "scheduled_time": "2026-03-22T18:59:43Z",
    "schedule_arn": "arn:aws:scheduler:us-east-1:000000000000:schedule/default/orchbench-schedule",
}


class Started(Exception):
    """What a service raises where a name is in use."""


class Service:
    """A service that refuses a name which it has seen."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.exceptions = SimpleNamespace(
            ExecutionAlreadyExists=Started, DurableExecutionAlreadyStartedException=Started
        )

    def start_execution(self, *, name: str, **_other: str) -> None:
        self._take(name)

    def invoke(self, *, DurableExecutionName: str, InvocationType: str, **_other: str) -> None:  # noqa: N803
        assert InvocationType == "Event"
        self._take(DurableExecutionName)

    def _take(self, name: str) -> None:
        if name in self.names:
            raise Started
        self.names.append(name)


def starter() -> dict[str, Any]:
    """Return what the function's code defines."""
    code = resources(schedule(), "AWS::Serverless::Function")["StartFunction"]["InlineCode"]
    defined: dict[str, Any] = {}
    exec(compile(code, "schedule.yaml", "exec"), defined)
    return defined


@pytest.mark.slow
def test_cfn_lint_has_nothing_to_say() -> None:
    assert [str(one) for one in linted(SCHEDULE_FILE.read_text())] == []


@pytest.mark.parametrize("way", all_ways())
def test_a_delivery_that_comes_twice_starts_every_way_once(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    service, defined = Service(), starter()
    defined["boto3"] = SimpleNamespace(client=lambda _name: service)
    for name, value in {"WAY": way, "TARGET": "arn:t", "INPUT": "{}"}.items():
        monkeypatch.setenv(name, value)

    first, second = (defined["handler"](DELIVERY, None) for _ in range(2))

    assert service.names == [first] == [second]
    assert first.startswith(f"{way}-20260322T185943Z-")


@pytest.mark.parametrize("way", all_ways())
def test_the_name_is_one_that_both_services_take(way: str) -> None:
    assert NAME.fullmatch(starter()["execution_name"](way, DELIVERY))


def test_another_time_and_another_schedule_have_other_names() -> None:
    name = starter()["execution_name"]
    names = {
        name("sfn-poll", DELIVERY),
        name("sfn-poll", {**DELIVERY, "scheduled_time": "2026-03-23T18:59:43Z"}),
        name("sfn-poll", {**DELIVERY, "schedule_arn": f"{DELIVERY['schedule_arn']}-2"}),
    }
    assert len(names) == 3


def test_the_schedule_hands_over_what_the_name_is_made_of_and_no_id_of_an_attempt() -> None:
    (one,) = resources(schedule(), "AWS::Scheduler::Schedule").values()
    assert set(re.findall(r'"(\w+)": "<aws\.scheduler\.([\w-]+)>"', one["Target"]["Input"])) == {
        ("scheduled_time", "scheduled-time"),
        ("schedule_arn", "schedule-arn"),
    }
    assert one["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] < 86_400


def test_every_way_can_be_named_and_is_started_by_what_the_application_names_it() -> None:
    pattern = schedule()["Parameters"]["Way"]["AllowedPattern"]
    assert [way for way in all_ways() if not re.fullmatch(pattern, way)] == []
    document = template()
    deployed = [
        (one.get("Name") or one["FunctionName"])["Fn::Sub"]
        for kind in ("AWS::Serverless::StateMachine", "AWS::Serverless::Function")
        for one in resources(document, kind).values()
    ]
    assert [way for way in all_ways() if f"${{AWS::StackName}}-{way}" not in deployed] == []


@pytest.mark.parametrize("way", all_ways())
def test_it_may_start_what_it_starts_and_nothing_else(way: str) -> None:
    function = resources(schedule(), "AWS::Serverless::Function")["StartFunction"]
    (policy,) = function["Policies"]
    (chosen,) = policy["Statement"]
    granted, target = (
        of_the_way(way, one) for one in (chosen, function["Environment"]["Variables"]["TARGET"])
    )
    starts = "states:StartExecution" if way.startswith("sfn-") else "lambda:InvokeFunction"
    assert (granted["Action"], granted["Resource"]) == ([starts], target)


def of_the_way(way: str, chosen: dict[str, Any]) -> Any:
    """Return what an Fn::If chooses for a way, by the condition that the template states."""
    condition, of_a_machine, otherwise = chosen["Fn::If"]
    select, prefix = schedule()["Conditions"][condition]["Fn::Equals"]
    index, split = select["Fn::Select"]
    between, named = split["Fn::Split"]
    assert named == {"Ref": "Way"}
    return of_a_machine if way.split(between)[index] == prefix else otherwise


def test_a_scheduled_time_that_starts_nothing_is_kept_whoever_failed_at_it() -> None:
    (one,) = resources(schedule(), "AWS::Scheduler::Schedule").values()
    function = resources(schedule(), "AWS::Serverless::Function")["StartFunction"]
    queue = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    assert one["Target"]["DeadLetterConfig"]["Arn"] == queue
    assert function["DeadLetterQueue"] == {"Type": "SQS", "TargetArn": queue}
    (role,) = resources(schedule(), "AWS::IAM::Role").values()
    (policy,) = role["Policies"]
    sent = [each for each in policy["PolicyDocument"]["Statement"] if each["Action"] == ["sqs:SendMessage"]]
    assert [each["Resource"] for each in sent] == [queue]


def test_what_is_kept_and_what_failed_rings_an_alarm() -> None:
    watched = {
        (one["Namespace"], one["MetricName"]): (str(one["Dimensions"][0]["Value"]), one["AlarmActions"])
        for one in resources(schedule(), "AWS::CloudWatch::Alarm").values()
    }
    assert set(watched) == {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/Lambda", "Errors"),
    }
    assert "DeadLetterQueue" in watched["AWS/SQS", "ApproximateNumberOfMessagesVisible"][0]
    assert "StartFunction" in watched["AWS/Lambda", "Errors"][0]
    assert {actions["Fn::If"][0] for _value, actions in watched.values()} == {"WithAlarmTopic"}


def test_its_function_runs_on_what_the_applications_may() -> None:
    assert (
        schedule()["Parameters"]["Runtime"]["AllowedValues"]
        == (template()["Parameters"]["Runtime"]["AllowedValues"])
    )
    assert resources(schedule(), "AWS::Serverless::Function")["StartFunction"]["Runtime"] == {
        "Ref": "Runtime"
    }
