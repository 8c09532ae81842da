"""Probes: what this project assumes of AWS and no emulator can settle, each as an experiment with a verdict.

A new probe is an entry of ``PROBES`` in a module of ``experiments``; it is found here by looking through that
package.
"""

from functools import cache

from orchbench.platforms import found_in

from . import experiments
from .probe import Probe

__all__ = ["Probe", "all_probes"]


@cache
def all_probes() -> dict[str, Probe]:
    """Return every probe by its name, in the order of their modules."""
    modules = found_in(experiments.__path__, experiments.__name__, "PROBES", tuple)
    return {probe.name: probe for probes in modules for probe in probes}
