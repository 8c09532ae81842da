"""Puts a service's events on the default bus of a local EventBridge, behind the back of whoever has them.

Best effort, as on AWS: an event that cannot be put is logged and lost, and nobody waits for it.
"""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

Entry = dict[str, Any]
"""Of PutEvents."""
PUT_EVENTS = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSEvents.PutEvents"}
ANSWER_SECONDS = 60
PAUSES_SECONDS = (0.1, 0.5, 2, 4)


def local_bus(endpoint_url: str) -> Callable[..., Any]:
    """Return the PutEvents of a local EventBridge.

    It takes and returns what boto3's does, whose import alone would double the time that a local server takes
    to start. An answer that does not come, or that is a server's error, is asked for again.

    Raises:
        ValueError: the address is not one of plain HTTP.
    """
    scheme, address, *_ = urlsplit(endpoint_url)
    if scheme != "http" or not address:
        raise ValueError(
            f"{endpoint_url!r} is not a local address: it takes one such as http://127.0.0.1:4566."
        )

    def put_events(**request: Any) -> Any:
        body = json.dumps(request, default=_seconds).encode()
        for pause_seconds in PAUSES_SECONDS:
            try:
                return _answer(address, body)
            except (OSError, HTTPException):
                time.sleep(pause_seconds)
        return _answer(address, body)

    return put_events


def _answer(address: str, body: bytes) -> Any:
    connection = HTTPConnection(address, timeout=ANSWER_SECONDS)
    try:
        connection.request("POST", "/", body, PUT_EVENTS)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise HTTPException(f"PutEvents was answered with {answer.status}")
        if answer.status != HTTPStatus.OK:
            raise ValueError(f"PutEvents was answered with {answer.status}: {content[:500]!r}")
        return json.loads(content)
    finally:
        connection.close()


def _seconds(moment: Any) -> int:
    """Write a moment as the protocol does."""
    if isinstance(moment, datetime):
        return int(moment.timestamp())
    raise TypeError(f"{type(moment).__name__} has no place in an event")


def start_publisher(put_events: Callable[..., Any], name: str) -> Callable[[Entry], None]:
    """Return what puts an event on a bus without waiting for it, and never raises.

    Args:
        put_events: takes and returns what boto3's does.
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
