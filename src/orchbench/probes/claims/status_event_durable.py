"""The claim of ``status-event-durable``, which ``experiments/status_events.py`` tries."""

from orchbench.probes.experiments.status_events import PROMPT_SECONDS, THEN, durable
from orchbench.probes.permissions import DURABLE, LISTENER
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="status-event-durable",
    claim=f"A stopped durable execution's event arrives within {PROMPT_SECONDS:g} s, with "
    "durableExecutionArn and STOPPED.",
    used_in=("template.yaml", "functions/cancel/handler.py"),
    how="Stop a durable execution of the probe's own that sleeps; compare EndTimestamp with the queue's "
    "own time.",
    signs=Signs("an event in time", "none, or a later one", "it cannot be stopped", THEN),
    permissions=(*DURABLE, *LISTENER),
    attempt=durable,
    seconds=60,
    uses={"durable_operation": 2, "lambda_request": 1},
)
