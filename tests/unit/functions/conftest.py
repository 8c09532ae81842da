"""A deployment's environment, its functions' own clients answered from a script, and what handlers log."""

import io
import logging
from collections.abc import Callable, Iterator

import pytest
from botocore.stub import Stubber

import executions
from redshift_batch.data_api import redshift_data_client
from telemetry import logger


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment of a deployment."""
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "REDSHIFT_DATABASE": "dev",
        "REDSHIFT_WORKGROUP": "reports",
    }.items():
        monkeypatch.setenv(name, value)


def forget_clients() -> None:
    executions.client.cache_clear()
    redshift_data_client.cache_clear()


@pytest.fixture
def scripted(environment: None) -> Iterator[Callable[..., dict[str, Stubber]]]:
    """Yield what answers the functions' own clients of some services from a script, each call once."""
    forget_clients()
    stubs: dict[str, Stubber] = {}

    def script(*services: str) -> dict[str, Stubber]:
        for service in services:
            own = redshift_data_client() if service == "redshift-data" else executions.client(service)
            stubs[service] = Stubber(own)
            stubs[service].activate()
        return stubs

    yield script
    for stub in stubs.values():
        stub.assert_no_pending_responses()
    forget_clients()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Yield what the handlers log."""
    written = io.StringIO()
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(written)
    yield written
    handler.setStream(before)
