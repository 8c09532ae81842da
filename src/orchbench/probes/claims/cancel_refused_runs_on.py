"""The claim of ``cancel-refused-runs-on``, which ``experiments/cancel.py`` tries."""

from orchbench.probes.experiments.cancel import NOT_LOCAL, refused
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="cancel-refused-runs-on",
    claim="A statement that the Data API calls ABORTED has stopped, even where its cancel was refused.",
    used_in=("functions/redshift_batch/lifecycle.py", "docs/operations.md"),
    how="The same INSERTs; after each that is told as ABORTED look for its row.",
    signs=Signs(
        "no row of an ABORTED statement, or none is told as ABORTED after a refusal",
        "a row of an ABORTED statement",
        "no cancel is refused before its statement is over",
        "After a cancel look for the query in SYS_QUERY_HISTORY and end it with CANCEL; "
        "statement_timeout is the last line.",
    ),
    permissions=STATEMENTS,
    attempt=refused,
    seconds=90,
    warehouse_seconds=40,
    not_local=NOT_LOCAL,
)
