"""Puts the event of each statement that ends on an event bus, or loses a share of them on purpose."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from json import dumps
from typing import Any

from orchbench.redshift.statement_event import DETAIL_TYPE, SOURCE, statement_event
from orchbench.redshift.store import Entry

LOCAL_ACCOUNT = "000000000000"
"""Whose resources those of a local stack are."""


class EventPublishing:
    """Publishes the events of the statements that it is told of.

    Args:
        publish: takes one entry in the shape of PutEvents and returns at once.
        lost: the share of the events that is lost, from 0 to 1: always the same ones of them, counted as they
            come, spread evenly (every second one for a half).
    """

    def __init__(
        self,
        publish: Callable[[dict[str, Any]], None],
        region: str,
        *,
        account: str = LOCAL_ACCOUNT,
        lost: Fraction = Fraction(0),
    ) -> None:
        self._publish = publish
        self._region = region
        self._account = account
        self._lost = lost
        self._lock = threading.Lock()
        self._ended = 0

    def __call__(self, entry: Entry) -> None:
        """Publish the event of a statement that has just ended, unless it is one to lose."""
        if not self._is_lost():
            said = statement_event(entry, region=self._region, account=self._account)
            self._publish(
                {
                    "Time": datetime.fromtimestamp(said.ended_at, UTC),
                    "Source": SOURCE,
                    "DetailType": DETAIL_TYPE,
                    "Resources": [said.resource],
                    "Detail": dumps(said.detail),
                }
            )

    def _is_lost(self) -> bool:
        with self._lock:
            before, self._ended = self._ended, self._ended + 1
        return int((before + 1) * self._lost) > int(before * self._lost)
