"""A cancel that comes while the statement still waits: whether it is refused, and what then becomes of it."""

from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, confirmed, inconclusive, judged, refuted
from orchbench.probes.statements import NOT_TAKEN, WAITING, Statements, counting
from orchbench.trace import Json

TRIES = 5
ASSUMED_CODE = "ValidationException"
TRIED_AGAIN = {ASSUMED_CODE, NOT_TAKEN}
"""The refusals after which the functions try again; another one is final."""
POWER = 7
ENDED_BY_ITSELF = ("FINISHED", "FAILED")
NOT_LOCAL = "the local Data API runs a statement at once, so that none waits for long enough"
SETTLES_SECONDS = 20


def tries(lab: Lab) -> list[Json]:
    """Submit INSERTs, each cancelled at once, and return what became of each."""
    statements = Statements(lab)
    table = statements.table("cancel", "n BIGINT")
    seen: list[Json] = []
    for _number in range(TRIES if lab.on_aws else 2):
        statement_id = statements.submit(f"INSERT INTO {table} {counting(POWER)}")
        before = statements.describe(statement_id)["Status"]
        refusal = statements.cancel(statement_id)
        after = statements.describe(statement_id)["Status"] if refusal else None
        end = statements.ended(statement_id) or statements.describe(statement_id)
        if refusal and end["Status"] == "ABORTED":
            lab.sleep(SETTLES_SECONDS if lab.on_aws else 1)
        rows = statements.warehouse.rows(f"SELECT COUNT(*) FROM {table}", "Counting")[0][0]  # noqa: S608
        seen.append(
            {
                "before": before,
                "refusal": refusal,
                "after": after,
                "end": end["Status"],
                "ran": int(end.get("RedshiftQueryId") or 0) > 0,
                "rows": rows - sum(one["rows"] for one in seen),
            }
        )
    return seen


def _refused_in_time(one: Json) -> bool:
    """Tell whether a cancel was refused, and not because its statement was over by then."""
    return bool(one["refusal"]) and one["after"] not in ENDED_BY_ITSELF


def queued(lab: Lab) -> Finding:
    """Look whether a cancel is refused while the statement waits."""
    seen = tries(lab)
    waiting = [one for one in seen if one["before"] in WAITING]
    # One that runs is cancelled and not refused.
    if refusals := [str(one["refusal"]) for one in waiting if _refused_in_time(one)]:
        codes = sorted({said.partition(": ")[0] for said in refusals} - TRIED_AGAIN)
        return judged(
            not codes,
            "A cancel was refused while its statement waited.",
            f"A cancel was refused with {', '.join(codes)} while its statement waited.",
            tries=seen,
        )
    if any(not one["refusal"] and not one["ran"] and one["end"] == "ABORTED" for one in waiting):
        return refuted("A cancel was taken while its statement waited, which then never ran.", tries=seen)
    return inconclusive("No cancel met a statement that waited.", tries=seen)


def refused(lab: Lab) -> Finding:
    """Look whether a statement that is told as ABORTED after a refusal has run all the same."""
    seen = tries(lab)
    # A row may come so late that it is counted behind a later statement.
    if sum(one["rows"] for one in seen) > sum(one["end"] != "ABORTED" for one in seen):
        return refuted("A statement that was told as ABORTED wrote its row.", tries=seen)
    met = [one for one in seen if _refused_in_time(one)]
    if any(one["end"] == "ABORTED" for one in met):
        return confirmed("What was told as ABORTED wrote no row.", tries=seen)
    if any(one["end"] == "FINISHED" for one in met):
        return confirmed("After a refusal no statement was told as ABORTED: each ran to its end.", tries=seen)
    return inconclusive("No cancel was refused before its statement was over.", tries=seen)
