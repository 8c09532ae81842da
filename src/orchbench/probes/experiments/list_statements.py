"""How soon a submitted statement is listed: a stopped execution's statement is found that way alone."""

from functools import partial

from orchbench.deployment.bench import SUBMITS_IN_FLIGHT_SECONDS
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, judged, refuted
from orchbench.probes.statements import Statements

TRIES = 3
PATIENCE_SECONDS = 60
# Three calls a second are allowed in the account.
EVERY_SECONDS = 0.5


def attempt(lab: Lab) -> Finding:
    """Submit, and list by name until the statement is there."""
    statements = Statements(lab)
    delays: list[float] = []
    for number in range(TRIES):
        name = lab.name(f"listed-{number}")
        statement_id = statements.submit("SELECT 1", StatementName=name)
        looks = [lab.now()]
        is_listed = lab.until(
            partial(_look, lab, statements, name, looks), PATIENCE_SECONDS, every=EVERY_SECONDS
        )
        statements.finished(statement_id)
        if not is_listed:
            return refuted(f"A statement was not listed in {PATIENCE_SECONDS} s.", delays_seconds=delays)
        delays.append(round(looks[-1] - looks[0], 3))
    return judged(
        max(delays) <= SUBMITS_IN_FLIGHT_SECONDS,
        f"The slowest of {TRIES} was listed {max(delays):.1f} s after its submit.",
        f"One was listed only {max(delays):.1f} s after its submit.",
        delays_seconds=delays,
    )


def _look(lab: Lab, statements: Statements, name: str, looks: list[float]) -> bool:
    """Look once, and note when: what the call itself takes is no delay of the statement's."""
    looks.append(lab.now())
    return bool(statements.listed(name))
