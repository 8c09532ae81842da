"""What a Redshift Serverless workgroup has beside its stack: a usage limit, and the secret of its admin."""

from typing import Any

COMPUTE = "serverless-compute"


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
