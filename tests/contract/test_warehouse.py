"""The warehouse of a trial: as small as there is one, closed to the network, and stopped by itself."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import boto3
import cfnlint
import pytest
from botocore import xform_name
from botocore.validate import ParamValidator
from documented import shell_commands
from linting import linted
from project import ROOT, WAREHOUSE_FILE, resources, warehouse

from orchbench.commands.comparison_plan import TIMEOUT_SECONDS
from orchbench.trial.capacity import REGIONS_OF_THE_SMALLEST

SERVERLESS = "AWS::RedshiftServerless::"


def workgroup() -> dict[str, object]:
    return resources(warehouse(), f"{SERVERLESS}Workgroup")["Workgroup"]


@pytest.mark.slow
def test_cfn_lint_has_nothing_to_say() -> None:
    assert [str(one) for one in linted(WAREHOUSE_FILE.read_text())] == []


def test_it_is_of_the_smallest_capacity_and_grows_no_further() -> None:
    capacity = warehouse()["Parameters"]["BaseCapacity"]
    assert capacity["Default"] == min(capacity["AllowedValues"]) == 4
    assert workgroup()["BaseCapacity"] == workgroup()["MaxCapacity"] == {"Ref": "BaseCapacity"}


def test_the_regions_that_the_documents_name_are_those_that_the_trial_knows() -> None:
    told = (ROOT / "docs" / "operations.md").read_text()
    listed = re.search(r"AWS lists ten regions for 4 RPU \(`serverless-capacity`\): ([^.]+)\.", told)
    assert listed is not None
    assert set(re.split(r",\s+|\s+and\s+", listed[1])) == REGIONS_OF_THE_SMALLEST
    assert len(REGIONS_OF_THE_SMALLEST) == 10


def test_no_network_reaches_it_and_nobody_makes_up_a_password() -> None:
    (namespace,) = resources(warehouse(), f"{SERVERLESS}Namespace").values()
    assert workgroup()["PubliclyAccessible"] is False
    assert namespace["ManageAdminPassword"] is True
    assert "AdminUserPassword" not in namespace


def test_redshift_stops_a_query_after_the_execution_and_the_sweep_had_their_turn() -> None:
    sweep_minutes = 15
    longest = warehouse()["Parameters"]["MaxQuerySeconds"]["Default"]
    assert workgroup()["ConfigParameters"] == [
        {"ParameterKey": "max_query_execution_time", "ParameterValue": {"Fn::Sub": "${MaxQuerySeconds}"}}
    ]
    assert longest > TIMEOUT_SECONDS["aws"] + 60 * sweep_minutes


def test_nothing_of_it_outlives_its_stack_and_everything_is_tagged() -> None:
    for resource in warehouse()["Resources"].values():
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Delete", "Delete")
        assert resource["Properties"]["Tags"] == [{"Key": "orchbench:way", "Value": "warehouse"}]


def test_it_is_a_stack_of_its_own() -> None:
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text())
    names = [one["global"]["parameters"]["stack_name"] for key, one in settings.items() if key != "version"]
    assert len(set(names)) == len(names) == 4
    for environment in ("monitoring", "warehouse", "schedule"):
        named = settings[environment]["global"]["parameters"]["template_file"]
        assert (ROOT / named).is_file()


def test_every_parameter_is_described_and_bounded() -> None:
    for name, parameter in warehouse()["Parameters"].items():
        assert parameter.get("Description"), name
        assert {"AllowedPattern", "AllowedValues", "MaxValue"} & set(parameter), name


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("SubnetIds", "", True),
        ("SubnetIds", "subnet-0a1b", True),
        ("SubnetIds", "vpc-0a1b", False),
        ("SecurityGroupIds", "sg-0a1b", True),
    ],
)
def test_a_list_takes_ids_or_nothing(name: str, value: str, *, taken: bool) -> None:
    assert bool(re.fullmatch(warehouse()["Parameters"][name]["AllowedPattern"], value)) is taken


def test_the_documented_command_sets_a_limit_that_the_service_takes() -> None:
    (command,) = (
        shlex.split(one)[3:]
        for one in shell_commands(ROOT / "docs" / "operations.md")
        if one.startswith("aws redshift-serverless create-usage-limit")
    )
    given = dict(zip(command[::2], command[1::2], strict=True))
    model = boto3.client("redshift-serverless", region_name="us-east-1").meta.service_model
    shape = model.operation_model("CreateUsageLimit").input_shape
    options = {f"--{xform_name(name, '-')}": name for name in shape.members}
    asked: dict[str, object] = {options[option]: value for option, value in given.items()}
    asked["amount"] = int(given["--amount"])
    assert not ParamValidator().validate(asked, shape).has_errors()
    for name, kind in (("period", "Period"), ("breachAction", "BreachAction"), ("usageType", "UsageType")):
        assert asked[name] in model.shape_for(f"UsageLimit{kind}").enum


def test_cloudformation_still_has_no_resource_for_a_usage_limit() -> None:
    # With the day that it has one, the limit belongs into the template.
    schemas = Path(cfnlint.__file__).parent / "data" / "schemas" / "providers" / "us-east-1.json"
    kinds = {one for one in json.loads(schemas.read_text()) if one.startswith(SERVERLESS)}
    assert kinds == {f"{SERVERLESS}{kind}" for kind in ("Namespace", "Snapshot", "Workgroup")}
