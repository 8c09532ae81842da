"""The ways of running the batch, one module each.

A new way is a new module with a ``WAY``; it is found here by looking through the package.
"""

import importlib
import pkgutil

from .way import Way

__all__ = ["Way", "all_ways", "way_named"]


def all_ways() -> dict[str, Way]:
    """Return every way by its name, in the order of a table."""
    found = []
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        way = getattr(importlib.import_module(module.name), "WAY", None)
        if isinstance(way, Way):
            found.append(way)
    found.sort(key=lambda way: (way.order, way.name))
    return {way.name: way for way in found}


def way_named(name: str) -> Way:
    """Return a way, or raise a KeyError that names those there are."""
    ways = all_ways()
    if name not in ways:
        raise KeyError(f"There is no way {name!r}: take one of {', '.join(ways)}.")
    return ways[name]
