"""What whoever runs the bench may do: exactly what the bench calls, derived from the code and compared.

What a service does on the caller's behalf stands here, with the call behind it. Probes have a policy of their
own.
"""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from aws_calls import actions_called
from document_blocks import policy_file
from project import ROOT, SOURCE, modules

from orchbench.deployment.missing_permissions import TRIES
from orchbench.deployment.permissions import POLICY, permissions, policy, resolved
from orchbench.ways import all_ways

NOT_ON_AWS = {
    "probes": "has a policy of its own",
    "event_bus": "puts events on a local bus",
    "local": "starts and wires the local servers",
    "redshift": "is the local Data API",
    "rehearsal": "runs in process",
    "virtual_time": "runs in process",
    "faults": "rehearses faults, or breaks the local servers",
    "trial": "deploys and deletes stacks, which takes an administrator",
    "report": "reads results, and calls a template's environment what boto3 calls an operation",
}
ON_BEHALF = {
    "redshift-data:ExecuteStatement": {
        "redshift-serverless:GetCredentials",
        "redshift:GetClusterCredentialsWithIAM",
    }
}
WITHOUT_PERMISSION = {"sts:GetCallerIdentity": "everybody may ask who they are"}
WILDCARDS = {
    "redshift-data:DescribeStatement": "a statement has no ARN; the Data API shows an identity its own alone",
    "redshift-data:GetStatementResult": "as DescribeStatement",
    "redshift-data:CancelStatement": "as DescribeStatement",
    "pricing:GetProducts": "the price list has no resource to name",
    "states:ValidateStateMachineDefinition": "a definition that is not deployed has none to name",
}
VALUES = {
    "Partition": "aws",
    "Region": "us-east-1",
    "AccountId": "123456789012",
    "StackName": "reports",
    "Database": "dev",
    "WorkgroupArn": "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/8d9f4a6e",
    "ClusterIdentifier": "big",
    "CallerArn": "arn:aws:iam::123456789012:role/operator",
}


def sources() -> dict[Path, str]:
    """Return the text of every module that may work against an account."""
    return {
        path: path.read_text()
        for path in modules(SOURCE)
        if path.relative_to(SOURCE).parts[0] not in NOT_ON_AWS
    }


def difference(code: Mapping[Path, str], document: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return what a policy has too much and lacks."""
    needed = actions_called(code)
    needed |= {action for call in needed & ON_BEHALF.keys() for action in ON_BEHALF[call]}
    needed -= WITHOUT_PERMISSION.keys()
    granted = actions_of(document)
    return granted - needed, needed - granted


def stored() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ROOT / POLICY).read_text())
    return document


def test_the_policy_allows_what_the_bench_calls_and_nothing_else() -> None:
    assert difference(sources(), stored()) == (set(), set())


def test_the_file_is_the_one_that_the_program_makes() -> None:
    assert (ROOT / POLICY).read_text() == policy_file(), (
        "`PYTHONPATH=functions .venv/bin/python tests/contract/document_blocks.py` writes it anew"
    )


def actions_of(document: Mapping[str, Any]) -> set[str]:
    return {action for statement in document["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("action", sorted(actions_of(stored())))
def test_a_permission_that_is_missing_is_found(action: str) -> None:
    document = stored()
    for statement in document["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != action]

    assert difference(sources(), document) == (set(), {action})


def test_a_permission_that_nothing_uses_is_found() -> None:
    document = stored()
    document["Statement"][0]["Action"].append("states:DeleteStateMachine")

    assert difference(sources(), document) == ({"states:DeleteStateMachine"}, set())


def test_a_call_that_is_added_is_found_whatever_its_client_is_called() -> None:
    added = {Path("new.py"): 'thing = clients.client("lambda")\nthing.delete_function(FunctionName="f")'}

    assert difference(sources() | added, stored()) == (set(), {"lambda:DeleteFunction"})


def test_a_paginator_is_a_call() -> None:
    added = {Path("new.py"): 'c = clients.client("logs")\nc.get_paginator("describe_log_groups")'}

    assert difference(sources() | added, stored()) == (set(), {"logs:DescribeLogGroups"})


def test_what_is_tried_is_what_is_called_anyway() -> None:
    assert TRIES.keys() <= actions_called(sources())


def granted_on(arn: str) -> set[str]:
    """Return the actions that the policy of one stack allows on a resource."""
    document = policy(resolved(permissions(all_ways().values()), VALUES))
    return {
        action
        for statement in document["Statement"]
        for action in statement["Action"]
        if any(resource != "*" and fnmatchcase(arn, resource) for resource in statement["Resource"])
    }


STATES, LAMBDA = "arn:aws:states:us-east-1:123456789012:", "arn:aws:lambda:us-east-1:123456789012:function:"
DURABLE = {"lambda:GetDurableExecution", "lambda:GetDurableExecutionHistory", "lambda:StopDurableExecution"}


@pytest.mark.parametrize(
    ("arn", "actions"),
    [
        (f"{STATES}stateMachine:reports-sfn-poll", {"states:StartExecution"}),
        (
            f"{STATES}execution:reports-sfn-poll:nightly",
            {"states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution"},
        ),
        (f"{LAMBDA}reports-durable-poll:7/durable-execution/nightly/1", DURABLE),
        (
            f"{LAMBDA}reports-durable-poll:live",
            {"lambda:InvokeFunction", "lambda:GetFunctionConfiguration", *DURABLE},
        ),
        (
            f"{LAMBDA}reports-durable-poll",
            {"lambda:ListDurableExecutionsByFunction", "lambda:GetFunctionConfiguration"},
        ),
        (f"{LAMBDA}reports-durable-poll:7", DURABLE),
        (f"{LAMBDA}reports-cancel", {"lambda:InvokeFunction"}),
        (f"{LAMBDA}reports-submit", {"lambda:GetFunctionConfiguration"}),
        (f"{LAMBDA}reports-sweep", set()),
        (f"{LAMBDA}reports2-durable-poll:7/durable-execution/nightly/1", set()),
        (f"{STATES}stateMachine:other-sfn-poll", set()),
        (
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/reports-durable-poll:*",
            {"logs:FilterLogEvents"},
        ),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/other:*", set()),
        (
            "arn:aws:cloudformation:us-east-1:123456789012:stack/reports/1f2e",
            {"cloudformation:DescribeStacks"},
        ),
        ("arn:aws:cloudformation:us-east-1:123456789012:stack/reports2/1f2e", set()),
        (VALUES["WorkgroupArn"], {"redshift-data:ExecuteStatement", "redshift-serverless:GetCredentials"}),
        ("arn:aws:redshift:us-east-1:123456789012:cluster:big", {"redshift-data:ExecuteStatement"}),
        (
            "arn:aws:redshift:us-east-1:123456789012:dbname:big/dev",
            {"redshift:GetClusterCredentialsWithIAM"},
        ),
        (VALUES["CallerArn"], {"iam:SimulatePrincipalPolicy"}),
    ],
)
def test_each_resource_is_allowed_for_its_own_calls(arn: str, actions: set[str]) -> None:
    assert granted_on(arn) == actions


def test_no_action_is_a_wildcard_and_wildcard_resources_have_a_reason() -> None:
    used = set()
    for statement in stored()["Statement"]:
        assert statement["Effect"] == "Allow"
        assert [action for action in statement["Action"] if "*" in action] == []
        assert "*" not in statement["Resource"] or statement["Resource"] == ["*"]
        if "*" in statement["Resource"]:
            used.update(statement["Action"])
        for resource in statement["Resource"]:
            before, star, after = resource.partition("*")
            # What is left open is below this stack's own, and at the end alone.
            assert not star or resource == "*" or ("${StackName}" in before and not after)
    assert used == set(WILDCARDS)


def test_every_way_can_be_started_followed_and_read() -> None:
    resources = json.dumps(stored())
    for way in all_ways().values():
        assert f":${{StackName}}-{way.name}" in resources
        for group in way.log_groups("${StackName}").values():
            assert f"log-group:{group}:*" in resources


def test_the_policy_fits_into_a_managed_policy_of_iam() -> None:
    # 6,144 characters without blanks, as IAM counts them.
    assert len("".join((ROOT / POLICY).read_text().split())) < 6_144
