"""What a warehouse has beside its stack: whether it is there, a usage limit, and the secret of its admin."""

from typing import Any

COMPUTE = "serverless-compute"


class NoSuchWorkgroup(Exception):
    """The account has no workgroup of this ARN in this region."""


def limit_usage(client: Any, workgroup_arn: str, rpu_hours: int) -> str:
    """Turn off queries for the rest of a day that has used so many RPU-hours, and say what was done.

    CloudFormation has no resource for it. An earlier daily limit of this workgroup is set to the new amount.
    """
    known = client.list_usage_limits(resourceArn=workgroup_arn, usageType=COMPUTE).get("usageLimits", [])
    daily = next((one for one in known if one["period"] == "daily"), None)
    if daily is not None:
        client.update_usage_limit(
            usageLimitId=daily["usageLimitId"], amount=rpu_hours, breachAction="deactivate"
        )
    else:
        client.create_usage_limit(
            resourceArn=workgroup_arn,
            usageType=COMPUTE,
            amount=rpu_hours,
            period="daily",
            breachAction="deactivate",
        )
    return f"queries are turned off after {rpu_hours} RPU-hours a day"


def admin_secret(client: Any, namespace_name: str) -> str | None:
    """Return the ARN of the secret with the admin's password, or None where Redshift manages none."""
    secret = client.get_namespace(namespaceName=namespace_name)["namespace"].get("adminPasswordSecretArn")
    return None if secret is None else str(secret)


def workgroup_arn(client: Any, name_or_arn: str) -> str:
    """Return the ARN of a workgroup that is named by either.

    Raises:
        NoSuchWorkgroup: the region has none of this ARN; of a name, the service has an error of its own.
    """
    if not name_or_arn.startswith("arn:"):
        return str(client.get_workgroup(workgroupName=name_or_arn)["workgroup"]["workgroupArn"])
    pages = client.get_paginator("list_workgroups").paginate()
    if name_or_arn not in (one["workgroupArn"] for page in pages for one in page["workgroups"]):
        raise NoSuchWorkgroup(name_or_arn)
    return name_or_arn


def look_up_cluster(client: Any, name: str) -> None:
    """Ask for a cluster; of one that is not there, the service has an error."""
    client.describe_clusters(ClusterIdentifier=name)
