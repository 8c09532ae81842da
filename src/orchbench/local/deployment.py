"""Creates or updates a CloudFormation stack from a SAM template, and says in one sentence why it could not.

It uses nothing but boto3 clients of S3 and CloudFormation, and knows nothing of the servers behind them.
"""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from .errors import DeploymentFailed
from .packaging import PackagedTemplate, package_template
from .stack_name import too_long

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
UNCHANGED = "No updates are to be performed"
LONGEST_DEPLOYMENT_SECONDS = 60
POLL_SECONDS = 0.1


def deploy_template(
    s3: Any, cloudformation: Any, template: Path, stack_name: str, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Deploy a template and return the stack's outputs.

    Raises:
        DeploymentFailed: With the first reason CloudFormation gives.
    """
    bucket = f"{stack_name}-artifacts"
    try:
        packaged = package_template(template, bucket)
        check_parameters(template, packaged, parameters)
        if refusal := too_long(packaged.template, stack_name):
            raise DeploymentFailed(refusal)
        url = upload(s3, bucket, packaged)
        order = {
            "StackName": stack_name,
            "TemplateURL": url,
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
            ],
            "Capabilities": CAPABILITIES,
        }
        create_or_update(cloudformation, order)
    except OSError as error:
        raise DeploymentFailed(
            f"{template} cannot be packaged: {error.filename or template}: {error.strerror or error}."
        ) from error
    except ClientError as error:
        raise DeploymentFailed(f"{template} was refused: {error.response['Error']['Message']}") from error
    except WaiterError as error:
        reason = failure_reason(cloudformation, stack_name)
        raise DeploymentFailed(f"The stack {stack_name} was not deployed: {reason}.") from error
    return stack_outputs(cloudformation, stack_name)


def check_parameters(path: Path, packaged: PackagedTemplate, parameters: Mapping[str, str]) -> None:
    """Refuse a parameter that the template does not have, as AWS does and not every engine."""
    known = packaged.template.get("Parameters", {})
    for name in parameters:
        if name not in known:
            raise DeploymentFailed(f"{path} has no parameter {name}: it has {', '.join(known) or 'none'}.")


def upload(s3: Any, bucket: str, packaged: PackagedTemplate) -> str:
    """Put a packaged template and its objects into a bucket and return the template's URL."""
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket=bucket)
    for key, content in packaged.objects.items():
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    s3.put_object(Bucket=bucket, Key="template.json", Body=json.dumps(packaged.template).encode())
    return f"{s3.meta.endpoint_url}/{bucket}/template.json"


def create_or_update(cloudformation: Any, order: Mapping[str, Any]) -> None:
    """Create the stack, or update the one there is, and wait for the end."""
    try:
        cloudformation.create_stack(**order)
        finished = cloudformation.get_waiter("stack_create_complete")
    except cloudformation.exceptions.AlreadyExistsException:
        try:
            cloudformation.update_stack(**order)
        except ClientError as error:
            if UNCHANGED in str(error):
                return
            raise
        finished = cloudformation.get_waiter("stack_update_complete")
    attempts = int(LONGEST_DEPLOYMENT_SECONDS / POLL_SECONDS)
    finished.wait(StackName=order["StackName"], WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": attempts})


def failure_reason(cloudformation: Any, stack_name: str) -> str:
    """Return the first failure among a stack's events, and the resource it is about."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_name)
    events = [event for page in pages for event in page["StackEvents"]]
    for event in sorted(events, key=lambda event: event["Timestamp"]):
        if event["ResourceStatus"].endswith("_FAILED"):
            return f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
    return f"it did not end within {LONGEST_DEPLOYMENT_SECONDS} s"


def stack_outputs(cloudformation: Any, stack_name: str) -> dict[str, str]:
    """Return a deployed stack's outputs, or nothing when there is no such stack."""
    try:
        stacks = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError:
        return {}
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}
