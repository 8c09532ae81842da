"""Prints the events it is invoked with, so that a test finds them in the log."""

import json
from typing import Any


def handler(event: dict[str, Any], _context: Any) -> None:
    """Print the event."""
    print("EVENT " + json.dumps(event))  # noqa: T201 - the log is what the test reads
