from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from orchbench.deployment.missing_permissions import TRIES, Looked, identity_arn, look
from orchbench.deployment.permissions import permissions, resolved
from orchbench.platforms.platform import Permission
from orchbench.ways import all_ways

ROLE = "arn:aws:sts::123456789012:assumed-role/operator/session"
DURABLE = "arn:aws:lambda:us-east-1:123456789012:function:s-durable-poll"
NEEDED = [
    Permission("Stop", ("states:StopExecution",), ("arn:aws:states:us-east-1:1:execution:s-sfn-poll:*",)),
    Permission("Read", ("lambda:GetDurableExecution",), (f"{DURABLE}:*", f"{DURABLE}-2:*")),
    Permission("Follow", ("redshift-data:DescribeStatement",), ("*",)),
]


class Clients:
    """Stubbed clients: each answers, in order, what it was told."""

    region = "us-east-1"

    def __init__(self) -> None:
        self.stubbers: dict[str, Stubber] = {}
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service, region_name=self.region, aws_access_key_id="a", aws_secret_access_key="b"
            )
            self.stubbers[service] = Stubber(self._clients[service])
            self.stubbers[service].activate()
        return self._clients[service]

    def answer(self, service: str, method: str, answer: Any, expected: Any = None) -> None:
        self.client(service)
        self.stubbers[service].add_response(method, answer, expected)

    def refuse(self, service: str, method: str, code: str = "AccessDenied") -> None:
        self.client(service)
        self.stubbers[service].add_client_error(method, code)

    def all_asked(self) -> None:
        for stubber in self.stubbers.values():
            stubber.assert_no_pending_responses()


@pytest.fixture
def clients() -> Clients:
    return Clients()


def evaluated(action: str, **decisions: str) -> Any:
    results = [
        {"EvalActionName": action, "EvalResourceName": arn, "EvalDecision": decision}
        for arn, decision in decisions.items()
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def test_what_the_simulation_does_not_allow_is_lacking(clients: Clients) -> None:
    execution = "arn:aws:states:us-east-1:1:execution:s-sfn-poll:orchbench-check"
    first, second = (
        f"{arn}:1/durable-execution/orchbench-check/orchbench-check" for arn in (DURABLE, f"{DURABLE}-2")
    )
    asked = {"PolicySourceArn": "arn:aws:iam::123456789012:role/operator"}
    clients.answer(
        "iam",
        "simulate_principal_policy",
        evaluated("states:StopExecution", **{execution: "implicitDeny"}),
        asked | {"ActionNames": ["states:StopExecution"], "ResourceArns": [execution]},
    )
    clients.answer(
        "iam",
        "simulate_principal_policy",
        evaluated("lambda:GetDurableExecution", **{first: "allowed", second: "explicitDeny"}),
        asked | {"ActionNames": ["lambda:GetDurableExecution"], "ResourceArns": [first, second]},
    )
    clients.answer(
        "iam",
        "simulate_principal_policy",
        evaluated("redshift-data:DescribeStatement", **{"*": "allowed"}),
        asked | {"ActionNames": ["redshift-data:DescribeStatement"], "ResourceArns": ["*"]},
    )

    found = look(clients, ROLE, NEEDED)

    clients.all_asked()
    assert found == Looked(
        "simulated by IAM",
        lacking=(
            ("states:StopExecution", "arn:aws:states:us-east-1:1:execution:s-sfn-poll:*"),
            ("lambda:GetDurableExecution", f"{DURABLE}-2:*"),
        ),
    )


def test_without_the_simulation_reading_calls_are_tried_and_the_rest_is_named(clients: Clients) -> None:
    clients.refuse("iam", "simulate_principal_policy")
    clients.refuse("lambda", "get_durable_execution", "ResourceNotFoundException")
    clients.refuse("lambda", "get_durable_execution", "AccessDeniedException")

    found = look(clients, ROLE, NEEDED)

    clients.all_asked()
    assert "iam:SimulatePrincipalPolicy could not be asked (AccessDenied)" in found.how
    assert found.lacking == (("lambda:GetDurableExecution", f"{DURABLE}-2:*"),)
    assert [action for action, _resource in found.unknown] == [
        "states:StopExecution",
        "redshift-data:DescribeStatement",
    ]


def test_an_answer_that_does_not_tell_is_neither_allowed_nor_lacking(clients: Clients) -> None:
    clients.refuse("iam", "simulate_principal_policy", "NoSuchEntity")
    clients.refuse("lambda", "get_durable_execution", "InvalidParameterValueException")
    clients.refuse("lambda", "get_durable_execution", "TooManyRequestsException")

    found = look(clients, ROLE, NEEDED[1:2])

    assert (found.lacking, len(found.unknown)) == ((), 2)


def test_nothing_that_changes_anything_is_tried() -> None:
    changing = ("Start", "Stop", "Invoke", "Execute", "Cancel")
    assert [action for action in TRIES if action.partition(":")[2].startswith(changing)] == []


def test_every_call_that_is_tried_is_one_that_boto3_takes(clients: Clients) -> None:
    values = {"Partition": "aws", "Region": "us-east-1", "AccountId": "1", "StackName": "s"}
    asked = [
        (action, resource)
        for one in resolved(permissions(all_ways().values()), values)
        for action in one.actions
        for resource in one.resources
        if action in TRIES
    ]
    clients.refuse("iam", "simulate_principal_policy")
    for action, _resource in asked:
        service, method, _arguments = TRIES[action]
        clients.refuse(service, method, "AccessDenied")

    found = look(clients, ROLE, [Permission("One", (action,), (arn,)) for action, arn in asked])

    clients.all_asked()
    assert found.lacking == tuple(dict.fromkeys(asked))
    assert {action for action, _resource in asked} == TRIES.keys()


def test_the_root_user_is_not_simulated(clients: Clients) -> None:
    found = look(clients, "arn:aws:iam::123456789012:root", NEEDED)

    assert (found.lacking, found.unknown) == ((), ())
    assert "root user" in found.how


@pytest.mark.parametrize(
    ("caller", "identity"),
    [
        (ROLE, "arn:aws:iam::123456789012:role/operator"),
        ("arn:aws:iam::123456789012:user/path/ann", "arn:aws:iam::123456789012:user/path/ann"),
        ("arn:aws-cn:sts::1:assumed-role/r/s", "arn:aws-cn:iam::1:role/r"),
    ],
)
def test_a_session_is_simulated_as_its_role(caller: str, identity: str) -> None:
    assert identity_arn(caller) == identity


def test_only_the_target_that_a_stack_has_is_asked_for() -> None:
    values = {"Partition": "aws", "Region": "r", "AccountId": "1", "StackName": "s", "Database": "dev"}

    sids = {one.sid for one in resolved(permissions(all_ways().values()), values | {"WorkgroupArn": "w"})}
    of_cluster = {one.sid for one in resolved(permissions([]), values | {"ClusterIdentifier": "c"})}

    assert "RunStatementsOnTheWorkgroup" in sids
    assert not {"RunStatementsOnTheCluster", "ConnectToTheCluster"} & sids
    assert {"RunStatementsOnTheCluster", "ConnectToTheCluster"} <= of_cluster
    assert "RunStatementsOnTheWorkgroup" not in of_cluster


def test_what_a_permission_depends_on_is_told_to_the_simulation(clients: Clients) -> None:
    role = "arn:aws:iam::1:role/orchbench-probe-*"
    boundary = "arn:${Partition}:iam::1:policy/boundary"
    conditions = {"StringEquals": {"iam:PermissionsBoundary": (boundary,)}}
    (needed,) = resolved([Permission("Make", ("iam:CreateRole",), (role,), conditions)], {"Partition": "aws"})
    sample = role.replace("*", "orchbench-check")
    entry = {
        "ContextKeyName": "iam:PermissionsBoundary",
        "ContextKeyValues": ["arn:aws:iam::1:policy/boundary"],
        "ContextKeyType": "string",
    }
    clients.answer(
        "iam",
        "simulate_principal_policy",
        evaluated("iam:CreateRole", **{sample: "allowed"}),
        {
            "PolicySourceArn": "arn:aws:iam::123456789012:role/operator",
            "ActionNames": ["iam:CreateRole"],
            "ResourceArns": [sample],
            "ContextEntries": [entry],
        },
    )

    assert look(clients, ROLE, [needed]) == Looked("simulated by IAM")
    clients.all_asked()
