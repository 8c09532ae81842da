"""The Data API's event at a statement's end: when it comes, how many of a batch, and whether of a cancel."""

from orchbench.probes.experiments.statement_name import SOURCE
from orchbench.probes.lab import Lab
from orchbench.probes.listener import Listener
from orchbench.probes.probe import Finding, NoAnswer, inconclusive, judged, refuted
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
