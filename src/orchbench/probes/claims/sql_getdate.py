"""The claim of ``sql-getdate``, which ``experiments/sql_functions.py`` tries."""

from orchbench.probes.experiments.sql_functions import THEN, getdate
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="sql-getdate",
    claim="GETDATE() is taken in an INSERT ... SELECT over a user table.",
    used_in=("functions/sql/refresh_customer_summary.sql", "src/orchbench/redshift/dialect.py"),
    how="Insert one row that way into a table of the probe's own.",
    signs=Signs(
        "it is taken",
        "it is refused",
        "no table can be made, or the INSERT fails for another reason",
        THEN,
    ),
    permissions=STATEMENTS,
    attempt=getdate,
    seconds=10,
    warehouse_seconds=10,
)
