"""What whoever runs probes may do besides: exactly what they call, on what is theirs by its name."""

import json
from typing import Any

from aws_calls import actions_called
from document_blocks import probe_boundary_file, probe_policy_file
from project import ROOT, SOURCE, modules

from orchbench.platforms.durable_functions import PLATFORM
from orchbench.probes.lab import PREFIX
from orchbench.probes.permissions import BOUNDARY_FILE, POLICY
from orchbench.ways import all_ways

ON_BEHALF = {
    "iam:PassRole",  # of CreateStateMachine and CreateFunction
    "redshift-serverless:GetCredentials",  # of ExecuteStatement
    "redshift:GetClusterCredentialsWithIAM",  # of ExecuteStatement
}
THROUGH_THE_BENCH = {
    "lambda:GetDurableExecution",
    "lambda:GetDurableExecutionHistory",
    "lambda:ListDurableExecutionsByFunction",
    "lambda:StopDurableExecution",
    "logs:FilterLogEvents",
    "redshift-data:GetStatementResult",
    "states:GetExecutionHistory",
}
"""What probes call by the code of the bench, whose own policy is for the stack's resources alone."""
CHANGING = ("Create", "Delete", "Put", "Remove", "Update", "Publish", "Pass", "Stop")
WILDCARDS = {
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListMetrics",
    "redshift-data:CancelStatement",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
    "redshift-data:ListStatements",
    "redshift-serverless:ListWorkgroups",
}


def stored() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ROOT / POLICY).read_text())
    return document


def test_the_policy_allows_what_the_probes_call_and_nothing_else() -> None:
    called = actions_called({path: path.read_text() for path in modules(SOURCE / "probes")})
    granted = {action for statement in stored()["Statement"] for action in statement["Action"]}

    needed = called | ON_BEHALF | THROUGH_THE_BENCH
    assert (granted - needed, needed - granted) == (set(), set())


def test_the_file_is_the_one_that_the_program_makes() -> None:
    assert (ROOT / POLICY).read_text() == probe_policy_file(), (
        "`PYTHONPATH=functions .venv/bin/python tests/contract/document_blocks.py` writes it anew"
    )


def test_what_probes_make_and_change_is_theirs_by_its_name() -> None:
    for statement in stored()["Statement"]:
        if statement["Resource"] == ["*"]:
            assert set(statement["Action"]) <= WILDCARDS
            continue
        changes = [one for one in statement["Action"] if one.partition(":")[2].startswith(CHANGING)]
        for resource in statement["Resource"]:
            before, star, after = resource.partition("*")
            assert not star or ((PREFIX in before or "${StackName}" in before) and not after)
            assert not changes or PREFIX in resource


def test_nobody_makes_a_role_that_may_do_more_than_its_boundary() -> None:
    by_action = {action: one for one in stored()["Statement"] for action in one["Action"]}
    within = {
        "StringEquals": {
            "iam:PermissionsBoundary": ["arn:${Partition}:iam::${AccountId}:policy/orchbench-probe-boundary"]
        }
    }
    passed = {"StringEquals": {"iam:PassedToService": ["states.amazonaws.com", "lambda.amazonaws.com"]}}

    assert [by_action[f"iam:{action}"].get("Condition") for action in ("CreateRole", "PutRolePolicy")] == [
        within,
        within,
    ]
    assert by_action["iam:PassRole"].get("Condition") == passed
    # Nothing else changes a role, a policy or a boundary.
    assert {action for action in by_action if action.startswith("iam:")} == {
        "iam:CreateRole",
        "iam:PutRolePolicy",
        "iam:PassRole",
        "iam:DeleteRolePolicy",
        "iam:DeleteRole",
    }


def test_the_boundary_is_the_one_that_the_program_makes_and_takes_no_values() -> None:
    text = (ROOT / BOUNDARY_FILE).read_text()

    assert text == probe_boundary_file()
    assert "${" not in text
    allowed = [action for one in json.loads(text)["Statement"] for action in one["Action"]]
    assert [
        one for one in allowed if one.partition(":")[2].startswith((*CHANGING, "Execute", "Cancel"))
    ] == []


def test_the_deployed_package_is_taken_from_any_way_that_has_one() -> None:
    durable = [way for way in all_ways().values() if way.platform is PLATFORM]
    (taken,) = [one["Resource"] for one in stored()["Statement"] if one["Sid"] == "TakeTheDeployedPackage"]

    assert taken == [
        f"arn:${{Partition}}:lambda:${{Region}}:${{AccountId}}:function:${{StackName}}-{way.functions[0]}"
        for way in durable
    ]
    assert len(taken) > 1


def test_the_policy_fits_into_a_managed_policy_of_iam() -> None:
    assert len("".join((ROOT / POLICY).read_text().split())) < 6_144
