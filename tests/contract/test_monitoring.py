"""Alarms and dashboard: every listed way is watched, by metrics that exist, of one stack alone."""

import ast
import json
import re
import tomllib
from typing import Any

import pytest
from linting import linted
from project import FUNCTIONS, MONITORING_FILE, ROOT, monitoring, resources, template

from orchbench.rehearsal.event_bridge import RETRY_SECONDS
from orchbench.ways import Way, all_ways, the_pair
from orchbench.ways.way import Waits

OWN_NAMESPACE = "orchbench"
MACHINE = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${StackName}-"
LIMITS = {"DurableExecutionOperations": 3000, "ShareOfPollBudgetUsed": 100, "SecondsElapsed": 86_400}
LISTS = {"StateMachineWays": "sfn-", "DurableWays": "durable-"}
EVERY_WAY = {
    name: ",".join(way for way in all_ways() if way.startswith(prefix)) for name, prefix in LISTS.items()
}
EVENT_WAYS = [way.name for way in all_ways().values() if way.waits is Waits.FOR_AN_EVENT]


def alarms() -> dict[str, dict[str, Any]]:
    """Return the alarms where every way is listed."""
    every = monitoring(**EVERY_WAY, EventWays=",".join(EVENT_WAYS))
    return resources(every, "AWS::CloudWatch::Alarm")


def listed(name: str) -> list[str]:
    return str(monitoring()["Parameters"][name]["Default"]).split(",")


def watched_name(alarm: dict[str, Any]) -> str:
    (dimension,) = alarm["Dimensions"]
    return str(dimension["Value"]["Fn::Sub"])


def written_metrics() -> dict[str, str]:
    """Return the metrics that the functions write, each with the dimension that it is told apart by."""
    tree = ast.parse((FUNCTIONS / "telemetry.py").read_text())
    dimensions = {"metrics": "service", "progress_metrics": "way"}
    return {
        str(call.args[0].value): dimensions[call.func.value.id]
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if call.func.attr == "add_metric" and isinstance(call.func.value, ast.Name)
        if isinstance(call.args[0], ast.Constant)
    }


def functions() -> set[str]:
    """Return what the functions are called, the stack's name ahead as here."""
    found = resources(template(), "AWS::Serverless::Function").values()
    return {one["FunctionName"]["Fn::Sub"].replace("AWS::StackName", "StackName") for one in found}


@pytest.mark.slow
def test_cfn_lint_has_nothing_to_say() -> None:
    assert [str(one) for one in linted(MONITORING_FILE.read_text())] == []


@pytest.mark.slow
def test_cfn_lint_looks_into_the_loops() -> None:
    broken = MONITORING_FILE.read_text().replace(
        "TreatMissingData: notBreaching", "TreatMissingData: often", 1
    )
    assert any("'often' is not one of" in one.message for one in linted(broken))


def test_the_application_has_neither_alarms_nor_dashboard() -> None:
    kinds = {one["Type"] for one in template()["Resources"].values()}
    assert [kind for kind in kinds if kind.startswith("AWS::CloudWatch::")] == []


def test_monitoring_is_a_stack_of_its_own_and_its_loops_are_expanded() -> None:
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text())
    application, alone = (settings[one]["global"]["parameters"] for one in ("default", "monitoring"))
    assert alone["template_file"] == MONITORING_FILE.name
    assert alone["language_extensions"] is True
    assert alone["stack_name"] != application["stack_name"]
    assert monitoring()["Parameters"]["StackName"]["Default"] == application["stack_name"]


def test_every_parameter_is_described_and_bounded() -> None:
    for name, parameter in monitoring()["Parameters"].items():
        assert parameter.get("Description"), name
        assert "AllowedPattern" in parameter, name


@pytest.mark.parametrize("name", LISTS)
def test_what_can_be_listed_keeps_to_the_lists_own_pattern(name: str) -> None:
    pattern = monitoring()["Parameters"][name]["AllowedPattern"]
    assert all(re.fullmatch(pattern, way) for way in EVERY_WAY[name].split(","))


def test_the_two_lists_hold_the_pair_which_is_what_is_deployed_by_default() -> None:
    assert [way for name in LISTS for way in listed(name)] == list(the_pair())


def test_every_way_has_a_list_and_the_document_names_them_all() -> None:
    assert sorted(way for ways in EVERY_WAY.values() for way in ways.split(",")) == sorted(all_ways())
    lists = EVERY_WAY | {"EventWays": ",".join(EVENT_WAYS)}
    overrides = " ".join(f"{name}={ways}" for name, ways in lists.items())
    assert overrides in (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.slow
def test_by_default_no_alarm_watches_a_way_that_is_not_deployed() -> None:
    default = resources(monitoring(), "AWS::CloudWatch::Alarm").values()
    further = tuple(way for way in all_ways() if way not in the_pair())
    assert [watched_name(one) for one in default if watched_name(one).endswith(further)] == []


@pytest.mark.parametrize("way", all_ways().values(), ids=lambda way: way.name)
def test_each_way_is_watched_for_failures_timeouts_throttles_its_budget_and_its_age(way: Way) -> None:
    service = {
        "AWS/States": {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"},
        "AWS/Lambda": {
            "DurableExecutionFailed",
            "DurableExecutionTimedOut",
            "Throttles",
            "DurableExecutionOperations",
        },
    }["AWS/States" if way.name in EVERY_WAY["StateMachineWays"].split(",") else "AWS/Lambda"]
    names = (f"${{StackName}}-{way.name}", f"{MACHINE}{way.name}")
    watched = {one["MetricName"] for one in alarms().values() if watched_name(one) in names}
    of_events = {"DetectionLagSeconds"} if way.name in EVENT_WAYS else set()
    assert watched == service | of_events | {"ShareOfPollBudgetUsed", "SecondsElapsed"}


def test_no_way_is_watched_for_events_unless_it_is_listed_as_one_that_waits_for_them() -> None:
    document = monitoring()
    of_events = {name: one for name, one in document["Resources"].items() if name.endswith("UnheardAlarm")}
    assert [one["Condition"] for one in of_events.values()] == ["WithEventWays"]
    assert document["Parameters"]["EventWays"]["Default"] == "none"
    (negated,) = document["Conditions"]["WithEventWays"]["Fn::Not"]
    assert "none" in negated["Fn::Equals"]
    assert {"Fn::Select": [0, {"Ref": "EventWays"}]} in negated["Fn::Equals"]
    pattern = document["Parameters"]["EventWays"]["AllowedPattern"]
    assert all(re.fullmatch(pattern, one) for one in ("none", *EVENT_WAYS))


def test_an_event_that_woke_nobody_is_told_after_the_last_attempt_and_before_the_fallback() -> None:
    thresholds = {one["Threshold"] for one in alarms().values() if one["MetricName"] == "DetectionLagSeconds"}
    ((threshold,), fallback) = thresholds, min(all_ways()[way].least_delay_seconds for way in EVENT_WAYS)
    assert sum(RETRY_SECONDS) < threshold < fallback


def test_what_looks_after_all_ways_is_watched() -> None:
    others = {
        (one["MetricName"], watched_name(one).removeprefix("${StackName}-"))
        for one in alarms().values()
        if not watched_name(one).endswith(tuple(all_ways()))
    }
    assert others == {
        ("Errors", "cancel"),
        ("Errors", "sweep"),
        ("StatementsCancelled", "sweep"),
        ("ApproximateNumberOfMessagesVisible", "dead-letters"),
    }


def test_every_alarm_watches_one_stack_and_its_missing_data_are_well() -> None:
    for name, alarm in alarms().items():
        assert watched_name(alarm).removeprefix(MACHINE[: MACHINE.rindex("$")]).startswith("${StackName}-"), (
            name
        )
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 1), name
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold", name
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert alarm["AlarmActions"]["Fn::If"][0] == "WithAlarmTopic", name


def test_what_is_named_is_what_the_application_deploys() -> None:
    document = template()
    machines = resources(document, "AWS::Serverless::StateMachine").values()
    names = functions() | {
        MACHINE.replace("${StackName}-", one["Name"]["Fn::Sub"]).replace("AWS::StackName", "StackName")
        for one in machines
    }
    queue = resources(document, "AWS::SQS::Queue")["DeadLetterQueue"]["QueueName"]["Fn::Sub"]
    names.add(queue.replace("AWS::StackName", "StackName"))
    for name, alarm in alarms().items():
        if alarm["Namespace"] != OWN_NAMESPACE:
            assert watched_name(alarm) in names, name


def test_every_metric_of_our_own_that_is_watched_is_written_by_the_functions() -> None:
    for name, alarm in alarms().items():
        if alarm["Namespace"] == OWN_NAMESPACE:
            assert written_metrics()[alarm["MetricName"]] == alarm["Dimensions"][0]["Name"], name


def test_every_function_reports_as_itself_and_not_as_a_way() -> None:
    for function in resources(template(), "AWS::Serverless::Function").values():
        assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == function["FunctionName"]


def test_the_thresholds_lie_below_what_they_warn_of() -> None:
    watched = [one for one in alarms().values() if one["MetricName"] in LIMITS]
    assert len(watched) == 2 * len(all_ways()) + len(EVERY_WAY["DurableWays"].split(","))
    assert all(one["Threshold"] < LIMITS[one["MetricName"]] for one in watched)


# The dashboard


def metrics_shown() -> list[list[Any]]:
    text = resources(monitoring(), "AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    return [metric for one in json.loads(text)["widgets"] for metric in one["properties"]["metrics"]]


def searches() -> list[tuple[str, str, list[str], list[tuple[str, str]]]]:
    """Return each search's namespace, dimension, metrics, and the values that it looks for, quoted or not."""
    found = []
    for metric in metrics_shown():
        if isinstance(metric[0], dict):
            query = re.fullmatch(r"SEARCH\('\{(.+),(\w+)\} (.+)', '\w+', 300\)", metric[0]["expression"])
            assert query, metric
            namespace, dimension, terms = query.groups()
            names = re.findall(r'MetricName="(\w+)"', terms)
            values = re.findall(rf"{dimension}=(\"?)([^\s\")]+)", terms)
            found.append((namespace, dimension, names, values))
    return found


def tokens(name: str) -> list[str]:
    """Split a name as CloudWatch does: at other characters, at digits and at capitals."""
    return re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name)


def finds(values: list[tuple[str, str]], name: str, stack: str) -> bool:
    """Tell whether a search finds a name: wholly where it is quoted, else by consecutive tokens."""

    def within(value: str) -> bool:
        sought, all_of_it = tokens(value), tokens(name)
        return any(all_of_it[at : at + len(sought)] == sought for at in range(len(all_of_it)))

    named = [(quote, value.replace("${StackName}", stack)) for quote, value in values]
    return any(value == name if quote else within(value) for quote, value in named)


def test_a_search_is_no_longer_than_cloudwatch_takes() -> None:
    expressions = [one[0]["expression"] for one in metrics_shown() if isinstance(one[0], dict)]
    longest = "s" * monitoring()["Parameters"]["StackName"]["MaxLength"]
    assert len(expressions) == 9
    assert all(len(one.replace("${StackName}", longest)) <= 1024 for one in expressions)


def test_the_dashboard_shows_metrics_that_are_written() -> None:
    for namespace, dimension, names, _values in searches():
        assert names
        if namespace == OWN_NAMESPACE:
            assert {written_metrics()[name] for name in names} == {dimension}


@pytest.mark.parametrize("stack", ["orchbench", "nightly-2", "Nightly2Loads"])
@pytest.mark.parametrize("way", [*all_ways(), "sfn-further", "durable-further"])
def test_the_dashboard_finds_every_way_of_the_stack(way: str, stack: str) -> None:
    deployed = f"{stack}-{way}"
    for namespace, dimension, names, values in searches():
        if dimension == "way" or (namespace == "AWS/States" and way.startswith("sfn-")):
            assert finds(values, deployed, stack), names
        if namespace == "AWS/Lambda" and way.startswith("durable-"):
            assert finds(values, deployed, stack), names


def test_the_dashboard_finds_no_other_stack_whose_name_begins_alike() -> None:
    for way in all_ways():
        for _namespace, _dimension, names, values in searches():
            assert not finds(values, f"orchbench-2-{way}", "orchbench"), names
    assert finds([("", "orchbench-sfn")], "orchbench-sfn-poll", "")


def test_whole_names_on_the_dashboard_are_functions_or_the_queue() -> None:
    whole = {value for *_, values in searches() for quote, value in values if quote}
    assert whole
    assert whole <= functions()
    (queue,) = (one[3] for one in metrics_shown() if isinstance(one[0], str))
    assert queue == "${StackName}-dead-letters"
