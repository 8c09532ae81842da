"""The claim of ``callback-left-open``, which ``experiments/waits.py`` tries."""

from orchbench.probes.experiments.waits import OPEN_SECONDS, left_open
from orchbench.probes.permissions import DURABLE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="callback-left-open",
    claim="A durable execution may end beside a callback that is still open.",
    used_in=("functions/durable_callback/handler.py", "src/orchbench/ways/durable_callback.py"),
    how=f"A durable function of the probe's own begins a callback of {OPEN_SECONDS} s, and returns.",
    signs=Signs(
        "the execution succeeds",
        "it fails, or waits for the callback",
        "the history shows no callback",
        "Complete the next callback, by its own id, before the end that the fallback has found.",
    ),
    permissions=DURABLE,
    attempt=left_open,
    seconds=20,
    uses={"durable_operation": 2, "lambda_request": 1},
)
