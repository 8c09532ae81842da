"""``orchbench check`` on AWS: what the bench needs has to be there; what probes need besides is said."""

from typing import Any

import pytest

from orchbench.commands.check import look
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import Connection

OUTPUTS = {
    "DataApiRoleArn": "arn:aws:iam::123456789012:role/reports",
    "Target": "big",
    "Database": "dev",
    "DatabaseUser": "IAMR:reports",
}


class Account:
    """An account whose IAM allows all but some actions; nothing else of it answers."""

    region = "us-east-1"

    def __init__(self, *denied: str) -> None:
        self._denied = denied

    def client(self, _service: str) -> Any:
        return self

    def get_caller_identity(self) -> Any:
        return {"Arn": "arn:aws:iam::123456789012:user/ann"}

    def get_paginator(self, _operation: str) -> Any:
        return self

    def paginate(self, ActionNames: list[str], ResourceArns: list[str], **_more: Any) -> Any:  # noqa: N803
        decision = "implicitDeny" if ActionNames[0] in self._denied else "allowed"
        results = [{"EvalResourceName": arn, "EvalDecision": decision} for arn in ResourceArns]
        return [{"EvaluationResults": results}]


@pytest.mark.parametrize(
    ("denied", "mark", "said"),
    [
        ((), "[green]ok[/]   ", "arn:aws:iam::123456789012:user/ann may do what the probes call"),
        (
            ("sqs:GetQueueUrl", "iam:CreateRole"),
            "[yellow]warn[/] ",
            "lacks iam:CreateRole, sqs:GetQueueUrl: attach docs/probe-policy.json before `orchbench probe`",
        ),
    ],
)
def test_what_probes_need_is_looked_at_and_nothing_that_has_to_be_done(
    denied: tuple[str, ...], mark: str, said: str
) -> None:
    found = {one.what: one for one in look(Bench(Connection("aws", Account(*denied), "reports", OUTPUTS)))}

    assert found["permissions"].mark == "[green]ok[/]   "
    assert found["permissions to probe"].mark == mark
    assert said in found["permissions to probe"].said
