"""The claim of ``client-token-running``, which ``experiments/client_token.py`` tries."""

from orchbench.probes.experiments.client_token import THEN, USED_IN, while_it_runs
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="client-token-running",
    claim="A submit that repeats a ClientToken returns the statement that runs already.",
    used_in=USED_IN,
    how="Submit a long count twice with one token, and compare the ids.",
    signs=Signs("one id", "two ids", "the first statement does not run, or is over too soon", THEN),
    permissions=STATEMENTS,
    attempt=while_it_runs,
    seconds=15,
    warehouse_seconds=20,
)
