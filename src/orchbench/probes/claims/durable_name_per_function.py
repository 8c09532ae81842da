"""The claim of ``durable-name-per-function``, which ``experiments/durable_names.py`` tries."""

from orchbench.probes.experiments.durable_names import attempt
from orchbench.probes.permissions import DURABLE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="durable-name-per-function",
    claim="The name of a durable execution is unique within its function, and free for another one.",
    used_in=("src/orchbench/platforms/durable_functions/service.py", "docs/operations.md"),
    how="Start executions of two functions of the probe's own under one name, with different inputs.",
    signs=Signs(
        "two executions",
        "a refusal, or the first one's ARN",
        "a function cannot be made",
        "Nothing breaks where names have the way in them, as those that `orchbench` makes up do.",
    ),
    permissions=DURABLE,
    attempt=attempt,
    seconds=60,
    uses={"durable_operation": 5, "lambda_request": 2, "lambda_gb_second_x86_64": 1},
)
