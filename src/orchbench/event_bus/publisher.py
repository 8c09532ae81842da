"""Puts a service's events on the default bus of a local EventBridge, behind the back of whoever has them.

Best effort, as on AWS: an event that cannot be put is logged and lost, and nobody waits for it.
"""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

import boto3

log = logging.getLogger(__name__)

Publish = Callable[[dict[str, Any]], None]


def start_publisher(endpoint_url: str, region: str, name: str) -> Publish:
    """Return a function that puts an event on the bus without waiting for it.

    Args:
        endpoint_url: of the local EventBridge.
        name: of the thread that puts them.

    Returns:
        What takes one entry in the shape of PutEvents, and never raises.
    """
    events = boto3.client("events", endpoint_url=endpoint_url, region_name=region)
    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def put_each() -> None:
        while True:
            entry = waiting.get()
            try:
                refused = events.put_events(Entries=[entry])["FailedEntryCount"]
            except Exception:
                log.warning("An event of %s was not delivered", entry["Source"], exc_info=True)
            else:
                if refused:
                    log.warning("An event of %s was refused", entry["Source"])

    threading.Thread(target=put_each, daemon=True, name=name).start()
    return waiting.put
