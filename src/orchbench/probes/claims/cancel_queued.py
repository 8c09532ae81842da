"""The claim of ``cancel-queued``, which ``experiments/cancel.py`` tries."""

from orchbench.probes.experiments.cancel import NOT_LOCAL, TRIES, queued
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="cancel-queued",
    claim="CancelStatement refuses a statement that still waits (SUBMITTED or PICKED).",
    used_in=("functions/redshift_batch/data_api.py", "docs/faults.md"),
    how=f"Submit an INSERT into a table of the probe's own and cancel it at once, {TRIES} times.",
    signs=Signs(
        "a refusal while it waits",
        "a cancel that is taken, of a statement that never ran",
        "every statement runs or is over before its cancel arrives",
        "Nothing breaks: StatementNotRunningYet and its retries become unneeded.",
    ),
    permissions=STATEMENTS,
    attempt=queued,
    seconds=60,
    warehouse_seconds=40,
    not_local=NOT_LOCAL,
)
