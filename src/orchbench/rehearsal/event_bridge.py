"""EventBridge and what Lambda does with an event: by the deployed rules to their functions, in virtual time.

Lambda invokes a rule's target asynchronously: where its handler raises, again after one minute and after two
more, and then the event is a dead letter. The real handlers run. Of an event and of a wait that end at the
same moment, the event comes first: whatever is due at a moment happens before whoever waited for it goes on.
Nothing runs beside a function that an event invokes: whom it woke goes on when it has returned.
"""

from collections.abc import Container
from dataclasses import dataclass

from orchbench.rehearsal.aws import Aws
from orchbench.rehearsal.status_events import matches
from orchbench.rehearsal.works import Works
from orchbench.trace import Json, Work
from orchbench.virtual_time.application import Application, Function
from orchbench.virtual_time.clock import VirtualClock

RETRY_SECONDS = (60.0, 120.0)
"""Between the attempts of an asynchronous invocation: docs.aws.amazon.com/lambda, invocation-async."""


@dataclass
class Deliveries:
    """How the events of one kind went.

    Attributes:
        attempts: invocations of the functions that took them.
        dead_letters: events that no attempt could act on.
        sweeps: made after the execution.
    """

    attempts: int = 0
    dead_letters: int = 0
    sweeps: int = 0


@dataclass(frozen=True)
class Delivery:
    """How an event is to be delivered.

    Attributes:
        tally: where it is counted.
        work: that the functions do which it invokes; None where they do none of the execution's own.
        recorded: names of the functions whose invocations belong to the execution's trace.
    """

    tally: Deliveries
    work: Work | None = None
    recorded: Container[str] = ()


class EventBridge:
    """Takes events to their functions."""

    def __init__(self, application: Application, aws: Aws, clock: VirtualClock, works: Works) -> None:
        self._application = application
        self._aws = aws
        self._clock = clock
        self._works = works
        self._open = 0

    def put(self, event: Json, delivery: Delivery, *, copies: int = 1, after_seconds: float = 0.0) -> bool:
        """Have an event delivered after some seconds, so many times, by the rules that take it.

        Returns:
            Whether one does.
        """
        rules = self._application.rules
        takers = [rule for rule in rules if rule.pattern is not None and matches(rule.pattern, event)]
        for rule in takers:
            for function in rule.targets * copies:
                self._deliver(function, event, delivery, after_seconds)
        return bool(takers)

    def pass_by(self) -> None:
        """Let time pass until every event was delivered, or is a dead letter."""
        # What is due now may put one.
        self._clock.sleep(0)
        while self._open:
            self._clock.sleep_until(self._clock.now() + RETRY_SECONDS[0], lambda: not self._open)

    def invoke(
        self,
        function: Function,
        event: Json,
        *,
        work: Work | None = None,
        again: bool = False,
        recorded: bool = False,
    ) -> bool:
        """Invoke a function with an event now, and tell whether it succeeded.

        Args:
            again: whether this is another attempt at the same event.
        """
        # A function of the execution may still wait in this very thread.
        with self._clock.aside(), self._works.aside(work, again=again):
            return self._aws.deliver(function, event, on_behalf=recorded)

    def _deliver(
        self, function: Function, event: Json, delivery: Delivery, seconds: float, failures: int = 0
    ) -> None:
        """Invoke a function after some seconds, and again after a failure."""
        self._open += 1

        def deliver() -> None:
            self._open -= 1
            delivery.tally.attempts += 1
            recorded = function.name in delivery.recorded
            if self.invoke(function, event, work=delivery.work, again=failures > 0, recorded=recorded):
                return
            if failures < min(function.retry_attempts, len(RETRY_SECONDS)):
                self._deliver(function, event, delivery, RETRY_SECONDS[failures], failures + 1)
            else:
                delivery.tally.dead_letters += 1

        self._clock.at(self._clock.now() + seconds, deliver)
