"""The Data API's event at a statement's end: when it comes, and how many of a batch."""

from orchbench.probes.experiments.statement_name import SOURCE
from orchbench.probes.lab import Lab
from orchbench.probes.listener import Listener
from orchbench.probes.permissions import LISTENER, STATEMENTS
from orchbench.probes.probe import Finding, Probe, Signs, inconclusive, judged, refuted
from orchbench.probes.statements import Statements
from orchbench.trace import to_epoch

PROMPT_SECONDS = 5.0
PATIENCE_SECONDS = 120
TRIES = 5
ASSUMED_EVENTS = "the local Data API sends its events as this project assumes them"


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


def per_batch(lab: Lab) -> Finding:
    """Count the events of a batch of three."""
    listener = Listener(lab, "batch", SOURCE)
    statements = Statements(lab)
    statement_id = statements.submit_batch("SELECT 1", "SELECT 2", "SELECT 3", WithEvent=True)
    statements.finished(statement_id)
    if not listener.wait_for("statementId", statement_id, PATIENCE_SECONDS):
        return inconclusive(f"No event of the batch came in {PATIENCE_SECONDS} s.")
    # Whatever there is of the sub-statements comes at about the same time.
    lab.sleep(20)
    listener.hear()
    ids = [str(event["detail"].get("statementId")) for event in listener.heard]
    of_batch = [one for one in ids if one.partition(":")[0] == statement_id]
    return judged(
        of_batch == [statement_id],
        "One event came, with the batch's id.",
        f"{len(of_batch)} events came of one batch.",
        statement_ids=of_batch,
    )


PROBES = (
    Probe(
        name="statement-event-delay",
        claim=f"The event of a statement's end arrives within {PROMPT_SECONDS:g} s.",
        used_in=("src/orchbench/ways/way.py",),
        how=f"Submit SELECT 1 with WithEvent {TRIES} times; compare UpdatedAt with the queue's own time.",
        signs=Signs(
            f"all {TRIES} within {PROMPT_SECONDS:g} s",
            f"one later, or none in {PATIENCE_SECONDS} s",
            "a call or a statement fails",
            "Shorten the slow poll behind ways that wait for an event, and state the delay as measured.",
        ),
        permissions=(*STATEMENTS, *LISTENER),
        attempt=delay,
        seconds=60,
        warehouse_seconds=20,
        not_local=ASSUMED_EVENTS,
    ),
    Probe(
        name="statement-event-per-batch",
        claim="A batch sends one event, with its own id, and none for each sub-statement.",
        used_in=("src/orchbench/ways/way.py",),
        how="Submit a batch of three with WithEvent, and count what arrives.",
        signs=Signs(
            "one event",
            "several",
            f"none in {PATIENCE_SECONDS} s, or the batch fails",
            "The event's target ignores ids of sub-statements, and the estimates count all the events.",
        ),
        permissions=(*STATEMENTS, *LISTENER),
        attempt=per_batch,
        seconds=60,
        warehouse_seconds=10,
        not_local=ASSUMED_EVENTS,
    ),
)
