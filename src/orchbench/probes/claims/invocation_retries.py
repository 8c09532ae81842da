"""The claim of ``invocation-retries``, which ``experiments/invocation_retries.py`` tries."""

from orchbench.probes.durable_function import EXECUTION_TIMEOUT_SECONDS
from orchbench.probes.experiments.invocation_retries import attempt
from orchbench.probes.permissions import DURABLE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="invocation-retries",
    claim="Lambda invokes a durable execution whose process dies again until the execution's timeout.",
    used_in=("src/orchbench/platforms/durable_functions/platform.py", "docs/faults.md"),
    how=f"A handler of the probe's own ends its process each time; the execution may take "
    f"{EXECUTION_TIMEOUT_SECONDS} s.",
    signs=Signs(
        "TIMED_OUT",
        "FAILED earlier, after some invocations (nine were reported)",
        "any other end",
        "Say in docs/faults.md after how many deaths an execution fails, and end rehearsals there.",
    ),
    permissions=DURABLE,
    attempt=attempt,
    seconds=EXECUTION_TIMEOUT_SECONDS,
    uses={"durable_operation": 30, "lambda_request": 30, "lambda_gb_second_x86_64": 5},
)
