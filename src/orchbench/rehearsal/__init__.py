"""Rehearsals: the real definition and the real handlers, in process and in virtual time.

A day passes in seconds and a fault happens when its scenario says. What AWS itself adds (latencies, cold
starts) is a profile of assumptions, zero unless asked for: a rehearsal shows what happens and how often,
not how fast AWS is.
"""

from orchbench.rehearsal.fault import Fault
from orchbench.rehearsal.rehearse import Rehearsal, rehearse
from orchbench.rehearsal.scenario import InvalidScenario, Scenario

__all__ = ["Fault", "InvalidScenario", "Rehearsal", "Scenario", "rehearse"]
