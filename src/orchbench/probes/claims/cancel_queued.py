"""The claim of ``cancel-queued``, which ``experiments/cancel.py`` tries."""

from orchbench.probes.experiments.cancel import ASSUMED_CODE, NOT_LOCAL, TRIES, queued
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="cancel-queued",
    claim=f"CancelStatement refuses a statement that waits (SUBMITTED or PICKED) with {ASSUMED_CODE}.",
    used_in=("functions/redshift_batch/data_api.py", "docs/faults.md"),
    how=f"Submit an INSERT into a table of the probe's own and cancel it at once, {TRIES} times.",
    signs=Signs(
        "such a refusal while it waits",
        "a refusal with another code, or a cancel that is taken, of a statement that never ran",
        "every statement runs or is over before its cancel arrives",
        "Name another code in `DataApi.cancel`, whose retries it would not get; of one that is taken nothing "
        "breaks, and StatementNotRunningYet becomes unneeded.",
    ),
    permissions=STATEMENTS,
    attempt=queued,
    seconds=60,
    warehouse_seconds=40,
    not_local=NOT_LOCAL,
)
