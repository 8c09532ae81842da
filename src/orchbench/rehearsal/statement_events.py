"""The Data API's own events of one rehearsal: sent when a statement ends, after a latency of their own.

They go by the deployed rules to whatever function wakes the execution. Where no rule takes them, as for a
way that polls, nothing happens.
"""

from collections.abc import Container

from orchbench.redshift.statement_event import DETAIL_TYPE, SOURCE, StatementEvent, statement_event
from orchbench.redshift.store import Entry
from orchbench.rehearsal.event_bridge import Deliveries, Delivery, EventBridge
from orchbench.rehearsal.status_events import status_event
from orchbench.trace import Json, Work
from orchbench.virtual_time.application import ACCOUNT, REGION
from orchbench.virtual_time.latency import Latency


class StatementEvents:
    """Sends the event of each statement that ends.

    Attributes:
        deliveries: how they fared, apart from those of the execution's own event.

    Args:
        recorded: names of the functions whose invocations belong to the execution's trace.
    """

    def __init__(self, bridge: EventBridge, latency: Latency, recorded: Container[str]) -> None:
        self.deliveries = Deliveries()
        self._bridge = bridge
        self._latency = latency
        self._delivery = Delivery(self.deliveries, Work.WAKE, recorded)

    def ended(self, entry: Entry) -> None:
        """Have a statement's event delivered: it has just ended."""
        said = statement_event(entry, region=REGION, account=ACCOUNT)
        seconds = self._latency.seconds("statement_event")
        self._bridge.put(enveloped(said), self._delivery, after_seconds=seconds)


def enveloped(said: StatementEvent) -> Json:
    """Return the event as EventBridge delivers it."""
    return status_event(SOURCE, DETAIL_TYPE, said.resource, said.detail, ended_at=said.ended_at)
