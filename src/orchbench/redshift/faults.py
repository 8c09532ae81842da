"""Faults on purpose: what may happen to a call before it reaches the service, or to its answer.

`Faults` is the seam, asked twice a call. `FaultPlan` is the ready-made implementation: a list of rules, by
operation and call number, which the HTTP server also takes as JSON.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Protocol

from orchbench.redshift.model import OPERATIONS

LONGEST_DELAY_SECONDS = 3600


class FaultKind(StrEnum):
    """What goes wrong."""

    THROTTLE = "throttle"  # ThrottlingException, the operation does not happen
    UNAVAILABLE = "unavailable"  # InternalServerException, the operation does not happen
    DISCONNECT = "disconnect"  # the connection is reset, the operation does not happen
    DELAY = "delay"  # the operation happens after `seconds`
    LOSE_ANSWER = "lose-answer"  # the operation happens, then the connection is reset


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one call."""

    kind: FaultKind
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is about to happen, or has. Its number counts from 1 for each operation."""

    operation: str
    number: int
    time: float


class Faults(Protocol):
    """Decide what goes wrong. Raising a ServiceError answers with that error instead."""

    def before(self, call: Call) -> Fault | None:
        """Return the fault for a call that has not happened yet."""

    def after(self, call: Call) -> Fault | None:
        """Return the fault for the answer of a call that took effect."""


class NoFaults:
    """Everything works."""

    def before(self, call: Call) -> Fault | None:  # noqa: ARG002  the protocol's signature
        """Return no fault."""
        return None

    after = before


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One fault for a run of calls of one operation.

    Args:
        operation: the operation, such as `DescribeStatement`.
        kind: what goes wrong.
        seconds: how long a delay is.
        first_call: the first call it meets, counted from 1 since the rules were set.
        calls: how many calls it meets; None means all from then on.
    """

    operation: str
    kind: FaultKind
    seconds: float = 0.0
    first_call: int = 1
    calls: int | None = None

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise ValueError(
                f"operation {repr(self.operation)[:80]} is unknown; use one of {', '.join(OPERATIONS)}"
            )
        if not _is_number(self.seconds) or not 0 <= self.seconds <= LONGEST_DELAY_SECONDS:
            raise ValueError(f"seconds must be a number from 0 to {LONGEST_DELAY_SECONDS}")
        if not _is_whole(self.first_call) or self.first_call < 1:
            raise ValueError("first_call must be a whole number of 1 or more")
        if self.calls is not None and (not _is_whole(self.calls) or self.calls < 0):
            raise ValueError("calls must be a whole number of 0 or more, or null")

    def meets(self, operation: str, number: int) -> bool:
        """Tell whether the rule applies to that call."""
        past = number - self.first_call
        return self.operation == operation and past >= 0 and (self.calls is None or past < self.calls)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FaultRule":
        """Read a rule from its JSON object; raises ValueError with one sentence."""
        known = {each.name for each in fields(cls)}
        if not isinstance(data, Mapping) or not {"operation", "kind"} <= data.keys() <= known:
            raise ValueError(f"a fault rule is an object with operation, kind and optionally {sorted(known)}")
        kinds = [kind.value for kind in FaultKind]
        if data["kind"] not in kinds:
            raise ValueError(f"kind {repr(data['kind'])[:80]} is unknown; use one of {', '.join(kinds)}")
        return cls(**{**data, "kind": FaultKind(data["kind"])})


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class FaultPlan:
    """The first rule that meets a call decides. Replacing the rules starts the counting again."""

    def __init__(self, rules: Iterable[FaultRule] = ()) -> None:
        self._lock = threading.Lock()
        self.replace(rules)

    def replace(self, rules: Iterable[FaultRule]) -> None:
        """Put other rules in force."""
        with self._lock:
            self._rules = tuple(rules)
            self._counts: dict[str, int] = {}
            self._lost: set[tuple[str, int]] = set()

    def before(self, call: Call) -> Fault | None:
        """Return the fault that the rules want before the call."""
        with self._lock:
            number = self._counts[call.operation] = self._counts.get(call.operation, 0) + 1
            rule = next((rule for rule in self._rules if rule.meets(call.operation, number)), None)
            if rule is None:
                return None
            if rule.kind is FaultKind.LOSE_ANSWER:
                self._lost.add((call.operation, call.number))
                return None
            return Fault(rule.kind, rule.seconds)

    def after(self, call: Call) -> Fault | None:
        """Return the loss of the answer, if the rules want it."""
        with self._lock:
            key = (call.operation, call.number)
            if key not in self._lost:
                return None
            self._lost.remove(key)
            return Fault(FaultKind.LOSE_ANSWER)
