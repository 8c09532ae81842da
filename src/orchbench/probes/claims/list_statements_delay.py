"""The claim of ``list-statements-delay``, which ``experiments/list_statements.py`` tries."""

from orchbench.deployment.bench import SUBMITS_IN_FLIGHT_SECONDS
from orchbench.probes.experiments.list_statements import EVERY_SECONDS, TRIES, attempt
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="list-statements-delay",
    claim=f"ListStatements shows a statement within {SUBMITS_IN_FLIGHT_SECONDS} s of its submit.",
    used_in=("src/orchbench/deployment/bench.py", "functions/redshift_batch/lifecycle.py"),
    how=f"Submit SELECT 1 under a name and list by it every {EVERY_SECONDS} s, {TRIES} times.",
    signs=Signs(
        f"listed within {SUBMITS_IN_FLIGHT_SECONDS} s each time",
        "later, or never",
        "a call is throttled, or it or a statement fails",
        "Raise SUBMITS_IN_FLIGHT_SECONDS to what was measured.",
    ),
    permissions=STATEMENTS,
    attempt=attempt,
    seconds=10,
    warehouse_seconds=10,
)
