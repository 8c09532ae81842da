import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).parent / "sample"
PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., Any]:
    """Poll until a question has an answer that counts as true, and return it."""

    def wait(ask: Callable[[], Any], seconds: float = 240) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := ask()):
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(0.05)
        return answer

    return wait
