"""What follows an execution's end: the service's event to the cancel function, and the sweep on its schedule.

EventBridge takes an event to its targets by the deployed rules, and Lambda invokes a target asynchronously:
where its handler raises, again after one minute and after two more, and then the event is a dead letter.
Both run through their real handlers, in virtual time.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from orchbench.rehearsal.aws import Aws
from orchbench.rehearsal.fault import EVENT_KINDS, Kind
from orchbench.rehearsal.scenario import Scenario
from orchbench.rehearsal.scripted_faults import ScriptedFaults
from orchbench.rehearsal.status_events import matches
from orchbench.rehearsal.works import Works
from orchbench.trace import Json
from orchbench.virtual_time.application import Application, Function, Rule
from orchbench.virtual_time.clock import VirtualClock

RETRY_SECONDS = (60.0, 120.0)
"""Between the attempts of an asynchronous invocation: docs.aws.amazon.com/lambda, invocation-async."""
MOST_SWEEPS = 4
"""Looked at after an execution: what they leave running, no later one would stop."""


@dataclass
class Deliveries:
    """How the events of one execution went.

    Attributes:
        attempts: invocations of the functions that took them.
        dead_letters: events that no attempt could act on.
        sweeps: made after the execution.
    """

    attempts: int = 0
    dead_letters: int = 0
    sweeps: int = 0


class Aftermath:
    """Delivers the event of an execution's end, and sweeps where that is not enough.

    Args:
        event: the execution's status change, asked for at its end.
        is_running: tells whether a statement runs.
    """

    def __init__(
        self,
        scenario: Scenario,
        application: Application,
        aws: Aws,
        clock: VirtualClock,
        faults: ScriptedFaults,
        *,
        works: Works,
        event: Callable[[], Json],
        is_running: Callable[[], bool],
    ) -> None:
        self.deliveries = Deliveries()
        self._kinds = {one.kind: one for one in scenario.faults}
        self._application = application
        self._aws = aws
        self._clock = clock
        self._faults = faults
        self._works = works
        self._event = event
        self._is_running = is_running
        self._began_at = clock.now()
        self._open = 0
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
        deliveries = 2 if Kind.DUPLICATE_EVENT in self._kinds else 1
        event = self._event()
        for rule in self._application.rules:
            if rule.pattern is not None and matches(rule.pattern, event):
                for function in rule.targets * deliveries:
                    self._deliver(function, event, late.seconds or 0.0 if late else 0.0)

    def pass_by(self) -> None:
        """Let time pass until every delivery was made, and then to the sweeps while a statement runs."""
        while self._open:
            self._clock.sleep_until(self._clock.now() + RETRY_SECONDS[0], lambda: not self._open)
        period = min((rule.period_seconds or 0.0 for rule in self._schedules()), default=0.0)
        while self._is_running() and period and self.deliveries.sweeps < MOST_SWEEPS:
            passed = self._clock.now() - self._began_at
            self._clock.sleep_until(self._began_at + (passed // period + 1) * period)
            self.deliveries.sweeps += 1
            self.sweep()

    def sweep(self) -> None:
        """Invoke what a schedule invokes."""
        for rule in self._schedules():
            for function in rule.targets:
                self._attempt(function, {"source": "aws.events", "detail-type": "Scheduled Event"})

    def _schedules(self) -> list[Rule]:
        return [rule for rule in self._application.rules if rule.period_seconds]

    def _deliver(self, function: Function, event: Json, seconds: float, failures: int = 0) -> None:
        """Invoke a function after some seconds, and again after a failure."""
        self._open += 1

        def deliver() -> None:
            self._open -= 1
            self.deliveries.attempts += 1
            if self._attempt(function, event):
                return
            if failures < min(function.retry_attempts, len(RETRY_SECONDS)):
                self._deliver(function, event, RETRY_SECONDS[failures], failures + 1)
            else:
                self.deliveries.dead_letters += 1

        self._clock.at(self._clock.now() + seconds, deliver)

    def _attempt(self, function: Function, event: Json) -> bool:
        # A function of the execution may still wait in this very thread.
        with self._clock.aside(), self._works.aside():
            request = {
                "FunctionName": function.arn,
                "InvocationType": "Event",
                "Payload": json.dumps(event).encode(),
            }
            return "FunctionError" not in self._aws.invoke("lambda", "Invoke", request)
