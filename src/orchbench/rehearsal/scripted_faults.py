"""The faults of one rehearsal as they come in: with calls, checkpoints and reads of the history.

Calls of other services than the Data API meet only faults that name a work. Calls are counted for each
operation, or for each fault that names a work, botocore's own attempts included.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from orchbench.redshift.faults import Call, FaultKind
from orchbench.redshift.faults import Fault as DataApiFault
from orchbench.redshift.model import OPERATIONS
from orchbench.rehearsal.fault import (
    CALL_KINDS,
    CALLS_OF_THEIR_OWN,
    INSIDE_A_FUNCTION,
    LAST,
    OPERATIONS_OF,
    Fault,
    Kind,
)
from orchbench.rehearsal.works import Works
from orchbench.trace import Work
from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.functions import FunctionCrashed
from orchbench.virtual_time.latency import Latency

_TO_DATA_API = {
    Kind.THROTTLE: FaultKind.THROTTLE,
    Kind.UNAVAILABLE: FaultKind.UNAVAILABLE,
    Kind.DISCONNECT: FaultKind.DISCONNECT,
    Kind.DELAY: FaultKind.DELAY,
}
_OF_THE_ANSWER = (Kind.LOSE_ANSWER, Kind.CRASH_AFTER)
_EVERY = "every operation"
_CHECKPOINT = "Checkpoint"
_HISTORY = "History"


def _never() -> bool:
    return False


class ScriptedFaults:
    """Tells the Data API, which asks twice a call, what goes wrong; and remembers what took effect.

    An API call's own latency passes here too.

    Args:
        works: of the execution, by which faults that name a work find its calls.
    """

    def __init__(
        self,
        faults: Sequence[Fault],
        clock: VirtualClock,
        latency: Latency,
        seed: int,
        works: Works | None = None,
    ) -> None:
        self.struck_at: float | None = None
        self.met: set[Fault] = set()
        self.statement_has_ended: Callable[[], bool] = _never
        """Set by whoever runs the statement."""
        self._faults = [fault for fault in faults if fault.kind in CALL_KINDS]
        self._works = works or Works()
        self._clock = clock
        self._latency = latency
        self._started_at = clock.now()
        self._generator = random.Random(f"{seed} faults")  # noqa: S311 - reproducible, nothing is secret
        self._calls: Counter[str | Fault] = Counter()
        self._after: dict[str, Kind] = {}
        self._in_function = True

    @contextmanager
    def without_a_function(self) -> Iterator[None]:
        """Let calls be made that no function makes: none can die or hang there."""
        self._in_function = False
        try:
            yield
        finally:
            self._in_function = True

    def strikes(self, fault: Fault) -> None:
        """Note that a fault takes effect now."""
        self.met.add(fault)
        self.strikes_at(self._clock.now())

    def strikes_at(self, moment: float) -> None:
        """Note when a fault is to take effect, if it does; of all moments the first is kept."""
        self.struck_at = moment if self.struck_at is None else min(moment, self.struck_at)

    def before(self, call: Call) -> DataApiFault | None:
        """Return what goes wrong before the call happens, or stop the function right here."""
        self._clock.sleep(self._latency.seconds("api_call"))
        self._after.pop(call.operation, None)
        fault = self._met_by(call.operation)
        if fault is None:
            return None
        self.strikes(fault)
        match fault.kind:
            case Kind.CRASH_BEFORE:
                raise FunctionCrashed("RequestId: 0 Error: Runtime exited with error: signal: killed")
            case Kind.HANG:
                self._clock.hang()
            case Kind.CRASH_AFTER | Kind.LOSE_ANSWER:
                self._after[call.operation] = fault.kind
                return None
        return DataApiFault(_TO_DATA_API[fault.kind], fault.seconds or 0.0)

    def after(self, call: Call) -> DataApiFault | None:
        """Return what goes wrong with the answer, or stop the function right here."""
        kind = self._after.pop(call.operation, None) or self._kind_of_the_end(call.operation)
        if kind is Kind.CRASH_AFTER:
            raise FunctionCrashed("RequestId: 0 Error: Runtime exited with error: signal: killed")
        return DataApiFault(FaultKind.LOSE_ANSWER) if kind is Kind.LOSE_ANSWER else None

    def checkpoint_fails(self) -> bool:
        """Count a checkpoint call, and tell whether it fails."""
        return self._own_call_meets(Kind.CHECKPOINT, _CHECKPOINT)

    def history_is_stale(self) -> bool:
        """Count a read of the execution's history by who is to wake it, and tell whether it is stale."""
        return self._works.current is Work.WAKE and self._own_call_meets(Kind.STALE_HISTORY, _HISTORY)

    def _own_call_meets(self, kind: Kind, name: str) -> bool:
        self._calls[name] += 1
        for fault in self._faults:
            if fault.kind is not kind or not self._is_at_work(fault):
                continue
            if self._applies(fault, self._number(fault, name)):
                self.strikes(fault)
                return True
        return False

    def _met_by(self, operation: str) -> Fault | None:
        self._calls[operation] += 1
        self._calls[_EVERY] += operation in OPERATIONS
        meeting = [fault for fault in self._faults if self._concerns(fault, operation)]
        numbered = [(fault, self._number(fault, operation)) for fault in meeting]
        return next((fault for fault, number in numbered if self._applies(fault, number)), None)

    def _concerns(self, fault: Fault, operation: str) -> bool:
        if fault.kind in CALLS_OF_THEIR_OWN or _waits_for_the_answer(fault):
            return False
        if fault.kind in INSIDE_A_FUNCTION and not self._in_function:
            return False
        if fault.work is None:
            return operation in OPERATIONS and fault.operation in (None, operation)
        return operation in OPERATIONS_OF[fault.work] and self._is_at_work(fault)

    def _is_at_work(self, fault: Fault) -> bool:
        """Tell whether the execution is at the work that a fault names, and at it often enough."""
        if fault.work is None:
            return True
        if self._works.current is not fault.work:
            return False
        if isinstance(fault.nth, int):
            return self._works.times(fault.work) >= fault.nth
        return self.statement_has_ended()

    def _number(self, fault: Fault, operation: str) -> int:
        """Return the number of the call at hand, as the fault counts them."""
        if fault.work is not None:
            self._calls[fault] += 1
            return self._calls[fault]
        every = fault.operation is None and fault.kind not in CALLS_OF_THEIR_OWN
        return self._calls[_EVERY if every else operation]

    def _kind_of_the_end(self, operation: str) -> Kind | None:
        """Return what goes wrong with the answer that tells the statement's end.

        Asked with the answer at hand: a look may be held by the service until the end.
        """
        for fault in filter(_waits_for_the_answer, self._faults):
            if fault.kind in INSIDE_A_FUNCTION and not self._in_function:
                continue
            sees_the_end = operation in OPERATIONS_OF[Work.LOOK] and self._is_at_work(fault)
            if sees_the_end and self._applies(fault, self._number(fault, operation)):
                self.strikes(fault)
                return fault.kind
        return None

    def _applies(self, fault: Fault, number: int) -> bool:
        if not fault.meets(number, self._clock.now() - self._started_at):
            return False
        return fault.rate is None or self._generator.random() < fault.rate


def _waits_for_the_answer(fault: Fault) -> bool:
    return fault.nth == LAST and fault.kind in _OF_THE_ANSWER
