"""What several runs amount to."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """The middle and the ends of some figures."""

    count: int
    median: float
    minimum: float
    maximum: float


def spread(figures: Iterable[float | None]) -> Spread | None:
    """Return the spread of the figures that there are, or None where there is none."""
    known = sorted(figure for figure in figures if figure is not None)
    if not known:
        return None
    return Spread(len(known), round(median(known), 6), known[0], known[-1])
