"""The claim of ``sdk-error-access-denied``, which ``experiments/sdk_integration.py`` tries."""

from orchbench.probes.experiments.sdk_integration import ASSUMED, NOT_LOCAL, USED_IN, access_denied
from orchbench.probes.permissions import MACHINE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="sdk-error-access-denied",
    claim=f"Denied access through an SDK integration has the error name {ASSUMED}.",
    used_in=USED_IN,
    how="A state machine of the probe's own calls cancelStatement, which its role may not.",
    signs=Signs(ASSUMED, "another name", "the call is not denied", "Name what was seen in Retry and Catch."),
    permissions=MACHINE,
    attempt=access_denied,
    seconds=30,
    uses={"state_transition": 1},
    not_local=NOT_LOCAL,
)
