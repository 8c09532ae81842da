"""The graceful timeout: a handler learns that Lambda is about to cut it off while it can still act.

A margin before the function's own timeout a handler, or a single call, is given up and ``HandlerTimedOut``
raised, so that the ``except`` and ``finally`` blocks around it and inside it run and the failure is reported
under its own name. Nothing is swallowed: the error goes on to the caller. ``graceful_timeout`` decorates a
handler; ``run_before_timeout`` beneath it guards one call, which is what a durable function's step needs.

Two ways, chosen by the thread that asks:

- In the main thread, where Lambda runs a plain handler, a timer (``SIGALRM``) interrupts whatever the call is
  doing, a blocking read of a socket too. The previous signal handler and a timer that was running are put
  back afterwards.
- In any other thread, where the durable SDK runs the body of a durable function and its steps, no signal
  arrives and nothing can interrupt a blocking call. There the call runs in another thread, which is kept for
  the next one, and the asking thread waits for it, no longer than the time that is left: ``HandlerTimedOut``
  is raised where the step waits, so it is a failed attempt of that step, under the step's retry strategy. The
  call that was left behind may still take effect, and its thread ends with it. That is why every call made
  through here is idempotent (a submit carries the execution's ``ClientToken``; describe and cancel change
  nothing twice), and why the network timeouts of the Data API client end it soon after.

Between the steps of a durable function nothing is guarded: a timeout there is Lambda's, which invokes the
function again, and the replay loses nothing.
"""

import contextvars
import queue
import signal
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar

from .errors import HandlerTimedOut
from .settings import Settings

DEFAULT_MARGIN_SECONDS = 3.0

T = TypeVar("T")


class Timers(Protocol):
    """The waiting that time is measured by: the machine's, unless the context brings its own as ``timers``.

    A rehearsal's context does, because there the time that is left passes without anybody waiting for it.
    """

    def setitimer(self, which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]: ...
    def run(self, call: Callable[[], None], seconds: float) -> None: ...


class _OtherThread(threading.Thread):
    """Makes one call after another, until one of them is left behind. No call may raise.

    An environment of a durable function polls again and again, and starting a thread takes a good part of the
    time that a poll takes of its own.
    """

    def __init__(self) -> None:
        super().__init__(name="before-timeout", daemon=True)
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._is_left_behind = False
        self.start()

    def run(self) -> None:
        while not self._is_left_behind:
            self._calls.get()()
            self._ended.put(None)

    def make(self, call: Callable[[], None], seconds: float) -> bool:
        """Make a call, and tell whether it ended in time; where it did not, the thread ends with it."""
        self._calls.put(call)
        try:
            self._ended.get(timeout=seconds)
        except queue.Empty:
            self._is_left_behind = True
            # The thread would wait for another call if this one has ended at this very moment.
            self._calls.put(lambda: None)
            return False
        return True


class _MachineTimers:
    def __init__(self) -> None:
        self._idle: list[_OtherThread] = []

    def setitimer(self, which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
        return signal.setitimer(which, seconds, interval)

    def run(self, call: Callable[[], None], seconds: float) -> None:
        thread = self._idle_one() or _OtherThread()
        if thread.make(call, seconds):
            self._idle.append(thread)

    def _idle_one(self) -> _OtherThread | None:
        while True:
            try:
                thread = self._idle.pop()
            except IndexError:
                return None
            # A process that was forked has none of its parent's threads.
            if thread.is_alive():
                return thread


_MACHINE = _MachineTimers()


def graceful_timeout(handler: Callable[[Any, Any], T]) -> Callable[[Any, Any], T]:
    """Give a Lambda handler up a margin before its function would be killed.

    The margin is ``timeout_margin_seconds`` of the deployment's settings. Whatever reports failures goes
    around it.

    Raises:
        HandlerTimedOut: from the decorated handler, as ``run_before_timeout`` does.
        InvalidSettings: from the decorated handler, before it begins.
    """

    @wraps(handler)
    def guarded(event: Any, context: Any) -> T:
        margin_seconds = Settings.from_environment().timeout_margin_seconds
        return run_before_timeout(lambda: handler(event, context), context, margin_seconds)

    return guarded


def run_before_timeout(
    call: Callable[[], T], context: Any, margin_seconds: float = DEFAULT_MARGIN_SECONDS
) -> T:
    """Run ``call``, and give it up ``margin_seconds`` before the Lambda function would be killed.

    Args:
        call: idempotent work without arguments.
        context: the Lambda context. One without ``get_remaining_time_in_millis`` (a test, a script) has no
            timeout, and the call runs unguarded.
        margin_seconds: what ``except`` and ``finally`` may take; fractions count.

    Raises:
        HandlerTimedOut: the time is up. Where no more than the margin is left from the start, it is raised
            before the call begins, for the call could not be reported on any more.
    """
    remaining = _remaining_seconds(context)
    if remaining is None:
        return call()
    allowed = remaining - margin_seconds
    if allowed <= 0:
        raise HandlerTimedOut(
            f"{remaining:.1f} s of the function's time are left, no more than the margin of "
            f"{margin_seconds:g} s, so nothing was begun."
        )
    message = f"The handler was stopped {margin_seconds:g} s before the function's own timeout."
    timers: Timers = getattr(context, "timers", _MACHINE)
    if threading.current_thread() is threading.main_thread():
        return _interrupted_by_alarm(call, allowed, message, timers)
    return _in_another_thread(call, allowed, message, timers)


def _remaining_seconds(context: Any) -> float | None:
    ask = getattr(context, "get_remaining_time_in_millis", None)
    return None if ask is None else ask() / 1000


class _TimeIsUp(BaseException):
    """What the timer raises. No ``Exception``: botocore and urllib3 would take it for a fault and retry."""


def _interrupted_by_alarm(call: Callable[[], T], seconds: float, message: str, timers: Timers) -> T:
    def expire(_signal_number: int, _frame: object) -> None:
        raise _TimeIsUp

    previous_handler = signal.signal(signal.SIGALRM, expire)
    started = time.monotonic()
    previous_seconds = previous_interval = 0.0
    try:
        try:
            previous_seconds, previous_interval = timers.setitimer(signal.ITIMER_REAL, seconds)
            return call()
        finally:
            timers.setitimer(signal.ITIMER_REAL, 0)
    except _TimeIsUp:
        raise HandlerTimedOut(message) from None
    finally:
        # None: the previous handler was not set from Python, and only the default can stand in for it.
        signal.signal(signal.SIGALRM, signal.SIG_DFL if previous_handler is None else previous_handler)
        if previous_seconds:
            left = max(previous_seconds - (time.monotonic() - started), 1e-6)
            timers.setitimer(signal.ITIMER_REAL, left, previous_interval)


def _in_another_thread(call: Callable[[], T], seconds: float, message: str, timers: Timers) -> T:
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, whatever it is
            errors.append(error)

    # The caller's context goes along, so that a log line keeps its correlation id.
    context = contextvars.copy_context()
    timers.run(lambda: context.run(run), seconds)
    if errors:
        raise errors[0]
    if results:
        return results[0]
    raise HandlerTimedOut(message)
