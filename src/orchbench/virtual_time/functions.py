"""Lambda in process: the real handlers, with a context whose remaining time runs on the rehearsal's clock.

Both hosts invoke through here. A handler that overruns is cut off, as Lambda does it, but by an exception:
unlike in a killed process its ``finally`` blocks run.
"""

import importlib
import math
import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orchbench.trace import Invocation, Label
from orchbench.virtual_time.application import Application, Function
from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.environment import with_variables
from orchbench.virtual_time.latency import KEPT_WARM_SECONDS, Latency
from orchbench.virtual_time.timers import VirtualTimers


class FunctionStopped(BaseException):
    """A function's process is gone. No ``Exception``: nothing inside the handler may take it for a fault."""


class FunctionTimedOut(FunctionStopped):
    """Lambda cut the function off at its timeout."""


class FunctionCrashed(FunctionStopped):
    """The function's process died, as of a lack of memory."""


@dataclass
class VirtualContext:
    """The Lambda context of one invocation."""

    function: Function
    aws_request_id: str
    clock: VirtualClock
    ends_at: float
    timers: VirtualTimers
    client_context: Any = None
    identity: Any = None
    tenant_id: str | None = None

    @property
    def function_name(self) -> str:
        """The function's name."""
        return self.function.name

    @property
    def invoked_function_arn(self) -> str:
        """The function's ARN."""
        return self.function.arn

    @property
    def memory_limit_in_mb(self) -> str:
        """The function's memory, as text."""
        return str(self.function.memory_mb)

    @property
    def function_version(self) -> str:
        """The version, of which a rehearsal has one."""
        return "1"

    @property
    def log_group_name(self) -> str:
        """The log group."""
        return f"/aws/lambda/{self.function.name}"

    @property
    def log_stream_name(self) -> str:
        """The log stream."""
        return "rehearsal"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left, on the rehearsal's clock."""
        return max(0, math.floor((self.ends_at - self.clock.now()) * 1000 + 1e-6))


class Functions:
    """Invokes the application's functions and keeps a record of each invocation."""

    def __init__(
        self, application: Application, clock: VirtualClock, latency: Latency, generator: random.Random
    ) -> None:
        self.application = application
        self.invocations: list[Invocation] = []
        self._clock = clock
        self._latency = latency
        self._generator = generator
        self._warm_until: dict[str, float] = {}
        self._timers: list[VirtualTimers] = []

    def load(self) -> None:
        """Import every handler, as Lambda does before the first invocation."""
        for function in self.application.functions.values():
            self._handler(function)

    def close(self) -> None:
        """End what handlers left behind."""
        for timers in self._timers:
            timers.close()

    def invoke(
        self,
        function: Function,
        event: Any,
        *,
        operations_replayed: int | None = None,
        on_behalf: bool = True,
    ) -> Any:
        """Run a function's handler once.

        Args:
            on_behalf: whether the execution asked for it, whose trace it then belongs to.

        Returns:
            What the handler returned, as it is.

        Raises:
            Exception: what the handler raised.
            FunctionStopped: it was cut off or died.
        """
        handler = self._handler(function)
        request_id = str(uuid.UUID(int=self._generator.getrandbits(128), version=4))
        asked_at = self._clock.now()
        cold = self._clock.now() > self._warm_until.get(function.arn, -math.inf)
        self._clock.sleep(self._latency.seconds("cold_invocation" if cold else "warm_invocation"))
        ends_at = self._clock.now() + function.timeout_seconds
        # Each invocation has its own: a function may run while another waits.
        timers = VirtualTimers(self._clock)
        self._timers.append(timers)
        context = VirtualContext(function, request_id, self._clock, ends_at, timers)
        began, cpu = self._clock.now(), time.process_time()
        try:
            with with_variables(function.environment), self._cut_off_at(function):
                return handler(event, context)
        except FunctionStopped:
            self._warm_until.pop(function.arn, None)
            raise
        finally:
            cpu_seconds = time.process_time() - cpu
            self._warm_until[function.arn] = self._clock.now() + KEPT_WARM_SECONDS
            record = self.invocations if on_behalf else []
            record.append(
                Invocation(
                    function_name=function.name,
                    request_id=request_id,
                    started_at=asked_at,
                    duration_seconds=round(self._clock.now() - began, 6),
                    memory_mb=function.memory_mb,
                    label=Label.REHEARSED,
                    operations_replayed=operations_replayed,
                    cpu_seconds=round(cpu_seconds, 6),
                )
            )

    def _handler(self, function: Function) -> Callable[[Any, Any], Any]:
        module, _, name = function.handler.rpartition(".")
        handler: Callable[[Any, Any], Any] = getattr(importlib.import_module(module), name)
        return handler

    @contextmanager
    def _cut_off_at(self, function: Function) -> Iterator[None]:
        def cut_off() -> None:
            raise FunctionTimedOut(f"Task timed out after {function.timeout_seconds:.2f} seconds")

        with self._clock.timer(function.timeout_seconds, cut_off):
            yield
