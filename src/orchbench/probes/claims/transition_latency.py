"""The claim of ``transition-latency``, which ``experiments/latency.py`` tries."""

from orchbench.probes.experiments.latency import SIGNS, TIMES, transition
from orchbench.probes.permissions import MACHINE
from orchbench.probes.probe import Probe

PROBE = Probe(
    name="transition-latency",
    claim="A state transition takes about as long as the latency profile assumes.",
    used_in=("src/orchbench/virtual_time/latency_profile.yaml",),
    how=f"A state machine of the probe's own passes {TIMES + 1} states; its history has the times.",
    signs=SIGNS,
    permissions=MACHINE,
    attempt=transition,
    seconds=30,
    uses={"state_transition": TIMES + 1},
)
