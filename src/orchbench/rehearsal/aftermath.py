"""What follows an execution: the event of its end to the cancel function, and the sweep on its schedule."""

from collections.abc import Callable

from orchbench.rehearsal.event_bridge import Deliveries, Delivery, EventBridge
from orchbench.rehearsal.fault import EVENT_KINDS, Kind
from orchbench.rehearsal.scenario import Scenario
from orchbench.rehearsal.scripted_faults import ScriptedFaults
from orchbench.trace import Json
from orchbench.virtual_time.application import Application, Rule
from orchbench.virtual_time.clock import VirtualClock

MOST_SWEEPS = 4
"""Looked at after an execution: what they leave running, no later one would stop."""


class Aftermath:
    """Has the event of an execution's end delivered, and sweeps where that is not enough.

    Args:
        event: the execution's status change, asked for at its end.
        is_running: tells whether a statement runs.
    """

    def __init__(
        self,
        scenario: Scenario,
        application: Application,
        bridge: EventBridge,
        clock: VirtualClock,
        faults: ScriptedFaults,
        *,
        event: Callable[[], Json],
        is_running: Callable[[], bool],
    ) -> None:
        self.deliveries = Deliveries()
        self._kinds = {one.kind: one for one in scenario.faults}
        self._application = application
        self._bridge = bridge
        self._clock = clock
        self._faults = faults
        self._event = event
        self._is_running = is_running
        self._began_at = clock.now()
        self._announced = False

    def announce(self) -> None:
        """Have the event of the execution's end delivered. Idempotent: an execution ends once."""
        if self._announced:
            return
        self._announced = True
        met = [fault for kind, fault in self._kinds.items() if kind in EVENT_KINDS]
        for fault in met:
            self._faults.strikes(fault)
        if Kind.LOSE_EVENT in self._kinds:
            return
        late = self._kinds.get(Kind.LATE_EVENT)
        self._bridge.put(
            self._event(),
            Delivery(self.deliveries),
            copies=2 if Kind.DUPLICATE_EVENT in self._kinds else 1,
            after_seconds=late.seconds or 0.0 if late else 0.0,
        )

    def pass_by(self) -> None:
        """Let time pass until every event was delivered, and then to the sweeps while a statement runs."""
        self._bridge.pass_by()
        period = min((rule.period_seconds or 0.0 for rule in self._schedules()), default=0.0)
        while self._is_running() and period and self.deliveries.sweeps < MOST_SWEEPS:
            passed = self._clock.now() - self._began_at
            self._clock.sleep_until(self._began_at + (passed // period + 1) * period)
            self.deliveries.sweeps += 1
            self.sweep()
        # A statement that a sweep has stopped sends its event too.
        self._bridge.pass_by()

    def sweep(self) -> None:
        """Invoke what a schedule invokes."""
        for rule in self._schedules():
            for function in rule.targets:
                self._bridge.invoke(function, {"source": "aws.events", "detail-type": "Scheduled Event"})

    def _schedules(self) -> list[Rule]:
        return [rule for rule in self._application.rules if rule.period_seconds]
