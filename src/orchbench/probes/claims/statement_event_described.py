"""The claim of ``statement-event-described``, which ``experiments/statement_events.py`` tries."""

from orchbench.probes.experiments.statement_events import PATIENCE_SECONDS, TRIES, described
from orchbench.probes.permissions import LISTENER, STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="statement-event-described",
    claim="DescribeStatement shows a statement's end by the time that its event arrives.",
    used_in=(
        "statemachine/sfn_callback.asl.json",
        "functions/durable_callback/handler.py",
        "docs/wait-or-poll.md",
    ),
    how=f"Submit SELECT 1 with WithEvent {TRIES} times; describe it when its event is heard, not before.",
    signs=Signs(
        f"all {TRIES} FINISHED",
        "one still running",
        f"none in {PATIENCE_SECONDS} s, or a call fails",
        "A wake finds the statement running and waits for the fallback: give the wait after such a wake "
        "a short delay of its own.",
    ),
    permissions=(*STATEMENTS, *LISTENER),
    attempt=described,
    seconds=60,
    warehouse_seconds=20,
)
