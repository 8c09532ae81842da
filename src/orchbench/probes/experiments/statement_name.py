"""Long StatementNames: the token and the ARN in it are how an execution's statement is found again."""

from orchbench.probes.lab import Lab
from orchbench.probes.listener import Listener
from orchbench.probes.probe import Finding, inconclusive, judged, refuted
from orchbench.probes.statements import LISTED_BY, Statements

LENGTHS = (300, 2000)
MATCHED_LENGTH = 1_200
"""More than a token, an ARN and a callback's id have come to anywhere."""
SOURCE = {"source": ["aws.redshift-data"], "detail-type": ["Redshift Data Statement Status Change"]}
THEN = "Name a statement by its token alone, and keep the execution's ARN where the sweep can read it."


def long_name(lab: Lab, length: int) -> str:
    """Return a name of a length that differs from other names at its beginning and at its end."""
    return lab.name(f"name-{length}-").ljust(length - 4, "x") + "-end"


def found_again(lab: Lab, length: int) -> Finding:
    """Submit under a long name, and list by the first 64 characters."""
    statements = Statements(lab)
    name = long_name(lab, length)
    statement_id = statements.submit("SELECT 1", StatementName=name)
    statements.finished(statement_id)
    listed = lab.until(lambda: statements.listed(name[:64]), 15, every=0.5)
    if not listed:
        return refuted("ListStatements does not find it by the beginning of its name.", length=length)
    seen = listed[0].get("StatementName", "")
    return judged(
        seen == name,
        f"The name of {length:,} characters is listed unshortened.",
        f"The name of {length:,} characters is listed with {len(seen)}.",
        listed_length=len(seen),
    )


def in_the_event(lab: Lab) -> Finding:
    """Submit under long names with an event each, and compare the names in the events."""
    listener = Listener(lab, "names", SOURCE)
    statements = Statements(lab)
    seen = {}
    for length in LENGTHS:
        name = long_name(lab, length)
        statement_id = statements.submit("SELECT 1", StatementName=name, WithEvent=True)
        statements.finished(statement_id)
        events = listener.wait_for("statementId", statement_id, 60)
        if not events:
            return inconclusive(f"No event of the name of {length} characters came in 60 s.")
        seen[str(length)] = events[0]["detail"].get("statementName") == name
    return judged(all(seen.values()), "Both names arrived whole.", "A name was shortened.", unshortened=seen)


def matched(lab: Lab) -> Finding:
    """Listen for what a long name holds in its middle, and submit under it and under one without it."""
    held = f" arn:{lab.partition}:states:{lab.region}:{lab.account}:execution:{lab.name('machine')}:"
    pattern = {**SOURCE, "detail": {"statementName": [{"wildcard": f"*{held}*"}]}}
    listener = Listener(lab, "matched", pattern)
    statements = Statements(lab)
    other = statements.submit("SELECT 1", StatementName=long_name(lab, MATCHED_LENGTH), WithEvent=True)
    statements.finished(other)
    name = f"{lab.name('matched-').ljust(LISTED_BY, 'x')}{held}".ljust(MATCHED_LENGTH, "x")
    statement_id = statements.submit("SELECT 1", StatementName=name, WithEvent=True)
    statements.finished(statement_id)
    events = listener.wait_for("statementId", statement_id, 60 if lab.on_aws else 20)
    heard = [str(one["detail"].get("statementId")) for one in listener.heard]
    if not events:
        return refuted(f"A wildcard does not match what a name of {MATCHED_LENGTH:,} characters holds.")
    return judged(
        heard == [statement_id],
        f"The rule matched the name of {MATCHED_LENGTH:,} characters, and no other.",
        f"The rule let {len(heard)} events through; one was meant.",
        statement_ids=heard,
    )
