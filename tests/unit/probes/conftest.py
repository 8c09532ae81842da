"""A laboratory on a stubbed account: no call leaves the process, and no time passes but by sleeping."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import Connection
from orchbench.probes.lab import Lab

WORKGROUP = "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/8d9f4a6e"
OUTPUTS = {
    "DataApiRoleArn": "arn:aws:iam::123456789012:role/reports",
    "Target": WORKGROUP,
    "Database": "dev",
}


class Account:
    """Clients of an account that answers, in order, what it was told."""

    region = "us-east-1"

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}
        self._stubbers: dict[str, Stubber] = {}
        self.time = 1_000_020.0

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service, region_name=self.region, aws_access_key_id="a", aws_secret_access_key="b"
            )
            self._stubbers[service] = Stubber(self._clients[service])
            self._stubbers[service].activate()
        return self._clients[service]

    def answer(self, service: str, method: str, answer: Any = None, expected: Any = None) -> None:
        self.client(service)
        self._stubbers[service].add_response(method, answer or {}, expected)

    def refuse(self, service: str, method: str, code: str, message: str = "") -> None:
        self.client(service)
        self._stubbers[service].add_client_error(method, code, message)

    def all_asked(self) -> None:
        for stubber in self._stubbers.values():
            stubber.assert_no_pending_responses()

    def sleep(self, seconds: float) -> None:
        self.time += max(seconds, 0.001)


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def lab_on() -> Callable[..., Lab]:
    def made(account: Account, host: str, partition: str = "aws") -> Lab:
        outputs = {name: value.replace("arn:aws:", f"arn:{partition}:") for name, value in OUTPUTS.items()}
        bench = Bench(Connection(host, account, "reports", outputs))
        return Lab(bench, "r1", sleep=account.sleep, now=lambda: account.time)

    return made


@pytest.fixture
def lab(account: Account, lab_on: Any) -> Lab:
    made: Lab = lab_on(account, "aws")
    return made
