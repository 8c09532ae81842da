"""The faults of a scenario, and the two places they come in: the Data API's answers and the clock.

A fault is written as ``KIND`` or ``KIND:KEY=VALUE,...`` on the command line and as a mapping with ``kind`` in
a file. Calls are counted for each operation, botocore's own attempts included.
"""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from orchbench.redshift.faults import Call, FaultKind
from orchbench.redshift.faults import Fault as DataApiFault
from orchbench.redshift.model import OPERATIONS
from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.functions import FunctionCrashed
from orchbench.virtual_time.latency import Latency


class Kind(StrEnum):
    """What can go wrong."""

    FAIL = "fail"
    """The statement fails ``at`` so many seconds after its start."""
    ABORT = "abort"
    """Somebody cancels the statement ``at`` so many seconds after its creation."""
    QUEUE = "queue"
    """The statement stays SUBMITTED for ``seconds``."""
    UNKNOWN_STATUS = "unknown-status"
    """From ``at`` seconds after the execution's start the Data API reports a status that nobody knows."""
    STOP = "stop"
    """An operator stops the execution ``at`` so many seconds after its start."""
    DUPLICATE_START = "duplicate-start"
    """The execution is started again ``at`` so many seconds after its start, name and input the same."""
    THROTTLE = "throttle"
    """Calls meet ThrottlingException and do not happen."""
    UNAVAILABLE = "unavailable"
    """Calls meet InternalServerException and do not happen."""
    DISCONNECT = "disconnect"
    """Calls lose their connection and do not happen."""
    DELAY = "delay"
    """Calls happen after ``seconds``."""
    LOSE_ANSWER = "lose-answer"
    """Calls happen, and their answers are lost."""
    CRASH_BEFORE = "crash-before"
    """The function's process dies before the call reaches the Data API."""
    CRASH_AFTER = "crash-after"
    """The function's process dies after the call took effect."""
    HANG = "hang"
    """The handler hangs where it would make the call, until its own time runs out."""
    CHECKPOINT = "checkpoint"
    """A durable execution's checkpoint calls fail; without effect elsewhere."""
    SWEEP = "sweep"
    """The sweep comes by ``at`` so many seconds after the execution's start."""
    LOSE_EVENT = "lose-event"
    """The event of the execution's end reaches nobody."""
    DUPLICATE_EVENT = "duplicate-event"
    """The event of the execution's end is delivered twice."""
    LATE_EVENT = "late-event"
    """The event of the execution's end is delivered ``seconds`` after it."""


_AT = (Kind.FAIL, Kind.ABORT, Kind.UNKNOWN_STATUS, Kind.STOP, Kind.DUPLICATE_START, Kind.SWEEP)
_SECONDS = (Kind.QUEUE, Kind.DELAY, Kind.LATE_EVENT)
_EVENTS = (Kind.LOSE_EVENT, Kind.DUPLICATE_EVENT, Kind.LATE_EVENT)
_CALLS = frozenset(Kind) - {*_AT, *_EVENTS, Kind.QUEUE}
_DEFAULT_ERROR = 'ERROR: relation "orders" does not exist'


def _keys_of(kind: Kind) -> tuple[str, ...]:
    """Return the keys that mean something for a kind."""
    own = {"at": kind in _AT, "seconds": kind in _SECONDS, "error": kind is Kind.FAIL}
    own["operation"] = kind in _CALLS and kind is not Kind.CHECKPOINT
    calls = ("first_call", "calls", "rate", "since", "until") if kind in _CALLS else ()
    return (*(key for key, takes in own.items() if takes), *calls)


class InvalidFault(ValueError):
    """A fault that a scenario cannot script, in one sentence."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        at: seconds, for what happens at a moment; since what, each kind says.
        seconds: how long, for what takes a while.
        error: the database's error text, for a statement that fails.
        operation: of the Data API, for what meets its calls; None for all of them.
        first_call: the first call it meets, counted from 1.
        calls: how many calls it meets, 1 unless a rate or a window is given; 0 for all from the first on.
        rate: the share of those calls that it meets, drawn by the scenario's seed.
        since, until: the window it lasts, in seconds after the execution's start.
    """

    kind: Kind
    at: float | None = None
    seconds: float | None = None
    error: str | None = None
    operation: str | None = None
    first_call: int = 1
    calls: int | None = None
    rate: float | None = None
    since: float | None = None
    until: float | None = None

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise InvalidFault(f"The fault {self.kind.value!r} {problem}.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a fault from ``KIND:KEY=VALUE,...``.

        Raises:
            InvalidFault: with one sentence on what is wrong.
        """
        kind, _, rest = text.partition(":")
        pairs = [part.partition("=") for part in rest.split(",") if part]
        missing = next((key for key, equals, _ in pairs if not equals), None)
        if missing is not None:
            raise InvalidFault(f"The fault {text[:60]!r} has {missing[:60]!r}, which is no KEY=VALUE.")
        return cls.from_json({"kind": kind, **{key.strip(): value.strip() for key, _, value in pairs}})

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read a fault from a mapping; numbers may be written as text.

        Raises:
            InvalidFault: with one sentence on what is wrong.
        """
        if not isinstance(document, Mapping) or "kind" not in document:
            raise InvalidFault("A fault is a mapping with a 'kind'.")
        if document["kind"] not in list(Kind):
            raise InvalidFault(
                f"The fault {repr(document['kind'])[:60]} is unknown: it takes one of {', '.join(Kind)}."
            )
        unknown = sorted(set(document) - {one.name for one in fields(cls)})
        if unknown:
            raise InvalidFault(
                f"The fault {document['kind']!r} has the unknown key {repr(unknown[0])[:60]}: it takes "
                f"{', '.join(_keys_of(Kind(document['kind']))) or 'none'}."
            )
        values = {key: _read(key, value) for key, value in document.items() if value is not None}
        return cls(**values)

    def meets(self, number: int, elapsed_seconds: float) -> bool:
        """Tell whether it meets the call of that number at that moment, its rate apart."""
        past = number - self.first_call
        if past < 0 or elapsed_seconds < (self.since or 0.0):
            return False
        if self.until is not None and elapsed_seconds >= self.until:
            return False
        unlimited = self.rate is not None or self.since is not None or self.until is not None
        most = self.calls if self.calls is not None else 0 if unlimited else 1
        return most == 0 or past < most

    def _problem(self) -> str | None:  # noqa: PLR0911 - one sentence for each rule
        if self.kind in _AT and (self.at is None or self.at < 0):
            return "needs 'at', seconds of 0 or more"
        if self.kind in _SECONDS and (self.seconds is None or self.seconds < 0):
            return "needs 'seconds', 0 or more"
        if self.kind not in _CALLS and (self.operation or self.rate is not None or self.calls is not None):
            return "meets no calls, so it takes neither 'operation' nor 'calls' nor 'rate'"
        if self.operation is not None and self.operation not in OPERATIONS:
            return f"names the operation {self.operation[:60]!r}: it takes one of {', '.join(OPERATIONS)}"
        if self.rate is not None and not 0 < self.rate <= 1:
            return f"has a rate of {self.rate}: it takes a number above 0, and 1 at most"
        if self.first_call < 1 or (self.calls is not None and self.calls < 0):
            return "counts its calls from 1 ('first_call') and takes 0 or more of them ('calls')"
        return None


def _read(key: str, value: Any) -> Any:
    if key == "kind":
        return Kind(value)
    if key in ("error", "operation"):
        return str(value)
    wanted = int if key in ("first_call", "calls") else float
    try:
        read = wanted(value)
        if math.isfinite(read):
            return read
    except (TypeError, ValueError, OverflowError):
        pass
    kind = "a whole number" if wanted is int else "a number"
    raise InvalidFault(f"A fault's {key!r} is {repr(value)[:60]}: it takes {kind}.")


_TO_DATA_API = {
    Kind.THROTTLE: FaultKind.THROTTLE,
    Kind.UNAVAILABLE: FaultKind.UNAVAILABLE,
    Kind.DISCONNECT: FaultKind.DISCONNECT,
    Kind.DELAY: FaultKind.DELAY,
}


class ScriptedFaults:
    """Tells the Data API, which asks twice a call, what goes wrong.

    An API call's own latency passes here too.
    """

    def __init__(self, faults: Sequence[Fault], clock: VirtualClock, latency: Latency, seed: int) -> None:
        self._faults = [fault for fault in faults if fault.kind in _CALLS]
        self._clock = clock
        self._latency = latency
        self._started_at = clock.now()
        self._generator = random.Random(f"{seed} faults")  # noqa: S311 - reproducible, nothing is secret
        self._calls: Counter[str] = Counter()
        self._after: dict[str, Kind] = {}
        self.struck_at: float | None = None

    def strikes(self, moment: float | None = None) -> None:
        """Note that a fault takes effect, now or at a moment; the first one is kept."""
        moment = self._clock.now() if moment is None else moment
        self.struck_at = moment if self.struck_at is None else min(moment, self.struck_at)

    def before(self, call: Call) -> DataApiFault | None:
        """Return what goes wrong before the call happens, or stop the function right here."""
        self._clock.sleep(self._latency.seconds("api_call"))
        self._after.pop(call.operation, None)
        fault = self._met(call.operation)
        if fault is None:
            return None
        self.strikes()
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
        kind = self._after.pop(call.operation, None)
        if kind is Kind.CRASH_AFTER:
            raise FunctionCrashed("RequestId: 0 Error: Runtime exited with error: signal: killed")
        return DataApiFault(FaultKind.LOSE_ANSWER) if kind is Kind.LOSE_ANSWER else None

    def checkpoint_fails(self) -> bool:
        """Count a checkpoint call, and tell whether it fails."""
        self._calls["Checkpoint"] += 1
        fails = self._pick(Kind.CHECKPOINT, None, self._calls["Checkpoint"]) is not None
        if fails:
            self.strikes()
        return fails

    def _met(self, operation: str) -> Fault | None:
        self._calls[operation] += 1
        self._calls["every operation"] += 1
        for fault in self._faults:
            if fault.kind is Kind.CHECKPOINT or fault.operation not in (None, operation):
                continue
            number = self._calls["every operation" if fault.operation is None else operation]
            if self._applies(fault, number):
                return fault
        return None

    def _pick(self, kind: Kind, operation: str | None, number: int) -> Fault | None:
        candidates = (one for one in self._faults if one.kind is kind and one.operation in (None, operation))
        return next((one for one in candidates if self._applies(one, number)), None)

    def _applies(self, fault: Fault, number: int) -> bool:
        if not fault.meets(number, self._clock.now() - self._started_at):
            return False
        return fault.rate is None or self._generator.random() < fault.rate


def statement_error(fault: Fault) -> str:
    """Return the error text of a statement that a fault makes fail."""
    return fault.error or _DEFAULT_ERROR
