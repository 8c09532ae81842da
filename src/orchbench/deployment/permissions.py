"""What whoever runs the bench must be allowed on AWS: the policy of docs/bench-policy.json.

It says what is needed, and asks no service. A contract test holds it to the calls that the bench makes.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from orchbench.deployment.connection import Connection
from orchbench.platforms.platform import Permission
from orchbench.trace import Json
from orchbench.ways import Way

POLICY = "docs/bench-policy.json"
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
FUNCTION = "arn:${Partition}:lambda:${Region}:${AccountId}:function:"
CLUSTER = "arn:${Partition}:redshift:${Region}:${AccountId}:"
OF_ALL = (
    Permission(
        "ReadTheStack",
        ("cloudformation:DescribeStacks",),
        ("arn:${Partition}:cloudformation:${Region}:${AccountId}:stack/${StackName}/*",),
    ),
    Permission("CancelStatements", ("lambda:InvokeFunction",), (f"{FUNCTION}${{StackName}}-cancel",)),
    Permission(
        "RunStatementsOnTheWorkgroup",
        ("redshift-data:ExecuteStatement", "redshift-serverless:GetCredentials"),
        ("${WorkgroupArn}",),
    ),
    Permission(
        "RunStatementsOnTheCluster",
        ("redshift-data:ExecuteStatement",),
        (f"{CLUSTER}cluster:${{ClusterIdentifier}}",),
    ),
    Permission(
        "ConnectToTheCluster",
        ("redshift:GetClusterCredentialsWithIAM",),
        (f"{CLUSTER}dbname:${{ClusterIdentifier}}/${{Database}}",),
    ),
    # A statement has no ARN; the Data API itself limits an identity to its own.
    Permission(
        "FollowItsStatements",
        (
            "redshift-data:DescribeStatement",
            "redshift-data:GetStatementResult",
            "redshift-data:CancelStatement",
        ),
        ("*",),
    ),
    # The price list has no resource to name; `orchbench prices --refresh` alone reads it.
    Permission("ReadPrices", ("pricing:GetProducts",), ("*",)),
    # A definition that is not deployed has no resource to name.
    Permission("AskAboutDefinitions", ("states:ValidateStateMachineDefinition",), ("*",)),
    Permission("LookAtItsPermissions", ("iam:SimulatePrincipalPolicy",), ("${CallerArn}",)),
)


def permissions(ways: Iterable[Way]) -> list[Permission]:
    """Return what is needed for these ways, with the placeholders in it."""
    ways = list(ways)
    found: dict[str, Permission] = {}
    for way in ways:
        for one in way.platform.permissions:
            own = tuple(each.replace("${Name}", f"${{StackName}}-{way.name}") for each in one.resources)
            before = found[one.sid].resources if one.sid in found else ()
            found[one.sid] = replace(one, resources=before + own)
    return [*found.values(), *_reading(ways), *OF_ALL]


def _reading(ways: Iterable[Way]) -> list[Permission]:
    """Return what it takes to read how functions are deployed and what they reported."""
    functions = dict.fromkeys(name for way in ways for name in way.functions)
    first = dict.fromkeys(way.functions[0] for way in ways if way.functions)
    # With the trailing :*, which logs' actions are matched against (API reference of LogGroup).
    groups = "arn:${Partition}:logs:${Region}:${AccountId}:log-group:/aws/lambda/${StackName}-"
    return [
        Permission(
            "ReadTheFunctions",
            ("lambda:GetFunctionConfiguration",),
            tuple(f"{FUNCTION}${{StackName}}-{name}" for name in first),
        ),
        Permission(
            "ReadReports", ("logs:FilterLogEvents",), tuple(f"{groups}{name}:*" for name in functions)
        ),
    ]


def policy(needed: Iterable[Permission]) -> Json:
    """Return an IAM policy document."""
    statements = [
        {"Sid": one.sid, "Effect": "Allow", "Action": list(one.actions), "Resource": list(one.resources)}
        | ({"Condition": _conditions(one, list)} if one.conditions else {})
        for one in needed
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _conditions(one: Permission, made: Callable[[tuple[str, ...]], Any]) -> dict[str, dict[str, Any]]:
    """Return a permission's conditions with something made of each key's values."""
    return {
        operator: {key: made(values) for key, values in keys.items()}
        for operator, keys in one.conditions.items()
    }


def values_of(connection: Connection) -> dict[str, str]:
    """Return what the placeholders stand for in a deployment, all but the caller's ARN."""
    outputs = connection.outputs
    _arn, partition, _service, _region, account, *_rest = outputs["DataApiRoleArn"].split(":")
    target = outputs["Target"]
    return {
        "Partition": partition,
        "Region": connection.clients.region,
        "AccountId": account,
        "StackName": connection.stack_name,
        "Database": outputs["Database"],
        "WorkgroupArn" if target.startswith("arn:") else "ClusterIdentifier": target,
    }


def resolved(needed: Iterable[Permission], values: Mapping[str, str]) -> list[Permission]:
    """Return permissions with values in them, without those of another kind of target."""

    def filled(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(PLACEHOLDER.sub(lambda found: values[found[1]], each) for each in texts)

    return [
        replace(one, resources=filled(one.resources), conditions=_conditions(one, filled))
        for one in needed
        if {name for each in one.resources for name in PLACEHOLDER.findall(each)} <= values.keys()
    ]
