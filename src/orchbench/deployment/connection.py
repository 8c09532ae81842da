"""Where a deployment is reached: the local stack or an AWS account, behind one way to get a client."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from orchbench.local.stack import LocalStack, running_stack
from orchbench.platforms.errors import OrchestratorError
from orchbench.platforms.platform import Clients

SERVICE_ERRORS = (ClientError, BotoCoreError)
"""What a boto3 client raises, for whoever turns it into a sentence."""


class NotDeployed(OrchestratorError):
    """There is no stack to use."""


class AwsClients:
    """Clients of an AWS account: the credentials and the region that boto3 finds."""

    def __init__(self, region: str | None = None, profile: str | None = None) -> None:
        self._session = boto3.Session(region_name=region, profile_name=profile)
        self._clients: dict[str, Any] = {}
        if not self._session.region_name:
            raise OrchestratorError("No AWS region is set: give --region, or set AWS_REGION.")

    @property
    def region(self) -> str:
        """The region of every client."""
        return str(self._session.region_name)

    def client(self, service: str) -> Any:
        """Return a client, made once."""
        if service not in self._clients:
            config = Config(retries={"mode": "standard", "total_max_attempts": 5})
            self._clients[service] = self._session.client(service, config=config)
        return self._clients[service]


def signed_in(region: str | None = None, profile: str | None = None) -> tuple[AwsClients, str]:
    """Return clients whose credentials AWS takes, and the ARN of the identity behind them.

    Raises:
        OrchestratorError: there are no credentials, or no region.
    """
    if boto3.Session(profile_name=profile).get_credentials() is None:
        raise OrchestratorError(
            "No AWS credentials were found, so nothing was deployed: give --profile, or set AWS_PROFILE."
        )
    clients = AwsClients(region, profile)
    return clients, str(clients.client("sts").get_caller_identity()["Arn"])


def is_on_this_machine(clients: Clients) -> bool:
    """Tell whether calls go to a local AWS: the endpoint is on the loopback interface."""
    host = urlsplit(str(clients.client("cloudformation").meta.endpoint_url)).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class Connection:
    """A deployed stack and the clients to use it with.

    Attributes:
        host: ``local`` or ``aws``.
        outputs: of the deployed template.
    """

    host: str
    clients: Clients
    stack_name: str
    outputs: dict[str, str]


def connect_local(stack: LocalStack) -> Connection:
    """Return the connection to a running local stack."""
    return Connection("local", stack, stack.state.stack_name, stack.outputs)


def connect_running(folder: Path) -> Connection:
    """Return the connection to the local stack that runs in a folder.

    Raises:
        NotDeployed: none runs there.
    """
    stack = running_stack(folder)
    if stack is None:
        raise NotDeployed(f"No local stack runs in {folder}: start one with `orchbench up`.")
    return connect_local(stack)


def connect_aws(stack_name: str, region: str | None = None, profile: str | None = None) -> Connection:
    """Return the connection to a stack deployed on AWS.

    Raises:
        NotDeployed: CloudFormation has no such stack, or it has no outputs.
    """
    clients = AwsClients(region, profile)
    outputs = deployed_outputs(clients.client("cloudformation"), stack_name)
    if not outputs:
        raise NotDeployed(
            f"There is no stack {stack_name!r} with outputs in {clients.region} for these credentials: "
            "deploy it with `sam deploy`, or name another with --stack."
        )
    return Connection("aws", clients, stack_name, outputs)


def deployed_outputs(cloudformation: Any, stack_name: str) -> dict[str, str]:
    """Return a stack's outputs, or none where there is no such stack; other refusals are raised."""
    try:
        stacks = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        # CloudFormation has no error of its own for this.
        if error.response["Error"]["Code"] == "ValidationError":
            return {}
        raise
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}


def error_sentence(error: Exception) -> str:
    """Return one sentence for an error that a client raised."""
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        return (
            f"AWS refused {error.operation_name}: {told.get('Code', 'an error')}: {told.get('Message', '')}"
        )
    return f"AWS could not be asked: {error}"
