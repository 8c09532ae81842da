"""A warehouse that is there already, looked up by what somebody calls it."""

import contextlib
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError


class NotThere(Exception):
    """The account has no such warehouse in this region."""


def workgroup_arn(client: Any, name_or_arn: str) -> str:
    """Return the ARN of a workgroup that is named by either.

    Raises:
        NotThere: the region has none.
    """
    if not name_or_arn.startswith("arn:"):
        with _missing("ResourceNotFoundException"):
            return str(client.get_workgroup(workgroupName=name_or_arn)["workgroup"]["workgroupArn"])
    pages = client.get_paginator("list_workgroups").paginate()
    if name_or_arn not in (one["workgroupArn"] for page in pages for one in page["workgroups"]):
        raise NotThere
    return name_or_arn


def require_cluster(client: Any, identifier: str) -> None:
    """Look whether there is a cluster.

    Raises:
        NotThere: the region has none of this identifier.
    """
    with _missing("ClusterNotFound"):
        client.describe_clusters(ClusterIdentifier=identifier)


@contextlib.contextmanager
def _missing(code: str) -> Iterator[None]:
    """Turn a service's own error for what is not there into NotThere."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
        raise NotThere from error
