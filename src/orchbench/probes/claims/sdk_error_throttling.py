"""The claim of ``sdk-error-throttling``, which ``experiments/sdk_integration.py`` tries."""

from orchbench.probes.experiments.sdk_integration import ASSUMED, AT_ONCE, NOT_LOCAL, USED_IN, throttling
from orchbench.probes.permissions import MACHINE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="sdk-error-throttling",
    claim=f"Throttling through an SDK integration has the error name {ASSUMED}.",
    used_in=USED_IN,
    how=f"A Map calls listStatements {AT_ONCE} times at once; 3 a second are allowed.",
    signs=Signs(ASSUMED, "another name", "no call is throttled", "Name what was seen in Retry and Catch."),
    permissions=MACHINE,
    attempt=throttling,
    seconds=30,
    uses={"state_transition": AT_ONCE + 2},
    not_local=NOT_LOCAL,
)
