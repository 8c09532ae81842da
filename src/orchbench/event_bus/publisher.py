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

Entry = dict[str, Any]
"""Of PutEvents."""


def local_bus(endpoint_url: str, region: str) -> Callable[..., Any]:
    """Return the PutEvents of a local EventBridge."""
    put_events: Callable[..., Any] = boto3.client(
        "events", endpoint_url=endpoint_url, region_name=region
    ).put_events
    return put_events


def start_publisher(put_events: Callable[..., Any], name: str) -> Callable[[Entry], None]:
    """Return what puts an event on a bus without waiting for it, and never raises.

    Args:
        put_events: boto3's.
        name: of the thread that puts the events, one after the other.
    """
    waiting: queue.SimpleQueue[Entry] = queue.SimpleQueue()

    def put_each() -> None:
        while True:
            entry = waiting.get()
            try:
                refused = put_events(Entries=[entry])["FailedEntryCount"]
            except Exception:
                log.warning("An event of %s was not delivered", entry["Source"], exc_info=True)
            else:
                if refused:
                    log.warning("An event of %s was refused", entry["Source"])

    threading.Thread(target=put_each, daemon=True, name=name).start()
    return waiting.put
