"""What must be assumed where no record says it: durations of a function, bytes of its log, what goes wrong.

Each value stands in ``assumptions.json`` with its unit, its source, and a low and a high with their reason; a
caller may state others. They are no prices and no counts: those are known.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("assumptions.json")
FULL_CORE_AT_MOST = Decimal(1)
STATED = "stated by the caller"
MOST = 10**12
"""No assumption is larger: beyond it, sums in floating point would lose what they are made of."""


class UnknownAssumption(ValueError):
    """Something is to be assumed that no bill asks for, or its value is no number."""


@dataclass(frozen=True)
class Assumption:
    """One assumed value, and from where to where it may be; ``what`` and the sources are phrases."""

    value: Decimal
    unit: str
    what: str
    label: str
    source: str
    low: Decimal
    high: Decimal
    range_source: str

    @property
    def is_share(self) -> bool:
        """Tell whether it is part of a whole, from 0 to 1."""
        return self.unit.startswith("of the ")


@dataclass(frozen=True)
class Assumptions:
    """All of them by name."""

    named: Mapping[str, Assumption]

    def __getitem__(self, name: str) -> Decimal:
        return self.named[name].value

    def with_values(self, values: Mapping[str, Decimal]) -> "Assumptions":
        """Return them with some values stated by whoever asks.

        Raises:
            UnknownAssumption: one of these names is none.
        """
        changed = dict(self.named)
        for name, value in values.items():
            if name not in changed:
                raise UnknownAssumption(f"There is no assumption {name!r}: there are {', '.join(changed)}.")
            old = changed[name]
            low, high = min(old.low, value), max(old.high, value)
            changed[name] = replace(old, value=value, source=STATED, low=low, high=high)
        return Assumptions(changed)

    def share_of_a_core(self, memory_mb: int) -> Decimal:
        """Return how much of a core a function of this memory has; a second one does not help it."""
        return min(FULL_CORE_AT_MOST, Decimal(memory_mb) / self["full_core_memory_mb"])

    def invocation_seconds(self, memory_mb: int, *, suspends: bool) -> Decimal:
        """Return how long a warm invocation runs, its checkpoints and replays apart."""
        working = self["invocation_wait_seconds"] + self["invocation_cpu_seconds"] / self.share_of_a_core(
            memory_mb
        )
        return working + (self["suspension_seconds"] if suspends else 0)

    def replayed_operation_seconds(self, memory_mb: int) -> Decimal:
        """Return how long going over one finished operation again takes."""
        return self["replayed_operation_cpu_seconds"] / self.share_of_a_core(memory_mb)


@cache
def default_assumptions() -> Assumptions:
    """Return the project's own."""
    document = json.loads(FILE.read_text())
    return Assumptions(
        {
            name: Assumption(**one | {key: Decimal(one[key]) for key in ("value", "low", "high")})
            for name, one in document.items()
        }
    )


def stated(texts: Iterable[str]) -> Assumptions:
    """Read ``NAME=VALUE`` texts over the project's own assumptions.

    Raises:
        UnknownAssumption: in one sentence.
    """
    values: dict[str, Decimal] = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            values[name.strip()] = Decimal(value)
        except InvalidOperation:
            raise UnknownAssumption(
                f"{text!r} assumes nothing: it takes NAME=VALUE, such as checkpoint_seconds=0.05."
            ) from None
        value_given = values[name.strip()]
        least = 1 if name.strip() == "full_core_memory_mb" else 0
        known = default_assumptions().named.get(name.strip())
        most = 1 if known and known.is_share else MOST
        if not value_given.is_finite() or not least <= value_given <= most:
            raise UnknownAssumption(f"{text!r} is not a number from {least} to {most:,}.")
    return default_assumptions().with_values(values)
