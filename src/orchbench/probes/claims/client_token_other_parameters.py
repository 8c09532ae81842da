"""The claim of ``client-token-other-parameters``, which ``experiments/client_token.py`` tries."""

from orchbench.probes.experiments.client_token import THEN, USED_IN, other_parameters
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="client-token-other-parameters",
    claim="Other SQL under a used ClientToken is never run: it is refused, or the first id returned.",
    used_in=USED_IN,
    how="Submit SELECT 1 and then SELECT 2 with one token.",
    signs=Signs(
        "a refusal, or the first id",
        "a second id",
        "a call or the first statement fails for another reason",
        THEN,
    ),
    permissions=STATEMENTS,
    attempt=other_parameters,
    seconds=5,
    warehouse_seconds=5,
)
