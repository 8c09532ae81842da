"""Calls to Redshift Serverless, held to botocore's own model of the service."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from orchbench.trial.serverless import admin_secret, limit_usage

ARN = "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/8d9f4a6e"
ASKED = {"resourceArn": ARN, "usageType": "serverless-compute"}


@pytest.fixture
def service() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client(
        "redshift-serverless", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_a_workgroup_is_turned_off_for_the_day_once_it_has_used_its_limit(service: Any) -> None:
    client, stubber = service
    stubber.add_response("list_usage_limits", {}, ASKED)
    made = {**ASKED, "amount": 8, "period": "daily", "breachAction": "deactivate"}
    stubber.add_response("create_usage_limit", {}, made)
    assert limit_usage(client, ARN, 8) == "queries are turned off after 8 RPU-hours a day"


def test_a_second_trial_sets_the_same_limit_anew(service: Any) -> None:
    client, stubber = service
    known = [{"usageLimitId": "m", "period": "monthly"}, {"usageLimitId": "d", "period": "daily"}]
    stubber.add_response("list_usage_limits", {"usageLimits": known}, ASKED)
    stubber.add_response(
        "update_usage_limit", {}, {"usageLimitId": "d", "amount": 4, "breachAction": "deactivate"}
    )
    limit_usage(client, ARN, 4)


def test_the_admins_secret_is_the_namespaces_own(service: Any) -> None:
    client, stubber = service
    answer = {"namespace": {"adminPasswordSecretArn": "arn:aws:secretsmanager:us-east-1:1:secret:s"}}
    stubber.add_response("get_namespace", answer, {"namespaceName": "trial"})
    assert admin_secret(client, "trial") == "arn:aws:secretsmanager:us-east-1:1:secret:s"
