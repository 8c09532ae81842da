"""The claim of ``parameter-only-deploy``, which ``experiments/versions.py`` tries."""

from orchbench.probes.experiments.versions import USED_IN, parameter_only
from orchbench.probes.permissions import DURABLE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="parameter-only-deploy",
    claim="A deploy that changes only a parameter leaves a sleeping execution on its own version.",
    used_in=USED_IN,
    how="While an execution of the probe's own function sleeps, change the environment, publish and move "
    "the alias.",
    signs=Signs(
        "it ends with the old configuration",
        "it fails, or ends with the new one",
        "a change is refused, or the execution is not over in time",
        "Stop executions before each deploy, and say so in docs/operations.md.",
    ),
    permissions=DURABLE,
    attempt=parameter_only,
    seconds=120,
    uses={"durable_operation": 3, "lambda_request": 2, "lambda_gb_second_x86_64": 1},
)
