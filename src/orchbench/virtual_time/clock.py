"""The one clock of a rehearsal: time passes when somebody waits, and at once.

Whoever waits moves the clock and runs what falls due on the way, in order: an operator's stop, a timeout, a
fault. One thread waits at a time; the others of a handler wait for it. The wall clock that handlers and
engines ask is moved along.
"""

import heapq
import itertools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import time_machine

START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""When every rehearsal begins, so that two of them can be compared byte by byte."""


@dataclass(order=True)
class Timer:
    """Something that is to happen at a moment."""

    moment: float
    order: int
    action: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Keep it from happening. Idempotent."""
        self.cancelled = True


def _never() -> bool:
    return False


class VirtualClock:
    """Tell the time and let it pass, as ``orchbench.redshift.clock.Clock`` asks.

    Args:
        start: seconds since the epoch.
    """

    def __init__(self, start: float = START) -> None:
        self._now = start
        self._timers: list[Timer] = []
        self._order = itertools.count()
        self._traveller: time_machine.Traveller | None = None

    def now(self) -> float:
        """Return seconds since the epoch, to the microsecond."""
        return self._now

    def moment(self) -> datetime:
        """Return the same as a datetime."""
        return datetime.fromtimestamp(self._now, UTC)

    def at(self, moment: float, action: Callable[[], None]) -> Timer:
        """Have something happen at a moment; of two at the same moment the one asked for first comes first.

        An action that raises interrupts whoever waits: that is how a timeout cuts a handler off.
        """
        timer = Timer(round(max(moment, self._now), 6), next(self._order), action)
        heapq.heappush(self._timers, timer)
        return timer

    @contextmanager
    def timer(self, seconds: float, action: Callable[[], None]) -> Iterator[Timer]:
        """Have something happen after some seconds, unless the block is left before."""
        timer = self.at(self._now + seconds, action)
        try:
            yield timer
        finally:
            timer.cancel()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let time pass for something else that whoever waits knows nothing of.

        What was to happen before then happens after it: the timeout of one function must not cut off another
        that runs at the same time.
        """
        waiting, self._timers = self._timers, []
        try:
            yield
        finally:
            for timer in self._timers:
                heapq.heappush(waiting, timer)
            self._timers = waiting

    def sleep(self, seconds: float) -> None:
        """Let some seconds pass."""
        self.sleep_until(self._now + max(0.0, seconds))

    def sleep_until(self, moment: float, enough: Callable[[], bool] = _never) -> None:
        """Let time pass up to a moment, or until something that happens on the way is enough."""
        while not enough():
            timer = self._due(moment)
            if timer is None:
                self._move(moment)
                return
            self._move(timer.moment)
            timer.action()

    def hang(self) -> None:
        """Wait for ever: only what falls due can end it, by raising.

        Raises:
            RuntimeError: nothing is due any more, and the rehearsal would never end.
        """
        while (timer := self._due(math.inf)) is not None:
            self._move(timer.moment)
            timer.action()
        raise RuntimeError("A rehearsal hangs, and nothing is scheduled that would end it.")

    @contextmanager
    def wall_clock(self) -> Iterator[None]:
        """Have the process's wall clock show this clock's time; one rehearsal at a time can."""
        with time_machine.travel(self._now, tick=False) as traveller:
            self._traveller = traveller
            try:
                yield
            finally:
                self._traveller = None

    def _due(self, moment: float) -> Timer | None:
        while self._timers and self._timers[0].moment <= moment:
            timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                return timer
        return None

    def _move(self, moment: float) -> None:
        if moment > self._now:
            self._now = round(moment, 6)
            if self._traveller is not None:
                self._traveller.move_to(self._now)
