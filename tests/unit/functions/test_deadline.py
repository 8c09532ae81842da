"""The graceful timeout, with real signals and real threads."""

import contextvars
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from redshift_batch import deadline
from redshift_batch.deadline import graceful_timeout, run_before_timeout
from redshift_batch.errors import HandlerTimedOut, InvalidSettings, TransientFault

T = TypeVar("T")


@dataclass
class LambdaContext:
    remaining_seconds: float

    def get_remaining_time_in_millis(self) -> int:
        return int(self.remaining_seconds * 1000)


def in_main_thread(call: Callable[[], T]) -> T:
    return call()


def in_worker_thread(call: Callable[[], T]) -> T:
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


@pytest.fixture(params=[in_main_thread, in_worker_thread])
def run(request: pytest.FixtureRequest) -> Callable[[Callable[[], object]], object]:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def blocked() -> Iterator[Callable[[], bytes]]:
    """Yield a call that blocks in the kernel, as a read from a service that never answers does."""
    left, right = socket.socketpair()
    yield lambda: left.recv(1)
    right.close()
    left.close()


Runner = Callable[[Callable[[], object]], object]


@pytest.mark.timeout(300)
def test_a_blocked_call_is_given_up_a_margin_before_the_timeout(
    run: Runner, blocked: Callable[[], bytes]
) -> None:
    steps: list[str] = []

    def handler() -> None:
        try:
            # Half an hour is left once it is given up: it did not wait for the timeout.
            run_before_timeout(blocked, LambdaContext(1800.1), margin_seconds=1800)
        except HandlerTimedOut:
            steps.append("except")
            raise
        finally:
            steps.append("finally")

    started = time.monotonic()
    with pytest.raises(HandlerTimedOut, match=r"stopped 1800 s before"):
        run(handler)
    assert time.monotonic() - started >= 0.09
    assert steps == ["except", "finally"]


def test_finally_inside_the_interrupted_call_runs_too_in_the_main_thread(
    blocked: Callable[[], bytes],
) -> None:
    steps: list[str] = []

    def call() -> None:
        try:
            blocked()
        except Exception:
            # As botocore and urllib3 do: whatever is an Exception is taken for a fault of the network.
            steps.append("taken for a fault")
        finally:
            steps.append("finally")

    # A second, in which a busy machine lets it begin.
    with pytest.raises(HandlerTimedOut):
        run_before_timeout(call, LambdaContext(1.1), margin_seconds=0.1)
    assert steps == ["finally"]


def test_a_call_in_time_returns_its_result_and_its_errors(run: Runner) -> None:
    assert run(lambda: run_before_timeout(lambda: 42, LambdaContext(60))) == 42
    with pytest.raises(ValueError, match="missing"):
        run(lambda: run_before_timeout(lambda: int("missing"), LambdaContext(60)))


def test_no_more_than_the_margin_left_begins_nothing(run: Runner) -> None:
    begun: list[int] = []
    with pytest.raises(HandlerTimedOut, match="nothing was begun"):
        run(lambda: run_before_timeout(lambda: begun.append(1), LambdaContext(3.0), margin_seconds=3.0))
    assert begun == []


def test_a_context_that_tells_no_remaining_time_leaves_the_call_unguarded(run: Runner) -> None:
    assert run(lambda: run_before_timeout(lambda: "done", object())) == "done"
    assert run(lambda: run_before_timeout(lambda: "done", None)) == "done"


def test_the_previous_signal_handler_and_its_timer_are_put_back() -> None:
    rang = threading.Event()

    def previous(_signal_number: int, _frame: object) -> None:
        rang.set()

    before = signal.signal(signal.SIGALRM, previous)
    try:
        signal.setitimer(signal.ITIMER_REAL, 600)
        run_before_timeout(lambda: time.sleep(0.02), LambdaContext(60))
        assert signal.getsignal(signal.SIGALRM) is previous
        left, _interval = signal.getitimer(signal.ITIMER_REAL)
        assert 60 < left <= 599.98
        # One that was due meanwhile rings afterwards.
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        run_before_timeout(lambda: time.sleep(0.15), LambdaContext(60))
        assert rang.wait(60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_no_timer_is_left_behind(blocked: Callable[[], bytes]) -> None:
    with pytest.raises(HandlerTimedOut):
        run_before_timeout(blocked, LambdaContext(0.11), margin_seconds=0.1)
    run_before_timeout(lambda: None, LambdaContext(60))
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_the_callers_context_goes_along_into_the_other_thread() -> None:
    correlation = contextvars.ContextVar("correlation", default="none")

    def body() -> str:
        correlation.set("execution-1")
        return run_before_timeout(correlation.get, LambdaContext(60))

    assert in_worker_thread(body) == "execution-1"


def of_another_thread() -> threading.Thread:
    return in_worker_thread(lambda: run_before_timeout(threading.current_thread, LambdaContext(60)))


def test_calls_in_time_are_made_in_one_other_thread() -> None:
    first = of_another_thread()

    assert first is not threading.current_thread()
    assert of_another_thread() is first


FORKED = """
import os, threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from redshift_batch.deadline import run_before_timeout

context = SimpleNamespace(get_remaining_time_in_millis=lambda: 600_000)
guarded = lambda: run_before_timeout(threading.current_thread, context)
with ThreadPoolExecutor() as before:
    before.submit(guarded).result()
child = os.fork()
with ThreadPoolExecutor() as after:
    alive = after.submit(guarded).result().is_alive()
if child:
    alive = alive and os.waitpid(child, 0)[1] == 0
os._exit(not alive)
"""


def test_a_process_that_was_forked_begins_a_thread_of_its_own() -> None:
    # In a process without other threads, which a fork would leave behind.
    functions = Path(deadline.__file__).parents[1]
    command = [sys.executable, "-W", "ignore", "-c", FORKED]
    done = subprocess.run(command, env={"PYTHONPATH": str(functions)}, check=False)

    assert done.returncode == 0


@pytest.mark.timeout(300)
def test_the_thread_of_a_call_that_was_left_behind_makes_no_other_and_ends_with_it() -> None:
    begun: queue.SimpleQueue[threading.Thread] = queue.SimpleQueue()
    goes_on = threading.Event()

    def call() -> None:
        begun.put(threading.current_thread())
        goes_on.wait()

    with pytest.raises(HandlerTimedOut):
        in_worker_thread(lambda: run_before_timeout(call, LambdaContext(1800.1), margin_seconds=1800))
    left_behind = begun.get()
    assert of_another_thread() is not left_behind
    goes_on.set()
    left_behind.join()


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "REDSHIFT_DATABASE": "dev",
        "REDSHIFT_WORKGROUP": "reports",
        "TIMEOUT_MARGIN_SECONDS": "0.25",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("deployed")
def test_a_handler_is_given_up_the_settings_margin_before_the_timeout(blocked: Callable[[], bytes]) -> None:
    steps: list[str] = []

    @graceful_timeout
    def handler(_event: object, _context: object) -> bytes:
        try:
            return blocked()
        finally:
            steps.append("finally")

    # A second, in which a busy machine lets it begin.
    with pytest.raises(HandlerTimedOut, match=r"stopped 0\.25 s before"):
        handler({}, LambdaContext(1.25))
    assert steps == ["finally"]


@pytest.mark.usefixtures("deployed")
def test_a_decorated_handler_in_time_returns_its_answer_and_keeps_its_name() -> None:
    @graceful_timeout
    def handler(event: int, _context: object) -> int:
        """Double a number."""
        return 2 * event

    assert handler(21, LambdaContext(60)) == 42
    assert (handler.__name__, handler.__doc__) == ("handler", "Double a number.")


def test_a_handler_whose_settings_are_wrong_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDSHIFT_DATABASE", raising=False)
    begun: list[int] = []
    with pytest.raises(InvalidSettings):
        graceful_timeout(lambda _event, _context: begun.append(1))({}, LambdaContext(60))
    assert begun == []


def test_it_is_a_transient_fault_and_a_timeout() -> None:
    assert issubclass(HandlerTimedOut, TransientFault)
    assert issubclass(HandlerTimedOut, TimeoutError)
    assert issubclass(HandlerTimedOut, Exception)
