"""Which ways a resource of the template is there for: it says so, and goes with the last of them."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import jmespath
import pytest
import yaml
from botocore.validate import ParamValidator
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from documented import shell_commands
from linting import linted
from project import (
    ROOT,
    TEMPLATE_FILE,
    monitoring,
    references,
    resources,
    schedule,
    template,
    transformed,
    translated,
    warehouse,
    without,
)

from orchbench.deployment.template import InvalidTemplate, blocks, ways_of
from orchbench.ways import Way, all_ways, the_pair

TAG = "orchbench:way"
EVERY_WAY = pytest.mark.parametrize("way", all_ways().values(), ids=lambda way: way.name)


def dangling(document: dict[str, Any]) -> set[str]:
    """Return what a template refers to and does not have."""
    named = set(references([document["Resources"], document["Outputs"]]))
    known = set(document["Resources"]) | set(document["Parameters"])
    return {name for name in named - known if not name.startswith("AWS::")}


def test_every_resource_names_ways_of_the_catalogue() -> None:
    found = blocks(TEMPLATE_FILE)
    assert set(found) == {"", *all_ways()}
    assert {name for names in found.values() for name in names} == set(template()["Resources"])


def test_a_resource_names_each_way_once_and_says_all_where_it_means_all() -> None:
    for name, resource in template()["Resources"].items():
        ways = ways_of(name, resource)
        assert len(set(ways)) == len(ways), name
        assert set(ways) != set(all_ways()), f"{name}: a further way would not be among them"


@pytest.mark.parametrize("metadata", [{}, {"orchbench": {"Ways": []}}, {"orchbench": {"Ways": "sfn-poll"}}])
def test_a_resource_that_names_no_way_is_refused_by_its_name(metadata: dict[str, Any]) -> None:
    with pytest.raises(InvalidTemplate, match="resource Queue of the template does not say which ways"):
        ways_of("Queue", {"Type": "AWS::SQS::Queue", "Metadata": metadata})


def test_a_resource_of_two_ways_stands_in_the_block_of_each(tmp_path: Path) -> None:
    document = template()
    document["Resources"]["SubmitFunction"]["Metadata"]["orchbench"]["Ways"] = ["sfn-poll", "sfn-further"]
    changed = tmp_path / "template.yaml"
    changed.write_text(yaml.safe_dump(document))

    assert blocks(changed)["sfn-further"] == ["SubmitFunction"]
    assert "SubmitFunction" in blocks(changed)["sfn-poll"]
    assert "SubmitFunction" in without(document, "sfn-poll")["Resources"]


def test_the_names_survive_the_transform_except_on_version_and_alias() -> None:
    lost = {
        one["Type"]
        for one in transformed()["Resources"].values()
        if "orchbench" not in one.get("Metadata", {})
    }
    assert lost == {"AWS::Lambda::Version", "AWS::Lambda::Alias"}


def test_nothing_of_the_template_dangles() -> None:
    assert dangling(template()) == set()
    broken = template()
    del broken["Resources"]["SubmitFunction"]
    assert dangling(broken) == {"SubmitFunction"}


@EVERY_WAY
def test_a_way_can_be_deleted_alone(way: Way) -> None:
    """What is left translates, refers to nothing that is gone, and starts every other way."""
    left = without(template(), way.name)

    assert dangling(left) == set()
    assert dangling(translated(left)) == set()
    assert way.target_output not in left["Outputs"]
    assert {one.target_output for one in all_ways().values() if one != way} <= set(left["Outputs"])
    assert way.name not in json.dumps(left["Resources"])


@pytest.mark.slow
def test_the_linter_finds_no_error_where_the_further_ways_are_deleted() -> None:
    """The linter as a second judge of references, on the deletion that is likeliest."""
    left = template()
    for name in set(all_ways()) - set(the_pair()):
        left = without(left, name)
    # A parameter or a condition that nothing uses any more is a warning.
    assert [str(one) for one in linted(left) if one.rule.id.startswith("E")] == []


def test_what_a_way_needs_refers_to_nothing_that_is_there_for_another() -> None:
    document = template()
    named = {name: set(ways_of(name, one)) for name, one in document["Resources"].items()}
    for name, resource in document["Resources"].items():
        for way in named[name]:
            used = set(references(resource)) & set(named)
            assert [one for one in used if not named[one] & {"", way}] == [], (name, way)


# The parameter Ways


def further(part: dict[str, Any]) -> bool:
    return "AllWays" in str(part.get("Condition"))


def test_the_pair_is_deployed_by_default_and_all_on_demand() -> None:
    parameter = template()["Parameters"]["Ways"]
    assert (parameter["Default"], parameter["AllowedValues"]) == ("pair", ["pair", "all"])
    assert " and ".join(the_pair()) in parameter["Description"]
    assert template()["Conditions"]["AllWays"] == {"Fn::Equals": [{"Ref": "Ways"}, "all"]}


def test_what_only_further_ways_need_has_the_condition_and_nothing_else_has() -> None:
    document = template()
    for name, resource in document["Resources"].items():
        assert further(resource) is not bool({"", *the_pair()} & set(ways_of(name, resource))), name
    for name, output in document["Outputs"].items():
        named = [document["Resources"][one] for one in references(output) if one in document["Resources"]]
        assert further(output) is any(further(one) for one in named), name


def test_the_pair_needs_nothing_that_is_deployed_for_further_ways_alone() -> None:
    """Version and alias included, which SAM makes."""
    document = transformed()
    for part in ("Resources", "Outputs"):
        document[part] = {name: one for name, one in document[part].items() if not further(one)}
    assert dangling(document) == set()
    targets = {way.target_output for way in all_ways().values() if way.name in the_pair()}
    others = {way.target_output for way in all_ways().values()} - targets
    assert targets <= set(document["Outputs"])
    assert not others & set(document["Outputs"])


# Tags


def test_whatever_takes_tags_says_which_way_it_is_there_for() -> None:
    document = transformed()
    for name, resource in document["Resources"].items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource["Type"]).schema
        if "Tags" in schema["properties"]:
            tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
            ways = ways_of(name, resource)
            alone = len(ways) == 1 and ways != ("",)
            assert tags[TAG] == (ways[0] if alone else "shared"), name


@pytest.mark.parametrize("read", [monitoring, schedule, warehouse], ids=lambda read: str(read.__name__))
def test_what_stands_beside_the_application_is_tagged_too(read: Callable[[], dict[str, Any]]) -> None:
    looked_at = 0
    for name, resource in read()["Resources"].items():
        if resource["Type"].startswith("AWS::Serverless::"):
            assert TAG in resource["Properties"]["Tags"], name
            continue
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource["Type"]).schema
        if "Tags" in schema["properties"]:
            looked_at += 1
            assert [tag["Key"] for tag in resource["Properties"]["Tags"]] == [TAG], name
    assert looked_at


def test_an_alarm_of_a_way_has_its_tag_and_every_other_is_shared() -> None:
    for name, alarm in resources(monitoring(), "AWS::CloudWatch::Alarm").items():
        (tag,) = alarm["Tags"]
        watched = str(alarm["Dimensions"][0]["Value"])
        # Of ways that wait for events there are none by default, and the list says so.
        ways = (*the_pair(), "none")
        assert tag["Value"] == next((way for way in ways if way in watched), "shared"), name


def arguments(command: str) -> dict[str, list[str]]:
    """Return the options of a command of the AWS CLI, each with its values."""
    found: dict[str, list[str]] = {}
    values: list[str] = []
    for word in shlex.split(command)[3:]:
        if word.startswith("--"):
            values = found.setdefault(word, [])
        else:
            values.append(word)
    return found


def structure(text: str) -> dict[str, str]:
    """Read the CLI's shorthand ``Key=Value,Key=Value``."""
    return dict(part.split("=", 1) for part in text.split(","))


def accepted(operation: str, **parameters: Any) -> bool:
    shape = (
        boto3.client("ce", region_name="us-east-1").meta.service_model.operation_model(operation).input_shape
    )
    return not ParamValidator().validate(parameters, shape).has_errors()


def test_the_documented_commands_activate_that_tag_and_group_a_bill_by_it() -> None:
    documented = [one for one in shell_commands(ROOT / "docs" / "operations.md") if one.startswith("aws ce ")]
    activate, bill = map(arguments, documented)

    (status,) = map(structure, activate["--cost-allocation-tags-status"])
    assert status == {"TagKey": TAG, "Status": "Active"}
    assert accepted("UpdateCostAllocationTagsStatus", CostAllocationTagsStatus=[status])

    groups = [structure(one) for one in bill["--group-by"]]
    assert groups[0] == {"Type": "TAG", "Key": TAG}
    assert accepted(
        "GetCostAndUsage",
        TimePeriod=structure(bill["--time-period"][0]),
        Granularity=bill["--granularity"][0],
        Metrics=bill["--metrics"],
        GroupBy=groups,
    )
    assert not accepted("GetCostAndUsage", Metrics=bill["--metrics"], GroupBy=groups)
    group = {"Keys": [f"{TAG}$sfn-poll", "Requests"], "Metrics": {"UnblendedCost": {"Amount": "0.5"}}}
    shown = jmespath.search(bill["--query"][0], {"ResultsByTime": [{"Groups": [group]}]})
    assert shown == [[f"{TAG}$sfn-poll", "Requests", "0.5"]]
