"""The hosts of rehearsals, one package a platform: the engine that runs its executions in virtual time.

A new host is a new module or package with a ``HOSTING``; it is found here by looking through the package.
"""

from orchbench.platforms import found_in
from orchbench.rehearsal.host import Hosting

__all__ = ["all_hostings", "hosting_named"]


def all_hostings() -> dict[str, Hosting]:
    """Return how each platform's executions are rehearsed, by the platform's name."""
    return {one.platform_name: one for one in found_in(__path__, __name__, "HOSTING", Hosting)}


def hosting_named(platform_name: str) -> Hosting:
    """Return how a platform's executions are rehearsed, or raise a KeyError that names what there is."""
    hostings = all_hostings()
    if platform_name not in hostings:
        raise KeyError(
            f"Rehearsals have no host for the platform {platform_name!r}: there is one for "
            f"{', '.join(hostings)}."
        )
    return hostings[platform_name]
