"""A repeated ClientToken: what makes a submit idempotent, and so a batch run once."""

from botocore.exceptions import ClientError

from orchbench.deployment.warehouse import RUNNING
from orchbench.probes.lab import Lab
from orchbench.probes.probe import PERFORMING, Finding, confirmed, inconclusive, judged, refuted
from orchbench.probes.statements import UNENDING, Statements, counting

USED_IN = ("functions/redshift_batch/data_api.py", "docs/faults.md")
OTHER_PARAMETERS = ("ValidationException", "ConflictException", "IdempotentParameterMismatchException")
"""How AWS's services refuse a token that was used with other parameters (assumed of the Data API)."""
THEN = (
    "Look for the statement by its name before each submit, and accept that a lost answer can run SQL twice."
)


def while_it_runs(lab: Lab) -> Finding:
    """Submit twice while the first statement runs."""
    statements = Statements(lab)
    sql, token = counting(UNENDING), lab.name("token-running")
    # The name is a parameter too: a repeated submit has the same one.
    first = statements.submit(sql, ClientToken=token, StatementName=token)
    if not statements.started(first):
        return inconclusive("The first statement did not get to run in 60 s.")
    second = statements.submit(sql, ClientToken=token, StatementName=token)
    if statements.describe(first)["Status"] not in RUNNING:
        return inconclusive("The first statement was over before the second submit.", ids=[first, second])
    return _same(first, second)


def after_it_finished(lab: Lab) -> Finding:
    """Submit again what has finished."""
    statements = Statements(lab)
    token = lab.name("token-finished")
    first = statements.submit("SELECT 1", ClientToken=token, StatementName=token)
    statements.finished(first)
    return _same(first, statements.submit("SELECT 1", ClientToken=token, StatementName=token))


def other_parameters(lab: Lab) -> Finding:
    """Submit other SQL under the token of a statement that has finished."""
    statements = Statements(lab)
    token = lab.name("token-other")
    first = statements.submit("SELECT 1", ClientToken=token, StatementName=token)
    statements.finished(first)
    try:
        second = statements.submit("SELECT 2", ClientToken=token, StatementName=token)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in OTHER_PARAMETERS or PERFORMING.search(str(error)):
            raise
        return confirmed(f"The other SQL was refused with {code}.", error=code)
    if second == first:
        return confirmed("The first statement was returned, and the other SQL did not run.", ids=[first])
    return refuted("The other SQL ran as a second statement.", ids=[first, second])


def _same(first: str, second: str) -> Finding:
    return judged(
        first == second,
        "The second submit returned the first statement.",
        "The second submit started another statement.",
        ids=[first, second],
    )
