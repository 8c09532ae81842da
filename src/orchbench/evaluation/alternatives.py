"""What may be used instead of a way: a closed form with its facts, its limits and what it does not promise.

An alternative is no way: it is never started and never rehearsed, and no trace of it is ever counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orchbench.evaluation.figures import figure
from orchbench.evaluation.tariff import plain
from orchbench.trace import Json, Label


@dataclass(frozen=True)
class Fact:
    """Something that an alternative's figures stand on, and where it was read."""

    said: str
    source: str


@dataclass(frozen=True)
class Alternative:
    """Another solution for the same batch.

    Attributes:
        usd: what one run costs whose statement takes so many seconds.
        breaks: the promises of every way that it does not keep, as a sentence.
        longest_query_seconds: that it sees end; None where nothing of its own limits it.
        lag_seconds: until an end is known; None where nobody waits for it.
    """

    name: str
    title: str
    usd: Callable[[Decimal], Decimal]
    facts: Sequence[Fact]
    breaks: str
    longest_query_seconds: int | None = None
    lag_seconds: float | None = None

    def estimated(self, statement_seconds: Decimal, runs: Decimal) -> Json:
        """Return what so many runs cost, with everything that it is known by."""
        return self.limits() | {
            "cost": self._figure(plain(self.usd(statement_seconds) * runs), "USD"),
            "detection_lag": self._figure(self.lag_seconds, "s"),
        }

    def limits(self) -> Json:
        """Return how long a query it sees end, and what it does not promise."""
        return {
            "alternative": self.name,
            "title": self.title,
            "longest_query": self._figure(self.longest_query_seconds, "s"),
            "breaks": self.breaks,
            "facts": [{"said": one.said, "source": one.source} for one in self.facts],
        }

    def _figure(self, value: object, unit: str) -> Json:
        sources = "; ".join(dict.fromkeys(one.source for one in self.facts))
        return figure(value, unit, Label.ASSUMED, f"closed form over its facts: {sources}")


ALTERNATIVES: Sequence[Alternative] = ()
"""Every alternative, in the order of a table."""
