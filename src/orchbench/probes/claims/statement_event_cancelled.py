"""The claim of ``statement-event-cancelled``, which ``experiments/statement_events.py`` tries."""

from orchbench.probes.experiments.statement_events import PATIENCE_SECONDS, of_a_cancel
from orchbench.probes.permissions import LISTENER, STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="statement-event-cancelled",
    claim="A statement that is cancelled sends one event, with the state ABORTED.",
    used_in=(
        "template.yaml",
        "src/orchbench/ways/sfn_callback.py",
        "src/orchbench/ways/durable_callback.py",
    ),
    how="Submit a query that does not end WithEvent, cancel it when it runs, and listen.",
    signs=Signs(
        "one event, ABORTED",
        f"none in {PATIENCE_SECONDS} s, several, or another state",
        "it does not begin to run, or does not end as ABORTED",
        "Count one invocation of notify less where the deadline cancels; the fallback finds a batch that "
        "somebody else has cancelled.",
    ),
    permissions=(*STATEMENTS, *LISTENER),
    attempt=of_a_cancel,
    seconds=40,
    warehouse_seconds=15,
)
