"""The Data API's own events of one rehearsal: sent when a statement ends, after a latency of their own.

They go by the deployed rules to whatever function wakes the execution. Where no rule takes them, as for a
way that polls, nothing happens. Scripted faults lose them, have them come late or twice, or forge one.
"""

import hashlib
import uuid
from collections.abc import Container, Sequence
from dataclasses import replace

from orchbench.redshift.quotas import DAY_SECONDS
from orchbench.redshift.statement_event import DETAIL_TYPE, SOURCE, StatementEvent, statement_event
from orchbench.redshift.store import Entry
from orchbench.rehearsal.event_bridge import Deliveries, Delivery, EventBridge
from orchbench.rehearsal.fault import OF_ANOTHER, OF_NOBODY, STATEMENT_EVENT_KINDS, Fault, Kind
from orchbench.rehearsal.scripted_faults import ScriptedFaults
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

    def __init__(
        self,
        bridge: EventBridge,
        latency: Latency,
        scenario_faults: Sequence[Fault],
        faults: ScriptedFaults,
        recorded: Container[str],
    ) -> None:
        self.deliveries = Deliveries()
        self._bridge = bridge
        self._latency = latency
        self._kinds = {one.kind: one for one in scenario_faults if one.kind in STATEMENT_EVENT_KINDS}
        self._faults = faults
        self._delivery = Delivery(self.deliveries, Work.WAKE, recorded)

    def ended(self, entry: Entry) -> None:
        """Have a statement's event delivered: it has just ended."""
        for fault in self._kinds.values():
            self._faults.strikes(fault)
        if Kind.LOSE_STATEMENT_EVENT in self._kinds:
            return
        late = self._kinds.get(Kind.LATE_STATEMENT_EVENT)
        self._bridge.put(
            _enveloped(statement_event(entry, region=REGION, account=ACCOUNT)),
            self._delivery,
            copies=2 if Kind.DUPLICATE_STATEMENT_EVENT in self._kinds else 1,
            after_seconds=self._latency.seconds("statement_event") + (late.seconds or 0.0 if late else 0.0),
        )

    def forge(self, fault: Fault, execution_arn: str, name: str | None, now: float) -> None:
        """Send an event that says FINISHED, from nowhere. Where no rule takes it, nobody meets the fault.

        Args:
            execution_arn: of the execution, whose statement it is unless the fault says whose.
            name: of its statement; None where it has none yet.
            now: the moment, in seconds since the epoch.
        """
        theirs = _forged_name(fault.of, execution_arn)
        detail = {
            "principal": f"arn:aws:iam::{ACCOUNT}:root",
            "statementName": name or theirs if fault.of is None else theirs,
            "statementId": str(uuid.uuid5(uuid.NAMESPACE_URL, theirs)),
            "redshiftQueryId": -1,
            "state": "FINISHED",
            "rows": 0,
            "expireAt": int(now + DAY_SECONDS),
        }
        resource = f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:workgroup/forged"
        # What a function is woken for by somebody else's event is nothing of this execution's.
        delivery = self._delivery if fault.of is None else replace(self._delivery, recorded=())
        if self._bridge.put(_enveloped(StatementEvent(resource, detail, now)), delivery):
            self._faults.strikes(fault)


def _forged_name(of: str | None, execution_arn: str) -> str:
    """Return a statement's name as the domain makes it, of this execution, another one or none."""
    arn = f"{execution_arn}-another" if of == OF_ANOTHER else execution_arn
    token = "0" * 64 if of == OF_NOBODY else hashlib.sha256(arn.encode()).hexdigest()
    return f"{token} {arn}"


def _enveloped(said: StatementEvent) -> Json:
    """Return the event as EventBridge delivers it."""
    return status_event(SOURCE, DETAIL_TYPE, said.resource, said.detail, ended_at=said.ended_at)
