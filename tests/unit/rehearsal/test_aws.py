"""The one way in to a rehearsal's AWS."""

from typing import Any

import pytest

from orchbench.rehearsal.aws import Aws, UnknownToRehearsals, told
from orchbench.rehearsal.hosts import all_hostings, hosting_named
from orchbench.ways import all_ways

NOBODY: Any = None


def test_a_host_answers_what_is_asked_about_its_execution() -> None:
    aws = Aws(NOBODY, NOBODY)
    aws.serve("stepfunctions", {"DescribeExecution": lambda request: {"asked": request["executionArn"]}})
    assert aws.invoke("stepfunctions", "DescribeExecution", {"executionArn": "an arn"}) == {"asked": "an arn"}
    assert aws.client("stepfunctions").describe_execution(executionArn="an arn") == {"asked": "an arn"}


def test_a_call_that_nobody_answers_is_named() -> None:
    with pytest.raises(UnknownToRehearsals, match="Rehearsals do not know PutItem of dynamodb"):
        Aws(NOBODY, NOBODY).invoke("dynamodb", "PutItem", {})


def test_an_answer_that_is_json_stays_as_it_is() -> None:
    assert told({"a": [1, {"b": None}]}) == {"a": [1, {"b": None}]}


def test_every_platform_of_a_way_has_its_host() -> None:
    assert {way.platform_name for way in all_ways().values()} <= set(all_hostings())


def test_a_platform_without_a_host_is_named_with_those_that_have_one() -> None:
    with pytest.raises(
        KeyError, match="no host for the platform 'paper': there is one for durable-functions"
    ):
        hosting_named("paper")
