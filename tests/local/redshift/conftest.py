"""One local Redshift for all tests of this folder, with tables of their own for each test."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore
import pytest
from botocore.config import Config

from orchbench.redshift.local import LocalRedshift
from orchbench.redshift.quotas import UNLIMITED

HOME = {"WorkgroupName": "orders", "Database": "dev"}


def new_client(url: str) -> Any:
    """Return a boto3 client that needs no credentials and does not retry."""
    config = Config(
        signature_version=botocore.UNSIGNED, retries={"total_max_attempts": 1}, max_pool_connections=50
    )
    return boto3.client("redshift-data", endpoint_url=url, region_name="eu-west-1", config=config)


class Caller:
    """A boto3 client over HTTP, and a look into the database beside it."""

    def __init__(self, redshift: LocalRedshift) -> None:
        self.redshift = redshift
        self.client = new_client(redshift.url)

    def submit(self, *sqls: str, **request: Any) -> str:
        return str(self.client.batch_execute_statement(Sqls=list(sqls), **HOME, **request)["Id"])

    def ended(self, statement_id: str, seconds: float = 240) -> Any:
        deadline = time.monotonic() + seconds
        while True:
            description = self.client.describe_statement(Id=statement_id, WaitTimeSeconds=30)
            if description["Status"] in ("FINISHED", "FAILED", "ABORTED"):
                return description
            assert time.monotonic() < deadline

    def run(self, *sqls: str, **request: Any) -> Any:
        return self.ended(self.submit(*sqls, **request))

    def query(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with self.redshift.connect() as connection:
            return connection.execute(sql.encode(), arguments or None).fetchall()

    def execute(self, sql: str) -> None:
        with self.redshift.connect() as connection:
            connection.execute(sql.encode())

    def until(self, condition: Callable[[], Any], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true in time"
            threading.Event().wait(0.02)


@pytest.fixture(scope="session")
def redshift() -> Iterator[LocalRedshift]:
    with LocalRedshift(quotas=UNLIMITED) as running:
        yield running


@pytest.fixture
def caller(redshift: LocalRedshift) -> Caller:
    return Caller(redshift)


@pytest.fixture
def table() -> str:
    """A table name that no other test uses."""
    return f"t_{uuid.uuid4().hex}"


@pytest.fixture
def client_of() -> Callable[[str], Any]:
    return new_client
