"""Whose a stack is, and whether a trial may deploy to it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from orchbench.trial.sam import MADE_BY
from orchbench.trial.stacks import StackInTheWay, may_exist, require_free

OURS = [{"Key": MADE_BY[0], "Value": MADE_BY[1]}]


class CloudFormation:
    """Answers with one stack, or raises."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's own
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Stacks": [{"StackName": StackName, **self.answer}]}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeStacks")


def test_a_stack_of_an_earlier_trial_is_gone_on_with() -> None:
    assert not require_free(CloudFormation(refusal("ValidationError")), "t", "sam delete")
    assert require_free(CloudFormation({"StackStatus": "CREATE_COMPLETE", "Tags": OURS}), "t", "sam delete")


def test_a_stack_that_somebody_else_made_is_left_alone() -> None:
    theirs = CloudFormation({"StackStatus": "CREATE_COMPLETE", "Tags": []})
    with pytest.raises(StackInTheWay, match="that this command did not make, so it is left alone"):
        require_free(theirs, "t", "sam delete")


def test_a_stack_that_was_rolled_back_is_to_be_removed_first() -> None:
    broken = CloudFormation({"StackStatus": "ROLLBACK_COMPLETE", "Tags": OURS})
    with pytest.raises(StackInTheWay, match=r"is ROLLBACK_COMPLETE: .* sam delete --stack-name t"):
        require_free(broken, "t", "sam delete --stack-name t")


def test_where_nobody_can_say_there_may_be_a_stack() -> None:
    assert may_exist(CloudFormation(EndpointConnectionError(endpoint_url="https://aws")), "t")
    assert may_exist(CloudFormation(refusal("AccessDenied")), "t")
    assert not may_exist(CloudFormation(refusal("ValidationError")), "t")
