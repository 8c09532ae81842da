"""The claim of ``sql-current-timestamp``, which ``experiments/sql_functions.py`` tries."""

from orchbench.probes.experiments.sql_functions import current_timestamp
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="sql-current-timestamp",
    claim="CURRENT_TIMESTAMP is refused in an INSERT ... SELECT over a user table.",
    used_in=("src/orchbench/redshift/dialect.py",),
    how="Insert one row that way into a table of the probe's own.",
    signs=Signs(
        "it is refused",
        "it is taken",
        "no table can be made, or the INSERT fails for another reason",
        "Nothing breaks: the warning of `orchbench check` becomes a matter of taste.",
    ),
    permissions=STATEMENTS,
    attempt=current_timestamp,
    seconds=10,
    warehouse_seconds=10,
)
