"""How long a stack's name may be: derived from the template, documented, refused before a deployment."""

import argparse
import re
from typing import Any

import jsonschema
import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from project import ROOT, TEMPLATE_FILE, template, transformed

from orchbench.commands import check
from orchbench.commands.failure import UsageError
from orchbench.deployment.connection import NotDeployed
from orchbench.local.deployment import deploy_template
from orchbench.local.errors import DeploymentFailed
from orchbench.local.stack_name import LONGEST, STACK_NAME, longest_stack_name, too_long

NAMED_BY = {
    "AWS::Events::Rule": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
}
"""What a stack's name is a part of; SQS and the dashboard state no length in their schemas."""


def fits(stack_name: str) -> bool:
    """Tell whether CloudFormation's schemas take every name that the translated template makes."""
    for resource in transformed()["Resources"].values():
        named = NAMED_BY.get(resource["Type"])
        if named is None:
            continue
        text = resource["Properties"][named]["Fn::Sub"].replace(STACK_NAME, stack_name)
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource["Type"]).schema
        bounds = {"maxLength", "pattern"} & set(schema["properties"][named])
        stated = {key: schema["properties"][named][key] for key in bounds}
        if not jsonschema.Draft7Validator(stated).is_valid(text):
            return False
    return True


def test_the_longest_stack_name_is_the_one_that_every_schema_takes() -> None:
    longest = longest_stack_name(template())
    assert fits("s" * longest)
    assert not fits("s" * (longest + 1))


def test_no_kind_of_resource_is_named_after_the_stack_unseen() -> None:
    names = {"Name", "FunctionName", "QueueName", "LogGroupName", "DashboardName", "RoleName", "AlarmName"}
    found = {
        resource["Type"]
        for resource in template()["Resources"].values()
        for name, value in resource["Properties"].items()
        if name in names and isinstance(value, dict) and STACK_NAME in str(value.get("Fn::Sub", ""))
    }
    roomy = {"AWS::Logs::LogGroup", "AWS::CloudWatch::Dashboard"}
    assert found - roomy <= set(LONGEST)


@pytest.mark.parametrize("name", ["docs/operations.md", "samconfig.toml"])
def test_whoever_chooses_a_stacks_name_reads_how_long_it_may_be(name: str) -> None:
    (told,) = re.findall(r"stack's name has at most (\d+)", " ".join((ROOT / name).read_text().split()))
    assert int(told) == longest_stack_name(template())


def test_a_name_that_is_too_long_is_refused_with_the_name_that_it_would_spoil() -> None:
    longest = longest_stack_name(template())
    assert too_long(template(), "s" * longest) is None
    said = too_long(template(), "s" * (longest + 1)) or ""
    assert f"has {longest + 1} characters: this template takes one of {longest} at most" in said
    assert (
        "DurableConditionEndedRule is named ${AWS::StackName}-durable-condition-ended, in 64 at most." in said
    )


def not_deployed(_arguments: Any) -> Any:
    raise NotDeployed("There is no stack.")


@pytest.mark.parametrize(
    ("more", "refusal"), [(0, NotDeployed), (1, UsageError)], ids=["it fits", "it is too long"]
)
def test_check_says_of_a_stack_that_is_not_there_whether_its_name_could_be(
    more: int, refusal: type[Exception]
) -> None:
    stack = "s" * (longest_stack_name(template()) + more)
    with pytest.raises(refusal):
        check.deployment(argparse.Namespace(target="aws", stack=stack), connect=not_deployed)


def test_the_local_aws_refuses_it_before_anything_is_created() -> None:
    stack = "s" * (longest_stack_name(template()) + 1)
    with pytest.raises(DeploymentFailed, match="characters: this template takes one of"):
        deploy_template(None, None, TEMPLATE_FILE, stack, {})


def test_a_template_without_names_takes_every_name_that_cloudformation_takes() -> None:
    assert longest_stack_name({"Resources": {}}) == 128
    assert too_long({"Resources": {}}, "s" * 129) == (
        f"The stack's name '{'s' * 129}' has 129 characters: this template takes one of 128 at most."
    )
