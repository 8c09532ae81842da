"""Warehouses looked up by what somebody calls them, held to botocore's own models."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from orchbench.trial.named import NotThere, require_cluster, workgroup_arn

ARN = "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/8d9f4a6e"


@contextmanager
def stubbed(service: str) -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_a_workgroup_may_be_named_by_its_name_or_its_arn_and_is_looked_up_by_both() -> None:
    with stubbed("redshift-serverless") as (client, stubber):
        found = {"workgroup": {"workgroupArn": ARN}}
        stubber.add_response("get_workgroup", found, {"workgroupName": "reports"})
        assert workgroup_arn(client, "reports") == ARN
        there: dict[str, Any] = {"workgroups": [{"workgroupArn": ARN}]}
        stubber.add_response("list_workgroups", there, {})
        assert workgroup_arn(client, ARN) == ARN


def test_a_workgroup_that_is_not_there_is_told_from_a_refusal() -> None:
    with stubbed("redshift-serverless") as (client, stubber):
        stubber.add_response("list_workgroups", {"workgroups": []}, {})
        with pytest.raises(NotThere):
            workgroup_arn(client, ARN)
        stubber.add_client_error("get_workgroup", "ResourceNotFoundException")
        with pytest.raises(NotThere):
            workgroup_arn(client, "reports")
        stubber.add_client_error("get_workgroup", "AccessDeniedException")
        with pytest.raises(ClientError):
            workgroup_arn(client, "reports")


def test_a_cluster_is_looked_up_by_its_identifier() -> None:
    with stubbed("redshift") as (client, stubber):
        stubber.add_response("describe_clusters", {"Clusters": []}, {"ClusterIdentifier": "reports"})
        require_cluster(client, "reports")
        code = client.meta.service_model.shape_for("ClusterNotFoundFault").metadata["error"]["code"]
        stubber.add_client_error("describe_clusters", code)
        with pytest.raises(NotThere):
            require_cluster(client, "reports")
