"""The claim of ``durable-operations-metered``, which ``experiments/durable_operations.py`` tries."""

from orchbench.probes.experiments.durable_operations import NOT_LOCAL, PATIENCE_SECONDS, steps_and_waits
from orchbench.probes.permissions import DURABLE, METRICS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="durable-operations-metered",
    claim="Lambda meters one operation for the execution, one for each step and one for each wait.",
    used_in=("src/orchbench/platforms/durable_functions/platform.py", "docs/cost-model.md"),
    how="A durable function of the probe's own takes three waits and steps; compare "
    "DurableExecutionOperations with our count.",
    signs=Signs(
        "equal counts",
        "different ones",
        f"no metric in {PATIENCE_SECONDS} s",
        "Change the platform's `metered` to what was counted; estimates and poll budgets follow.",
    ),
    permissions=(*DURABLE, *METRICS),
    attempt=steps_and_waits,
    seconds=300,
    uses={"durable_operation": 7, "lambda_request": 4, "lambda_gb_second_x86_64": 1},
    not_local=NOT_LOCAL,
)
