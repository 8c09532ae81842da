"""Probes: what this project assumes of AWS and no emulator can settle, each as an experiment with a verdict.

A new probe is a module of ``claims``, named after it, with a ``PROBE``; it is found here by looking through
that package. How it is tried stands in ``experiments``, where claims about the same thing share what they
need.
"""

from functools import cache

from orchbench.platforms import found_in

from . import claims
from .probe import Probe

__all__ = ["Probe", "all_probes"]


@cache
def all_probes() -> dict[str, Probe]:
    """Return every probe by its name, in alphabetical order."""
    found = found_in(claims.__path__, claims.__name__, "PROBE", Probe)
    return {probe.name: probe for probe in found}
