"""The claim of ``statement-name-300``, which ``experiments/statement_name.py`` tries."""

from functools import partial

from orchbench.probes.experiments.statement_name import THEN, found_again
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="statement-name-300",
    claim="A StatementName of 300 characters is found by its beginning, and listed whole.",
    used_in=("functions/redshift_batch/data_api.py", "functions/sweep/handler.py"),
    how="Submit SELECT 1 under such a name, and list statements by its first 64 characters.",
    signs=Signs("the same name", "none, or a shorter one", "the statement is not taken, or fails", THEN),
    permissions=STATEMENTS,
    attempt=partial(found_again, length=300),
    seconds=5,
    warehouse_seconds=5,
)
