import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchbench.local import LocalStack, StackOptions

SAMPLE = Path(__file__).parent / "sample"
PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """Yield the local AWS with the sample's functions on it."""
    environment = {"AWS_ENDPOINT_URL_OF_THE_TEST": "http://127.0.0.1:9"}
    options = StackOptions(
        folder=SAMPLE, stack_name="sample", published=False, worker_environment=environment
    )
    with LocalStack.start(options) as started:
        yield started


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., Any]:
    """Poll until a question has an answer that counts as true, and return it."""

    def wait(ask: Callable[[], Any], seconds: float = 240) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := ask()):
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(0.2)
        return answer

    return wait
