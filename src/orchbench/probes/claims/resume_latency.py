"""The claim of ``resume-latency``, which ``experiments/latency.py`` tries."""

from orchbench.probes.experiments.latency import SIGNS, TIMES, resume
from orchbench.probes.permissions import DURABLE
from orchbench.probes.probe import Probe

PROBE = Probe(
    name="resume-latency",
    claim="A sleeping durable execution resumes about as late as the latency profile assumes.",
    used_in=("src/orchbench/virtual_time/latency_profile.yaml",),
    how=f"A durable function of the probe's own sleeps {TIMES} times for a second; its history tells how "
    "late it wakes.",
    signs=SIGNS,
    permissions=DURABLE,
    attempt=resume,
    seconds=90,
    uses={"durable_operation": 2 * TIMES + 1, "lambda_request": TIMES, "lambda_gb_second_x86_64": 5},
)
