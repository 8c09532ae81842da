"""What the template deploys: one role, least privilege, a version that moves."""

import re
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from linting import linted
from project import TEMPLATE_FILE, handler_file, imported, resources, template, transformed

from orchbench.ways import Way, all_ways

SAMPLES = {
    "WorkgroupArn": "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/8d9f4a6e-0001",
    "SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:loader-AbCdEf",
}
WORKGROUP = SAMPLES["WorkgroupArn"]


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every statement of every policy, each branch of an Fn::If included."""
    found = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "Effect" in node and "Action" in node:
                found.append(node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document["Resources"])
    return found


def test_every_function_that_calls_the_data_api_has_the_one_role() -> None:
    functions = resources(transformed(), "AWS::Lambda::Function")
    callers = {
        name: function["Role"]
        for name, function in functions.items()
        if any("data_api" in one or one == "durable.steps" for one in imported(handler_file(function)))
    }
    assert len(callers) >= 4
    assert set(map(str, callers.values())) == {str({"Fn::GetAtt": ["DataApiRole", "Arn"]})}


def test_every_function_is_deployed_alike() -> None:
    functions = resources(transformed(), "AWS::Lambda::Function").values()
    for name in ("Runtime", "Architectures", "MemorySize", "Timeout", "TracingConfig", "Code"):
        assert len({str(function.get(name)) for function in functions}) == 1, name


def test_no_action_is_a_wildcard_and_each_stands_on_its_own_line() -> None:
    for statement in statements(template()):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert all("*" not in action for action in actions)
    inline = re.findall(r"Action: *\[", TEMPLATE_FILE.read_text())
    assert inline == []


def test_every_wildcard_resource_has_its_reason_above_it() -> None:
    lines = TEMPLATE_FILE.read_text().splitlines()
    wildcards = [number for number, line in enumerate(lines) if re.search(r"Resource: *[\"']?\*", line)]
    assert len(wildcards) >= 4
    assert [lines[number] for number in wildcards if not lines[number - 1].strip().startswith("#")] == []


def test_every_function_and_machine_has_a_log_group_that_expires() -> None:
    document = template()
    groups = resources(document, "AWS::Logs::LogGroup")
    assert all("RetentionInDays" in group for group in groups.values())
    logging = {
        function["LoggingConfig"]["LogGroup"]["Ref"]
        for function in resources(document, "AWS::Serverless::Function").values()
    }
    logging |= {
        one["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0]
        for machine in resources(document, "AWS::Serverless::StateMachine").values()
        for one in machine["Logging"]["Destinations"]
    }
    assert logging == set(groups)


def test_the_functions_log_as_text_which_the_bench_reads_reports_in() -> None:
    functions = resources(transformed(), "AWS::Lambda::Function").values()
    assert {tuple(one["LoggingConfig"]) for one in functions} == {("LogGroup",)}


def test_no_machine_logs_execution_data() -> None:
    for machine in resources(template(), "AWS::Serverless::StateMachine").values():
        assert machine["Logging"]["IncludeExecutionData"] is False
        assert machine["Tracing"]["Enabled"] is True


def test_no_secret_is_in_the_environment() -> None:
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert {name for name in variables if "PASSWORD" in name or "KEY" in name} == set()
    assert variables["REDSHIFT_SECRET_ARN"] == {"Ref": "SecretArn"}


def test_every_parameter_is_described_and_bounded() -> None:
    for name, parameter in template()["Parameters"].items():
        assert parameter.get("Description"), name
        bounds = (
            {"AllowedValues", "AllowedPattern"}
            if parameter["Type"] == "String"
            else {
                "AllowedValues",
                "MaxValue",
            }
        )
        assert bounds & set(parameter), name


def versions(document: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return each durable function's published version: its logical id and its description."""
    return {
        properties["FunctionName"]["Ref"]: (name, properties["Description"])
        for name, properties in resources(document, "AWS::Lambda::Version").items()
    }


def durable_functions() -> dict[str, dict[str, Any]]:
    functions = resources(transformed(WorkgroupArn=WORKGROUP), "AWS::Lambda::Function")
    return {name: function for name, function in functions.items() if "DurableConfig" in function}


def test_new_code_publishes_a_new_version() -> None:
    before = versions(transformed("code-1", WorkgroupArn=WORKGROUP))
    after = versions(transformed("code-2", WorkgroupArn=WORKGROUP))
    assert set(before) == set(after) == set(durable_functions())
    assert all(before[function][0] != after[function][0] for function in before)


def test_running_executions_keep_the_version_that_a_deploy_replaces_or_takes_out() -> None:
    """New code takes the old version out of the template; a parameter's new value replaces it."""
    document = transformed(WorkgroupArn=WORKGROUP)
    found = {
        resource["Properties"]["FunctionName"]["Ref"]: (
            resource.get("DeletionPolicy"),
            resource.get("UpdateReplacePolicy"),
        )
        for resource in document["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Version"
    }
    assert found == dict.fromkeys(durable_functions(), ("Retain", "Retain"))


def test_a_stack_that_is_deleted_leaves_no_function_and_no_alias() -> None:
    """A function that stayed would keep its name, and the stack could not be deployed again."""
    document = transformed(WorkgroupArn=WORKGROUP)
    kept = {one["Type"] for one in document["Resources"].values() if "DeletionPolicy" in one}
    assert kept == {"AWS::Lambda::Version"}


def findings(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what cfn-lint says of a template: each rule with the kind of the resource it is about."""
    matches = linted(document)
    return [(one.rule.id, _kind(document, getattr(one, "path", None) or [])) for one in matches]


def _kind(document: dict[str, Any], path: Any) -> str:
    return str(document["Resources"][path[1]]["Type"]) if path[:1] == ["Resources"] else str(path)


@pytest.mark.slow
def test_the_linter_has_w3011_alone_to_say_and_of_what_hands_its_policy_on_alone() -> None:
    document = transformed(WorkgroupArn=WORKGROUP)
    # The linter decides conditions by itself: with a secret too, there is no other template to lint.
    assert document == transformed(**SAMPLES)
    assert document["Metadata"].pop("cfn-lint") == {"config": {"ignore_checks": ["W3011"]}}
    assert set(findings(document)) == {
        ("W3011", "AWS::Lambda::Function"),
        ("W3011", "AWS::Lambda::Alias"),
    }


def referenced(node: Any) -> set[str]:
    if isinstance(node, dict):
        if "Ref" in node:
            return {node["Ref"]}
        substituted = node.get("Fn::Sub")
        text = substituted[0] if isinstance(substituted, list) else substituted or ""
        names = set(re.findall(r"\$\{(\w+)\}", text))
        return names | {name for value in node.values() for name in referenced(value)}
    if isinstance(node, list):
        return {name for value in node for name in referenced(value)}
    return set()


def test_a_parameters_new_value_publishes_a_new_version() -> None:
    """Every parameter of the function is in the version's description, and a new one makes a new version."""
    published = versions(transformed(WorkgroupArn=WORKGROUP))
    parameters = set(template()["Parameters"])
    for name, function in durable_functions().items():
        assert referenced(function) & parameters <= referenced(published[name][1]), name
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::Lambda::Version").schema
    assert "/properties/Description" in schema["createOnlyProperties"]


PUBLISHED_FOR = {
    "Architectures",
    "Code",
    "DeadLetterConfig",
    "Description",
    "Environment",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "Timeout",
    "TracingConfig",
}
"""The properties in use whose changes Lambda publishes a version for; DurableConfig is not among them.

docs.aws.amazon.com/lambda/latest/dg/configuration-versions
"""


def test_lambda_publishes_a_version_whenever_the_description_asks_for_one() -> None:
    """It refuses another version of a function that has not changed, and the deployment would fail."""
    published = versions(transformed(WorkgroupArn=WORKGROUP))
    parameters = set(template()["Parameters"])
    for name, function in durable_functions().items():
        changed = referenced({key: value for key, value in function.items() if key in PUBLISHED_FOR})
        assert referenced(published[name][1]) & parameters <= changed, name


def selected(node: Any) -> list[tuple[int, str, str]]:
    """Return each Fn::Select: its index, and what the text that it takes from is split at."""
    if isinstance(node, dict):
        found = [part for value in node.values() for part in selected(value)]
        if "Fn::Select" in node:
            index, listed = node["Fn::Select"]
            delimiter, text = listed["Fn::Split"]
            found.append((int(index), delimiter, text["Fn::Sub"]))
        return found
    return [part for value in node for part in selected(value)] if isinstance(node, list) else []


def test_there_is_something_to_select_whichever_parameters_are_empty() -> None:
    """Whether the branch of a condition that is not taken is evaluated is not documented."""
    found = selected(template())
    assert found
    for index, delimiter, text in found:
        (parameter,) = re.findall(r"\$\{(\w+)\}", text)
        for value in ("", SAMPLES[parameter]):
            parts = text.replace(f"${{{parameter}}}", value).split(delimiter)
            assert parts[index:], (parameter, value)
            assert parts[index] == (value.split(delimiter)[index] if value else "-")


@pytest.mark.slow
def test_the_versions_description_always_fits() -> None:
    """Lambda takes 256 characters."""
    parameters = template()["Parameters"]
    longest_arn_head = len("arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:")
    lengths = {
        # One of each pair is empty; of the ARNs a hyphen stays.
        "Workgroup": len("-"),
        "ClusterIdentifier": 63,
        "Database": parameters["Database"]["MaxLength"],
        "Secret": parameters["SecretArn"]["MaxLength"] - longest_arn_head,
        "DbUser": 0,
        "InlineSqlAllowed": len("false"),
        "LongestTimeoutSeconds": len("86400"),
        "Runtime": len("python3.14"),
        "Architecture": len("x86_64"),
        "MemorySize": len("10240"),
        "FunctionTimeoutSeconds": len("300"),
        "TimeoutMarginSeconds": len("10.25"),
        "ExecutionRetentionDays": len("90"),
    }
    assert parameters["DbUser"]["MaxLength"] + len("-") <= lengths["Secret"]
    for function in durable_functions():
        text, _names = template()["Resources"][function]["Properties"]["VersionDescription"]["Fn::Sub"]
        assert set(re.findall(r"\$\{(\w+)\}", text)) == set(lengths)
        assert sum(lengths.values()) + text.count(" ") <= 256


@pytest.mark.parametrize("way", all_ways().values(), ids=lambda way: way.name)
def test_what_starts_a_way_is_an_output(way: Way) -> None:
    assert way.target_output in template()["Outputs"]


def test_the_durable_functions_outputs_are_qualified() -> None:
    document = transformed(WorkgroupArn=WORKGROUP)
    aliases = resources(document, "AWS::Lambda::Alias")
    for name in durable_functions():
        alias = document["Outputs"][f"{name}Arn"]["Value"]["Ref"]
        assert aliases[alias]["FunctionName"] == {"Ref": name}
