"""The claim of ``describe-keeps-awake``, which ``experiments/keeps_awake.py`` tries."""

from orchbench.probes.experiments.keeps_awake import (
    EVERY_SECONDS,
    LOOKING_SECONDS,
    MOST_RPU,
    PATIENCE_SECONDS,
    QUIET_SECONDS,
    SETTLES_SECONDS,
    attempt,
)
from orchbench.probes.permissions import CAPACITY, METRICS, STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="describe-keeps-awake",
    claim="Describing, listing or cancelling a statement that has ended neither wakes a Serverless "
    "workgroup nor keeps it awake.",
    used_in=("docs/cost-model.md", "functions/sweep/handler.py"),
    how=f"Three times, after {QUIET_SECONDS} s of quiet, describe, list or cancel an old statement every "
    f"{EVERY_SECONDS} s for {LOOKING_SECONDS} s, and read ComputeSeconds of that time.",
    signs=Signs(
        "no compute",
        "some compute; the reason says at which call",
        f"a cluster, more than {MOST_RPU} RPU, or a metric of another name",
        "Every such call on a sleeping workgroup costs compute: add it to the estimates, poll and sweep "
        "more rarely.",
    ),
    permissions=(*STATEMENTS, *METRICS, *CAPACITY),
    attempt=attempt,
    seconds=3 * (QUIET_SECONDS + LOOKING_SECONDS) + PATIENCE_SECONDS + SETTLES_SECONDS,
    warehouse_seconds=3 * LOOKING_SECONDS,
    not_local="the local Data API is always awake",
)
