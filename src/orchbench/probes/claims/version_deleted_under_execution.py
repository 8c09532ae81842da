"""The claim of ``version-deleted-under-execution``, which ``experiments/versions.py`` tries."""

from orchbench.probes.experiments.versions import USED_IN, deleted
from orchbench.probes.permissions import DURABLE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="version-deleted-under-execution",
    claim="Deleting the version that an execution is pinned to is possible, and ends the execution.",
    used_in=USED_IN,
    how="The same, and then delete the version.",
    signs=Signs(
        "it is deleted and the execution fails",
        "it is refused, or the execution succeeds",
        "the execution is not over in time",
        "Nothing breaks: UpdateReplacePolicy guards against what cannot happen.",
    ),
    permissions=DURABLE,
    attempt=deleted,
    seconds=240,
    uses={"durable_operation": 3, "lambda_request": 2, "lambda_gb_second_x86_64": 1},
)
