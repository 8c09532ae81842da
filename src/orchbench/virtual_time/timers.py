"""The timers that a handler's remaining time is measured by, on a rehearsal's clock."""

import signal
import threading
from collections.abc import Callable

from orchbench.virtual_time.clock import Timer, VirtualClock

JOIN_LOOK_SECONDS = 0.002
"""Real time between two looks whether a thread has ended or its virtual time is up."""


class _LeftBehind(BaseException):
    """Ends, after a rehearsal, a call that its handler no longer waited for."""


class VirtualTimers:
    """The timers of ``redshift_batch.deadline`` on a rehearsal's clock: its remaining time runs there.

    The alarm is the real signal, raised at the virtual moment. A call that is left behind stays where it is
    until the rehearsal ends, and takes no further effect.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._alarm: Timer | None = None
        self._ended = threading.Event()
        self._left_behind: list[threading.Thread] = []

    def setitimer(self, _which: int, seconds: float, _interval: float = 0.0) -> tuple[float, float]:
        """Have SIGALRM raised after some virtual seconds; zero takes the alarm back."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None
        if seconds:
            self._alarm = self._clock.at(
                self._clock.now() + seconds, lambda: signal.raise_signal(signal.SIGALRM)
            )
        return 0.0, 0.0

    def run(self, call: Callable[[], None], seconds: float) -> None:
        """Make a call in a thread of its own and wait for it, no longer than some virtual seconds."""
        thread = threading.Thread(target=call, name="before-timeout", daemon=True)
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            if threading.current_thread() is thread:
                self._leave_behind(thread)

        # Before the thread starts: from then on the clock is its own.
        with self._clock.timer(seconds, expire):
            thread.start()
            while thread.is_alive() and not expired.is_set():
                thread.join(JOIN_LOOK_SECONDS)

    def close(self) -> None:
        """End the calls that were left behind."""
        self._ended.set()
        for thread in self._left_behind:
            thread.join()

    def _leave_behind(self, thread: threading.Thread) -> None:
        self._left_behind.append(thread)
        self._ended.wait()
        raise _LeftBehind
