"""The claim of ``client-token-finished``, which ``experiments/client_token.py`` tries."""

from orchbench.probes.experiments.client_token import THEN, USED_IN, after_it_finished
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="client-token-finished",
    claim="A submit that repeats the ClientToken of a finished statement returns that statement.",
    used_in=USED_IN,
    how="Submit SELECT 1 twice with one token, the second time after its end.",
    signs=Signs("one id", "two ids", "the first statement does not finish", THEN),
    permissions=STATEMENTS,
    attempt=after_it_finished,
    seconds=5,
    warehouse_seconds=5,
)
