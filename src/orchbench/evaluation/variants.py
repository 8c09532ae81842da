"""What a further way comes to beside the one of the pair that it varies."""

from collections.abc import Mapping
from decimal import Decimal

from orchbench.ways import all_ways

Amount = float | Decimal | None


def parent_of(way: str) -> str | None:
    """Return the way of the pair that a way varies; None for the pair, and for what is no way any more."""
    found = all_ways().get(way)
    return found.varies.of if found and found.varies else None


def ratio_to_parent(way: str, amounts: Mapping[str, Amount]) -> float | None:
    """Return how many times its parent's amount a way's is.

    None for the pair, and where one of the two is not known or the parent's is nothing.
    """
    parent = parent_of(way)
    own, other = amounts.get(way), amounts.get(parent) if parent else None
    return float(own) / float(other) if own is not None and other else None


def told_ratio(way: str, amounts: Mapping[str, Amount], none: str = "") -> str:
    """Write the ratio of a further way to its parent, and something else where there is none."""
    ratio = ratio_to_parent(way, amounts)
    return none if ratio is None else f"{ratio:.2f}x {parent_of(way)}"
