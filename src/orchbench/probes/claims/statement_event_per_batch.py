"""The claim of ``statement-event-per-batch``, which ``experiments/statement_events.py`` tries."""

from orchbench.probes.experiments.statement_events import PATIENCE_SECONDS, per_batch
from orchbench.probes.permissions import LISTENER, STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="statement-event-per-batch",
    claim="A batch sends one event, with its own id, and none for each sub-statement.",
    used_in=("functions/notify/handler.py", "src/orchbench/redshift/statement_event.py"),
    how="Submit a batch of three with WithEvent, and count what arrives.",
    signs=Signs(
        "one event",
        "several",
        f"none in {PATIENCE_SECONDS} s, or the batch fails",
        "Each further event wakes an execution early: the estimates count a look in vain for each.",
    ),
    permissions=(*STATEMENTS, *LISTENER),
    attempt=per_batch,
    seconds=60,
    warehouse_seconds=10,
)
