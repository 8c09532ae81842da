"""A fault as it is written: what goes wrong, and with which calls or when.

``KIND`` or ``KIND:KEY=VALUE,...`` on the command line, a mapping with ``kind`` in a file. Calls are named by
the work that they do for the batch (``work=look,nth=3``), whichever way makes them, or by their operation.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from orchbench.redshift.model import OPERATIONS
from orchbench.trace import Work


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
    """An operator stops the execution ``at`` so many seconds after its start, or after a work begins."""
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
    """The function's process dies before the call reaches its service."""
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
    LOSE_STATEMENT_EVENT = "lose-statement-event"
    """The Data API's event of the statement's end reaches nobody."""
    DUPLICATE_STATEMENT_EVENT = "duplicate-statement-event"
    """The Data API's event is delivered twice."""
    LATE_STATEMENT_EVENT = "late-statement-event"
    """The Data API's event is delivered ``seconds`` later than it would have been."""
    FORGE_STATEMENT_EVENT = "forge-statement-event"
    """Somebody sends an event that says FINISHED, ``at`` seconds after the execution's start or after a work
    begins: of this execution's statement, or ``of`` somebody else's."""
    STALE_HISTORY = "stale-history"
    """Who is to wake the execution reads a history as it was before its newest wait; without effect on ways
    that wait for no event."""


_AT = (
    Kind.FAIL,
    Kind.ABORT,
    Kind.UNKNOWN_STATUS,
    Kind.STOP,
    Kind.DUPLICATE_START,
    Kind.SWEEP,
    Kind.FORGE_STATEMENT_EVENT,
)
_SECONDS = (Kind.QUEUE, Kind.DELAY, Kind.LATE_EVENT, Kind.LATE_STATEMENT_EVENT)
EVENT_KINDS = (Kind.LOSE_EVENT, Kind.DUPLICATE_EVENT, Kind.LATE_EVENT)
"""Of what happens to the event of the execution's end."""
STATEMENT_EVENT_KINDS = (
    Kind.LOSE_STATEMENT_EVENT,
    Kind.DUPLICATE_STATEMENT_EVENT,
    Kind.LATE_STATEMENT_EVENT,
)
"""Of what happens to the Data API's event."""
TIMED_KINDS = frozenset({Kind.STOP, Kind.DUPLICATE_START, Kind.SWEEP, Kind.FORGE_STATEMENT_EVENT})
"""Of what is done from outside at a moment."""
CALL_KINDS = frozenset(Kind) - {*_AT, *EVENT_KINDS, *STATEMENT_EVENT_KINDS, Kind.QUEUE}
"""Of what meets calls."""
CALLS_OF_THEIR_OWN = (Kind.CHECKPOINT, Kind.STALE_HISTORY)
"""Of what meets calls that are neither the Data API's nor a work's."""
_WITH_WORK = CALL_KINDS - {Kind.STALE_HISTORY} | TIMED_KINDS
INSIDE_A_FUNCTION = (Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.HANG)
OPERATIONS_OF = {
    Work.SUBMIT: frozenset({"BatchExecuteStatement", "ExecuteStatement"}),
    Work.LOOK: frozenset({"DescribeStatement"}),
    Work.CANCEL: frozenset({"CancelStatement"}),
    # Where it finds the end, what arms the wait ends it too.
    Work.WAIT: frozenset({"DescribeStatement", "SendTaskSuccess"}),
    Work.WAKE: frozenset({"SendTaskSuccess", "SendDurableExecutionCallbackSuccess"}),
}
"""The calls by which a work is done; what else its function asks is not the work."""
LAST = "last"
OF_ANOTHER, OF_NOBODY = "another", "nobody"
"""Whose event is forged: of an execution that does not exist, or of none, under this execution's name."""
_DEFAULT_ERROR = 'ERROR: relation "orders" does not exist'


def _keys_of(kind: Kind) -> tuple[str, ...]:
    """Return the keys that mean something for a kind."""
    own = {"at": kind in _AT, "seconds": kind in _SECONDS, "error": kind is Kind.FAIL}
    own["of"] = kind is Kind.FORGE_STATEMENT_EVENT
    own["operation"] = kind in CALL_KINDS and kind not in CALLS_OF_THEIR_OWN
    works = ("work", "nth") if kind in _WITH_WORK else ()
    calls = ("first_call", "calls", "rate", "since", "until") if kind in CALL_KINDS else ()
    return (*(key for key, takes in own.items() if takes), *works, *calls)


class InvalidFault(ValueError):
    """A fault that a scenario cannot script, in one sentence."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        at: seconds, for what happens at a moment; since what, each kind says. Where a stop, a second start,
            a sweep or a forged event names a work, since that work began.
        seconds: how long, for what takes a while.
        error: the database's error text, for a statement that fails.
        of: ``another`` or ``nobody``, for an event that is forged for somebody else than this execution.
        operation: of the Data API, for what meets its calls; None for all of them.
        work: instead of an operation: the calls by which an execution does this work, and no others.
        nth: from which time on that the execution does the work, counted from 1; ``last`` for the look that
            sees the statement's end.
        first_call: the first call it meets, counted from 1: of the operation, or from the ``nth`` work on.
        calls: how many calls it meets, 1 unless a rate or a window is given; 0 for all from the first on.
        rate: the share of those calls that it meets, drawn by the scenario's seed.
        since, until: the window it lasts, in seconds after the execution's start.
    """

    kind: Kind
    at: float | None = None
    seconds: float | None = None
    error: str | None = None
    of: str | None = None
    operation: str | None = None
    work: Work | None = None
    nth: int | str = 1
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
            raise InvalidFault(f"The fault {text[:60]!r} has {missing[:60]!r}, which is not KEY=VALUE.")
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
        if self.work is None and self.nth != 1:
            return "has 'nth', which counts a work: name it ('work')"
        if self.work is not None and (problem := self._problem_of(self.work)):
            return problem
        if self.kind in _AT and (self.at is None or self.at < 0):
            return "needs 'at', seconds of 0 or more"
        if self.kind in _SECONDS and (self.seconds is None or self.seconds < 0):
            return "needs 'seconds', 0 or more"
        if self.of is not None and (
            self.kind is not Kind.FORGE_STATEMENT_EVENT or self.of not in (OF_ANOTHER, OF_NOBODY)
        ):
            return f"has 'of': a forged event takes it, {OF_ANOTHER} or {OF_NOBODY}"
        if self.kind not in CALL_KINDS and (
            self.operation or self.rate is not None or self.calls is not None
        ):
            return "meets no calls, so it takes neither 'operation' nor 'calls' nor 'rate'"
        if self.operation is not None and self.operation not in OPERATIONS:
            return f"names the operation {self.operation[:60]!r}: it takes one of {', '.join(OPERATIONS)}"
        if self.rate is not None and not 0 < self.rate <= 1:
            return f"has a rate of {self.rate}: it takes a number above 0, and 1 at most"
        if self.first_call < 1 or (self.calls is not None and self.calls < 0):
            return "counts its calls from 1 ('first_call') and takes 0 or more of them ('calls')"
        return None

    def _problem_of(self, work: Work) -> str | None:
        if self.kind not in _WITH_WORK:
            return "meets no work's calls, so it takes no 'work'"
        if self.operation is not None:
            return "names an operation and a work: give one of them"
        if work not in OPERATIONS_OF:
            return f"names the work {work.value!r}: it takes one of {', '.join(OPERATIONS_OF)}"
        if self.nth == LAST and (work is not Work.LOOK or self.kind in TIMED_KINDS):
            return f"has {LAST!r}, the look that sees the end, which only calls of work=look can meet"
        if isinstance(self.nth, int) and self.nth < 1:
            return "counts a work from 1 ('nth')"
        return None


def _read(key: str, value: Any) -> Any:
    if key == "kind":
        return Kind(value)
    if key in ("error", "of", "operation"):
        return str(value)
    if key == "work":
        return _work(value)
    if key == "nth" and value == LAST:
        return LAST
    wanted = int if key in ("first_call", "calls", "nth") else float
    try:
        read = wanted(value)
        if math.isfinite(read):
            return read
    except (TypeError, ValueError, OverflowError):
        pass
    kind = "a whole number" if wanted is int else "a number"
    raise InvalidFault(f"A fault's {key!r} is {repr(value)[:60]}: it takes {kind}.")


def _work(value: Any) -> Work:
    if value not in list(Work):
        raise InvalidFault(
            f"A fault's 'work' is {repr(value)[:60]}: it takes one of {', '.join(OPERATIONS_OF)}."
        )
    return Work(value)


def statement_error(fault: Fault) -> str:
    """Return the error text of a statement that a fault makes fail."""
    return fault.error or _DEFAULT_ERROR
