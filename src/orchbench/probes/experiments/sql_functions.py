"""The functions of the bundled SQL on user tables, and the one that it avoids."""

import re

from orchbench.comparison.seed import orders_count
from orchbench.deployment.warehouse import SqlFailed
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, Verdict, confirmed, judged, refuted
from orchbench.probes.statements import Statements
from orchbench.project import project_root

BUNDLED = project_root() / "functions" / "sql"
CALL = re.compile(r"\b([A-Z_]+\([^()]*\))")
SOURCE = re.compile(r"\bFROM\s+([\w.]+)\s+GROUP\b")
REFUSED_FUNCTION = re.compile(
    r"not supported on (Amazon )?Redshift tables|function .*(does not exist|not supported)|syntax error",
    re.IGNORECASE,
)
"""What is said of a function that is not taken: on user tables (Redshift guide, "SQL functions supported on
the leader node"), and of one that there is not (PostgreSQL's words, assumed of Redshift)."""
# The local server warns of what Redshift may not take; here that is the question.
ON_PURPOSE = "/* dialect: postgresql */"


def calls(sql: str) -> list[str]:
    """Return the calls of functions in the text, each once."""
    return list(dict.fromkeys(CALL.findall(sql)))


def source(sql: str) -> str:
    """Return the user table that the text reads."""
    found = SOURCE.search(sql)
    if found is None:
        raise ValueError("The bundled SQL reads no table that the probe finds.")
    return found[1]


def bundled(lab: Lab) -> Finding:
    """Run each function of the bundled SQL on its table."""
    statements = Statements(lab)
    # Whoever may not read the table learns that, and nothing of functions.
    orders_count(statements.warehouse)
    outcomes = {}
    for path in sorted(BUNDLED.glob("*.sql")):
        sql = path.read_text()
        for call in calls(sql[sql.rindex("SELECT") :]):
            # GETDATE() alone would be answered by the leader node, without a look at the table.
            query = f"SELECT {call} FROM {source(sql)} GROUP BY order_id LIMIT 1"  # noqa: S608 - bundled text
            outcomes[call] = _refusal(statements, query) or "taken"
    return judged(
        set(outcomes.values()) == {"taken"},
        f"All {len(outcomes)} are taken.",
        "Some are refused.",
        functions=outcomes,
    )


def getdate(lab: Lab) -> Finding:
    """Insert from the orders with GETDATE()."""
    return _inserted(lab, "GETDATE()", "getdate")


def current_timestamp(lab: Lab) -> Finding:
    """Insert from the orders with CURRENT_TIMESTAMP, which is claimed not to work."""
    found = _inserted(lab, f"{ON_PURPOSE} CURRENT_TIMESTAMP", "now")
    reverse = refuted if found.verdict is Verdict.CONFIRMED else confirmed
    return reverse(found.reason, **found.observations)


def _inserted(lab: Lab, call: str, what: str) -> Finding:
    statements = Statements(lab)
    orders_count(statements.warehouse)
    table = statements.table(what, "at TIMESTAMP")
    sql = f"INSERT INTO {table} SELECT {call} FROM public.orders LIMIT 1"  # noqa: S608 - our own text
    if refusal := _refusal(statements, sql):
        return refuted("An INSERT that reads a user table was refused.", error=refusal)
    return confirmed("An INSERT that reads a user table was taken.")


def _refusal(statements: Statements, sql: str) -> str | None:
    """Run a statement, and return the error where a function in it is not taken.

    Raises:
        SqlFailed: it failed for another reason, which tells nothing of functions.
    """
    try:
        statements.finished(statements.submit(sql))
    except SqlFailed as error:
        if not REFUSED_FUNCTION.search(str(error)):
            raise
        return str(error)
    return None


THEN = "Write the bundled SQL with what is taken, and move the entry in the dialect's list."
