"""The claim of ``statement-event-delay``, which ``experiments/statement_events.py`` tries."""

from orchbench.probes.experiments.statement_events import PATIENCE_SECONDS, PROMPT_SECONDS, TRIES, delay
from orchbench.probes.permissions import LISTENER, STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="statement-event-delay",
    claim=f"The event of a statement's end arrives within {PROMPT_SECONDS:g} s.",
    used_in=("src/orchbench/evaluation/assumptions.json", "docs/wait-or-poll.md"),
    how=f"Submit SELECT 1 with WithEvent {TRIES} times; compare UpdatedAt with the queue's own time.",
    signs=Signs(
        f"all {TRIES} within {PROMPT_SECONDS:g} s",
        f"one later, or none in {PATIENCE_SECONDS} s",
        "a call or a statement fails",
        "State the delay as measured: `--assume statement_event_seconds=...`.",
    ),
    permissions=(*STATEMENTS, *LISTENER),
    attempt=delay,
    seconds=60,
    warehouse_seconds=20,
)
