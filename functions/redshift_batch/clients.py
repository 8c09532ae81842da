"""Clients of AWS services, made by botocore alone.

boto3 would make the very same clients. What it loads besides, resources and the transfer manager of S3, is of
no use to any function here, and every cold start would pay for it.
"""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session


@cache
def session() -> Session:
    """Return the environment's one session: service models and endpoints are loaded once for all clients."""
    return Session()


def client(service: str, config: Config) -> Any:
    """Return a new client of a service; region, credentials and endpoint come from the environment."""
    return session().create_client(service, config=config)
