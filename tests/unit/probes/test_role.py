"""The role of the probes' own machines and functions: within its boundary, or not made by who may not."""

import json
from typing import Any

import pytest

from orchbench.probes.lab import Lab
from orchbench.probes.probe import NoAnswer
from orchbench.probes.state_machines import own_role

BOUNDARY = "arn:aws:iam::123456789012:policy/orchbench-probe-boundary"
MADE = {
    "Role": {
        "Path": "/",
        "RoleName": "orchbench-probe-r1-role",
        "RoleId": "A" * 16,
        "CreateDate": 1_000_000.0,
        "Arn": "arn:aws:iam::123456789012:role/orchbench-probe-r1-role",
    }
}


def asked(account: Any) -> list[dict[str, Any]]:
    """Note what the account is asked to make."""
    orders: list[dict[str, Any]] = []
    events = account.client("iam").meta.events
    events.register(
        "provide-client-params.iam.CreateRole", lambda params, **_more: orders.append(dict(params))
    )
    events.register("provide-client-params.iam.PutRolePolicy", lambda params, **_more: orders.append(params))
    return orders


def test_the_role_is_made_within_its_boundary_and_may_do_what_that_allows(account: Any, lab: Lab) -> None:
    orders = asked(account)
    account.answer("iam", "create_role", MADE)
    account.answer("iam", "put_role_policy")

    assert own_role(lab) == MADE["Role"]["Arn"]

    assert orders[0]["PermissionsBoundary"] == BOUNDARY
    allowed = json.loads(orders[1]["PolicyDocument"])["Statement"]
    assert [one["Resource"] for one in allowed] == [
        ["*"],
        ["arn:aws:lambda:us-east-1:123456789012:function:orchbench-probe-*"],
        ["arn:aws:states:us-east-1:123456789012:stateMachine:orchbench-probe-*"],
    ]


def test_an_administrator_needs_no_boundary(account: Any, lab: Lab) -> None:
    orders = asked(account)
    account.refuse("iam", "create_role", "NoSuchEntity", f"Scope ARN {BOUNDARY} does not exist")
    account.answer("iam", "create_role", MADE)
    account.answer("iam", "put_role_policy")

    own_role(lab)

    assert "PermissionsBoundary" not in orders[1]


def test_who_may_make_no_role_without_its_boundary_is_told_which_policy_is_missing(
    account: Any, lab: Lab
) -> None:
    account.refuse("iam", "create_role", "NoSuchEntity", f"Scope ARN {BOUNDARY} does not exist")
    account.refuse("iam", "create_role", "AccessDenied", "is not authorized to perform: iam:CreateRole")

    with pytest.raises(NoAnswer, match=rf"It needs the policy {BOUNDARY}.*docs/probe-boundary\.json"):
        own_role(lab)
