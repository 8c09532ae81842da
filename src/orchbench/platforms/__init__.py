"""The platforms that ways run on, a package each: the service, its history as a trace, its quotas.

A new platform is a new package with a ``PLATFORM``; it is found here by looking through the package.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeVar

from .platform import Platform

__all__ = ["Platform", "all_platforms", "found_in", "platform_named", "platform_of"]

Found = TypeVar("Found")


def found_in(path: Iterable[str], package: str, name: str, kind: type[Found]) -> Iterator[Found]:
    """Yield what the modules of a package define under a name, if it is of a kind."""
    for module in pkgutil.iter_modules(path, f"{package}."):
        one = getattr(importlib.import_module(module.name), name, None)
        if isinstance(one, kind):
            yield one


@cache
def all_platforms() -> dict[str, Platform]:
    """Return every platform by its name."""
    found = found_in(__path__, __name__, "PLATFORM", Platform)  # type: ignore[type-abstract]
    return {platform.name: platform for platform in found}


def platform_named(name: str) -> Platform:
    """Return a platform, or raise a KeyError that names those there are."""
    platforms = all_platforms()
    if name not in platforms:
        raise KeyError(f"There is no platform {name!r}: there is {', '.join(platforms)}.")
    return platforms[name]


def platform_of(execution_arn: str) -> Platform | None:
    """Return the platform that an execution runs on, or None."""
    return next((one for one in all_platforms().values() if one.owns(execution_arn)), None)
