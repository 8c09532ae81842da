"""The claim of ``token-from-inside``, which ``experiments/waits.py`` tries."""

from orchbench.probes.experiments.waits import NOT_LOCAL, from_inside
from orchbench.probes.permissions import MACHINE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="token-from-inside",
    claim="A token may be completed before the call that was given it has returned.",
    used_in=("functions/arm/handler.py", "functions/task_tokens.py"),
    how="A state machine of the probe's own calls sendTaskSuccess with its own Task's token.",
    signs=Signs(
        "the Task succeeds",
        "it runs into its timeout",
        "the definition is refused, or the call fails",
        "The arm function raises an error instead, which the Task catches on its way to the check.",
    ),
    permissions=MACHINE,
    attempt=from_inside,
    seconds=30,
    uses={"state_transition": 1},
    not_local=NOT_LOCAL,
)
