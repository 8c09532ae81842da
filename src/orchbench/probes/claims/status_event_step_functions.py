"""The claim of ``status-event-step-functions``, which ``experiments/status_events.py`` tries."""

from orchbench.probes.experiments.status_events import PROMPT_SECONDS, THEN, step_functions
from orchbench.probes.permissions import LISTENER, MACHINE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="status-event-step-functions",
    claim=f"A stopped execution's event arrives within {PROMPT_SECONDS:g} s, with executionArn and ABORTED.",
    used_in=("template.yaml", "functions/cancel/handler.py"),
    how="Stop an execution of the probe's own that waits; compare stopDate with the queue's own time.",
    signs=Signs("an event in time", "none, or a later one", "it cannot be stopped", THEN),
    permissions=(*MACHINE, *LISTENER),
    attempt=step_functions,
    seconds=60,
    uses={"state_transition": 1},
)
