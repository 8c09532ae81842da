"""The claim of ``sql-bundled-functions``, which ``experiments/sql_functions.py`` tries."""

from orchbench.probes.experiments.sql_functions import THEN, bundled
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="sql-bundled-functions",
    claim="Redshift takes each function of the bundled SQL on a user table.",
    used_in=("functions/sql/refresh_customer_summary.sql",),
    how="SELECT each call of the bundled files from the table that they read.",
    signs=Signs(
        "all are taken",
        "one is refused",
        "the table cannot be read, or a statement fails for another reason",
        THEN,
    ),
    permissions=STATEMENTS,
    attempt=bundled,
    seconds=20,
    warehouse_seconds=20,
)
