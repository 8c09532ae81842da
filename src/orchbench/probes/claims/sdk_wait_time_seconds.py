"""The claim of ``sdk-wait-time-seconds``, which ``experiments/sdk_integration.py`` tries."""

from orchbench.probes.experiments.sdk_integration import MOST_WAIT_SECONDS, NOT_LOCAL, long_poll
from orchbench.probes.permissions import MACHINE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="sdk-wait-time-seconds",
    claim="Step Functions' SDK integration passes WaitTimeSeconds on to the Data API.",
    used_in=("docs/limits.md",),
    how="Two Tasks describe a statement that does not exist, with 5 s and with "
    f"{MOST_WAIT_SECONDS + 1} s, where {MOST_WAIT_SECONDS} s is the most. No wait is measured: a "
    "statement is shown to the role that submitted it alone, and the probes' role may submit none.",
    signs=Signs(
        "the Data API refuses what is too long, and the other for its id",
        "an error about the parameter where it is allowed",
        "what is too long is not refused either, or a Task fails in another way",
        "A way with a long poll in the definition cannot be built yet; keep it off.",
    ),
    permissions=MACHINE,
    attempt=long_poll,
    seconds=30,
    uses={"state_transition": 2},
    not_local=NOT_LOCAL,
)
