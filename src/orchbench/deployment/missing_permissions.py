"""Which permissions an identity lacks: simulated by IAM, or by trying what only reads where IAM refuses.

Nothing is changed by the look.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from orchbench.platforms.platform import Clients, Permission

NOWHERE = "orchbench-check"
"""Stands in the place of what a resource's pattern leaves open; nothing has this name."""
REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
NOT_THERE = {"ExecutionDoesNotExist", "ResourceNotFoundException"}

Asked = tuple[str, str]
"""An action and the resource it is asked about."""


@dataclass(frozen=True)
class Looked:
    """What was found.

    Attributes:
        how: one clause on how it was found.
        lacking: what is refused.
        unknown: what could not be looked at.
    """

    how: str
    lacking: tuple[Asked, ...] = ()
    unknown: tuple[Asked, ...] = ()


def look(clients: Clients, caller_arn: str, needed: Iterable[Permission]) -> Looked:
    """Look whether an identity may do what is needed.

    Args:
        clients: with the identity's credentials.
        caller_arn: as GetCallerIdentity told it.
        needed: with values in their resources.
    """
    needed = list(needed)
    asked = [(action, each) for one in needed for action in one.actions for each in one.resources]
    contexts = {action: _context(one) for one in needed for action in one.actions}
    if caller_arn.endswith(":root"):
        return Looked("this is the account's root user, who may do everything: use a role with the policy")
    try:
        return Looked("simulated by IAM", tuple(_denied(clients.client("iam"), caller_arn, asked, contexts)))
    except (ClientError, BotoCoreError) as error:
        why = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    answers = {one: _tried(clients, *one) for one in asked}
    return Looked(
        f"iam:SimulatePrincipalPolicy could not be asked ({why}), so that calls which only read were tried",
        tuple(one for one, allowed in answers.items() if allowed is False),
        tuple(one for one, allowed in answers.items() if allowed is None),
    )


def identity_arn(caller_arn: str) -> str:
    """Return the user or role behind a caller, without a role's path: no session tells it."""
    head, _, rest = caller_arn.partition(":assumed-role/")
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}" if rest else caller_arn


def _context(one: Permission) -> list[dict[str, Any]]:
    """Return what a call brings with it by which its permission's conditions hold."""
    return [
        {"ContextKeyName": key, "ContextKeyValues": list(values[:1]), "ContextKeyType": "string"}
        for keys in one.conditions.values()
        for key, values in keys.items()
    ]


def _denied(
    iam: Any, caller_arn: str, asked: Iterable[Asked], contexts: Mapping[str, list[dict[str, Any]]]
) -> Iterator[Asked]:
    """Yield what the simulation does not allow; an action's resources in one call."""
    resources: dict[str, list[str]] = {}
    for action, resource in asked:
        resources.setdefault(action, []).append(resource)
    for action, patterns in resources.items():
        # In the place of a pattern's end, one resource that it holds for.
        named = {_sample(pattern): pattern for pattern in patterns}
        pages = iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=identity_arn(caller_arn),
            ActionNames=[action],
            ResourceArns=list(named),
            **({"ContextEntries": contexts[action]} if contexts[action] else {}),
        )
        for page in pages:
            for one in page["EvaluationResults"]:
                if one["EvalDecision"] != "allowed":
                    yield action, named.get(one.get("EvalResourceName", "*"), "*")


def _sample(pattern: str) -> str:
    if ":function:" in pattern and pattern.endswith(":*"):
        return f"{pattern[:-1]}1/durable-execution/{NOWHERE}/{NOWHERE}"
    return pattern if pattern == "*" else pattern.replace("*", NOWHERE)


def _tried(clients: Clients, action: str, resource: str) -> bool | None:
    """Return whether a call is allowed, or None where it cannot be tried or the answer does not tell."""
    if action not in TRIES:
        return None
    service, method, arguments = TRIES[action]
    try:
        getattr(clients.client(service), method)(**arguments(_sample(resource)))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return False if code in REFUSED else True if code in NOT_THERE else None
    except BotoCoreError:
        return None
    return True


Arguments = Callable[[str], Mapping[str, Any]]


def _named(argument: str, **more: Any) -> Arguments:
    return lambda resource: {argument: resource, **more}


TRIES: Mapping[str, tuple[str, str, Arguments]] = {
    "cloudformation:DescribeStacks": (
        "cloudformation",
        "describe_stacks",
        lambda resource: {"StackName": resource.split("/")[1]},
    ),
    "states:DescribeExecution": ("stepfunctions", "describe_execution", _named("executionArn")),
    "states:GetExecutionHistory": (
        "stepfunctions",
        "get_execution_history",
        _named("executionArn", includeExecutionData=False),
    ),
    "lambda:GetFunctionConfiguration": ("lambda", "get_function_configuration", _named("FunctionName")),
    "lambda:ListDurableExecutionsByFunction": (
        "lambda",
        "list_durable_executions_by_function",
        _named("FunctionName", MaxItems=1),
    ),
    "lambda:GetDurableExecution": (
        "lambda",
        "get_durable_execution",
        _named("DurableExecutionArn", IncludeExecutionData=False),
    ),
    "lambda:GetDurableExecutionHistory": (
        "lambda",
        "get_durable_execution_history",
        _named("DurableExecutionArn", IncludeExecutionData=False),
    ),
    "logs:FilterLogEvents": (
        "logs",
        "filter_log_events",
        lambda resource: {"logGroupName": resource.split(":")[6], "limit": 1},
    ),
}
"""How an action that only reads is tried: by a service's operation, on the resource or on one not there."""
