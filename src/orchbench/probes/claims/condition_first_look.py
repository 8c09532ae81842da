"""The claim of ``condition-first-look``, which ``experiments/durable_operations.py`` tries."""

from orchbench.probes.experiments.durable_operations import LOOKS, NOT_LOCAL, PATIENCE_SECONDS, first_look
from orchbench.probes.permissions import DURABLE, METRICS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="condition-first-look",
    claim="The first look of a wait for a condition is metered as a poll: 1 + N operations for N looks.",
    used_in=("src/orchbench/platforms/durable_functions/platform.py", "docs/limits.md"),
    how=f"A condition of the probe's own holds at the {LOOKS}th look; compare "
    "DurableExecutionOperations with our count.",
    signs=Signs(
        "equal counts",
        "one less, or another number",
        f"no metric in {PATIENCE_SECONDS} s",
        "Count one operation less in every way that waits for a condition.",
    ),
    permissions=(*DURABLE, *METRICS),
    attempt=first_look,
    seconds=300,
    uses={"durable_operation": LOOKS + 2, "lambda_request": LOOKS, "lambda_gb_second_x86_64": 1},
    not_local=NOT_LOCAL,
)
