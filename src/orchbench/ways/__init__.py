"""The ways of running the batch, one module each.

A new way is a new module with a ``WAY``; it is found here by looking through the package.
"""

from collections.abc import Iterable
from functools import cache

from orchbench.platforms import found_in

from .way import Way

__all__ = [
    "Way",
    "all_ways",
    "deployed_by",
    "in_order",
    "in_table_order",
    "the_pair",
    "told_parameters",
    "way_named",
]


def all_ways() -> dict[str, Way]:
    """Return every way by its name, in the order of a table: the pair first, then what varies each."""
    return dict(_found())


@cache
def _found() -> dict[str, Way]:
    return {way.name: way for way in in_order(found_in(__path__, __name__, "WAY", Way))}


def the_pair() -> dict[str, Way]:
    """Return the two ways that the comparison is about, the baseline first."""
    return {name: way for name, way in all_ways().items() if way.is_of_the_pair}


def deployed_by(names: Iterable[str]) -> dict[str, str]:
    """Return the template's parameters that deploy these ways."""
    further = [way for name, way in all_ways().items() if name in set(names) and not way.is_of_the_pair]
    return {"Ways": "all" if further else "pair"} | {way.switch: "true" for way in further if way.switch}


def told_parameters(names: Iterable[str]) -> str:
    """Say with which parameters of the template these ways are deployed, as the SAM CLI takes them."""
    return " ".join(f"{name}={value}" for name, value in deployed_by(names).items())


def in_order(ways: Iterable[Way]) -> list[Way]:
    """Return ways in the order of a table."""
    known = list(ways)
    pair = sorted((way for way in known if way.is_of_the_pair), key=_place)
    places = {way.name: index for index, way in enumerate(pair)}

    def place(way: Way) -> tuple[int, int, str]:
        parent = places.get(way.varies.of, len(places)) if way.varies else 0
        return parent, *_place(way)

    return [*pair, *sorted((way for way in known if way.varies), key=place)]


def in_table_order(names: Iterable[str]) -> list[str]:
    """Return ways' names in the order of a table; those that are no ways any more come last."""
    given = list(dict.fromkeys(names))
    known = [name for name in all_ways() if name in given]
    return [*known, *(name for name in given if name not in known)]


def way_named(name: str) -> Way:
    """Return a way, or raise a KeyError that names those there are."""
    ways = all_ways()
    if name not in ways:
        raise KeyError(f"There is no way {name!r}: take one of {', '.join(ways)}.")
    return ways[name]


def _place(way: Way) -> tuple[int, str]:
    return way.order, way.name
