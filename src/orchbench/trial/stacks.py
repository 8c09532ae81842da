"""The stacks of a trial in CloudFormation: is one there, whose is it, can it be updated."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from orchbench.trial.sam import MADE_BY

USABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS")
"""Statuses of a stack that a deployment can go on from."""


class StackInTheWay(Exception):
    """There is a stack of this name that a trial must not, or cannot, deploy to."""


def described(cloudformation: Any, stack_name: str) -> Mapping[str, Any] | None:
    """Return what CloudFormation says of a stack, or None where there is none."""
    try:
        stacks = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        # CloudFormation has no error of its own for this.
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return dict(stacks[0])


def may_exist(cloudformation: Any, stack_name: str) -> bool:
    """Tell whether there is such a stack; where nobody can say, there may be one."""
    try:
        return described(cloudformation, stack_name) is not None
    except (ClientError, BotoCoreError):
        return True


def require_free(cloudformation: Any, stack_name: str, removal: str) -> bool:
    """Return whether an earlier trial has made this stack already.

    Args:
        cloudformation: a client.
        stack_name: of the stack.
        removal: the command that would delete it.

    Raises:
        StackInTheWay: somebody else made it, or it is in a state that no deployment can go on from.
    """
    stack = described(cloudformation, stack_name)
    if stack is None:
        return False
    key, value = MADE_BY
    if {"Key": key, "Value": value} not in stack.get("Tags", []):
        raise StackInTheWay(
            f"There is a stack {stack_name!r} that this command did not make, so it is left alone: compare "
            "on it with `orchbench compare --target aws`, or name another with --stack."
        )
    if stack["StackStatus"] not in USABLE:
        raise StackInTheWay(
            f"The stack {stack_name!r} of an earlier trial is {stack['StackStatus']}: wait until it has "
            f"ended, or remove it first with {removal}."
        )
    return True
