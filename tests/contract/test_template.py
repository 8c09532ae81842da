"""What the template deploys: one role, least privilege, a version that moves."""

import re
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from project import TEMPLATE_FILE, handler_file, imported, resources, template, transformed

from orchbench.ways import Way, all_ways

WORKGROUP = "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/8d9f4a6e-0001"


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
    assert len(wildcards) == 4
    assert [lines[number] for number in wildcards if not lines[number - 1].strip().startswith("#")] == []


def test_every_function_and_machine_has_a_log_group_that_expires() -> None:
    document = template()
    groups = resources(document, "AWS::Logs::LogGroup")
    assert all("RetentionInDays" in group for group in groups.values())
    logging = {
        function["LoggingConfig"]["LogGroup"]["Ref"]
        for function in resources(document, "AWS::Serverless::Function").values()
    }
    assert logging | {"SfnPollLogGroup"} == set(groups)


def test_the_machine_logs_no_execution_data() -> None:
    machine = resources(template(), "AWS::Serverless::StateMachine")["SfnPollStateMachine"]
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


def test_the_versions_description_always_fits() -> None:
    """Lambda takes 256 characters."""
    parameters = template()["Parameters"]
    longest_arn_head = len("arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:")
    lengths = {
        "Target": 63,
        "Database": parameters["Database"]["MaxLength"],
        "User": max(
            parameters["DbUser"]["MaxLength"], parameters["SecretArn"]["MaxLength"] - longest_arn_head
        ),
        "InlineSqlAllowed": len("false"),
        "LongestTimeoutSeconds": len("86400"),
        "Runtime": len("python3.14"),
        "Architecture": len("x86_64"),
        "MemorySize": len("10240"),
        "FunctionTimeoutSeconds": len("300"),
        "TimeoutMarginSeconds": len("10.25"),
        "ExecutionRetentionDays": len("90"),
    }
    for function in durable_functions():
        text, _names = template()["Resources"][function]["Properties"]["VersionDescription"]["Fn::Sub"]
        assert set(re.findall(r"\$\{(\w+)\}", text)) == set(lengths)
    assert sum(lengths.values()) + len(lengths) - 1 <= 256


@pytest.mark.parametrize("way", all_ways().values(), ids=lambda way: way.name)
def test_what_starts_a_way_is_an_output(way: Way) -> None:
    assert way.target_output in template()["Outputs"]


def test_the_durable_functions_outputs_are_qualified() -> None:
    document = transformed(WorkgroupArn=WORKGROUP)
    aliases = resources(document, "AWS::Lambda::Alias")
    for name in durable_functions():
        alias = document["Outputs"][f"{name}Arn"]["Value"]["Ref"]
        assert aliases[alias]["FunctionName"] == {"Ref": name}
