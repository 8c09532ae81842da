"""The Data API's event at a statement's end: when it comes, how many of a batch, and whether of a cancel."""

from orchbench.probes.experiments.statement_name import SOURCE
from orchbench.probes.lab import Lab
from orchbench.probes.listener import Listener
from orchbench.probes.permissions import LISTENER, STATEMENTS
from orchbench.probes.probe import Finding, NoAnswer, Probe, Signs, inconclusive, judged, refuted
from orchbench.probes.statements import UNENDING, Statements, counting
from orchbench.trace import to_epoch

PROMPT_SECONDS = 5.0
PATIENCE_SECONDS = 120
TRIES = 5
SETTLES_SECONDS = 20
"""Until whatever there is of the sub-statements has come, at about the same time."""


def delay(lab: Lab) -> Finding:
    """Compare when a statement ended with when its event was in the queue."""
    listener = Listener(lab, "delay", SOURCE)
    statements = Statements(lab)
    delays: list[float] = []
    for _number in range(TRIES):
        statement_id = statements.submit("SELECT 1", WithEvent=True)
        ended = to_epoch(statements.finished(statement_id)["UpdatedAt"])
        events = listener.wait_for("statementId", statement_id, PATIENCE_SECONDS)
        if not events:
            return refuted(f"An event did not come in {PATIENCE_SECONDS} s.", delays_seconds=delays)
        delays.append(round(events[0]["heard_at"] - ended, 3))
    return judged(
        max(delays) <= PROMPT_SECONDS,
        f"The slowest of {TRIES} events came {max(delays):.1f} s after its statement's end.",
        f"An event came {max(delays):.1f} s after its statement's end.",
        delays_seconds=delays,
    )


def described(lab: Lab) -> Finding:
    """Describe a statement as soon as its event is heard, and not before."""
    listener = Listener(lab, "described", SOURCE)
    statements = Statements(lab)
    found: list[str] = []
    for _number in range(TRIES):
        statement_id = statements.submit("SELECT 1", WithEvent=True)
        if not listener.wait_for("statementId", statement_id, PATIENCE_SECONDS):
            return inconclusive(f"An event did not come in {PATIENCE_SECONDS} s.", statuses=found)
        found.append(str(statements.describe(statement_id)["Status"]))
    return judged(
        set(found) == {"FINISHED"},
        f"All {TRIES} were FINISHED when their events came.",
        f"Described when their events came: {', '.join(found)}.",
        statuses=found,
    )


def per_batch(lab: Lab) -> Finding:
    """Count the events of a batch of three."""
    listener = Listener(lab, "batch", SOURCE)
    statements = Statements(lab)
    statement_id = statements.submit_batch("SELECT 1", "SELECT 2", "SELECT 3", WithEvent=True)
    statements.finished(statement_id)
    if not listener.wait_for("statementId", statement_id, PATIENCE_SECONDS):
        return inconclusive(f"No event of the batch came in {PATIENCE_SECONDS} s.")
    lab.sleep(SETTLES_SECONDS if lab.on_aws else 1)
    listener.hear()
    ids = [str(event["detail"].get("statementId")) for event in listener.heard]
    of_batch = [one for one in ids if one.partition(":")[0] == statement_id]
    return judged(
        of_batch == [statement_id],
        "One event came, with the batch's id.",
        f"{len(of_batch)} events came of one batch.",
        statement_ids=of_batch,
    )


def of_a_cancel(lab: Lab) -> Finding:
    """Cancel a statement that runs, and listen."""
    listener = Listener(lab, "cancelled", SOURCE)
    statements = Statements(lab)
    statement_id = statements.submit(counting(UNENDING), WithEvent=True)
    if not statements.started(statement_id):
        raise NoAnswer("The statement did not begin to run in 60 s.")
    statements.cancel_if_running(statement_id)
    ended = statements.describe(statement_id)["Status"]
    if ended != "ABORTED":
        return inconclusive(f"The statement ended as {ended}.")
    events = listener.wait_for("statementId", statement_id, PATIENCE_SECONDS if lab.on_aws else 20)
    states = [str(one["detail"].get("state")) for one in events]
    return judged(
        states == ["ABORTED"],
        "One event came, and says ABORTED.",
        f"Events that came: {', '.join(states) or 'none'}.",
        states=states,
    )


PROBES = (
    Probe(
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
    ),
    Probe(
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
    ),
    Probe(
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
    ),
    Probe(
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
    ),
)
