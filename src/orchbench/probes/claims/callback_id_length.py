"""The claim of ``callback-id-length``, which ``experiments/waits.py`` tries."""

from orchbench.probes.experiments.waits import MOST_NAME, id_length
from orchbench.probes.permissions import DURABLE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="callback-id-length",
    claim=f"A callback's id fits a StatementName of {MOST_NAME:,} characters, beside a token and an ARN.",
    used_in=("functions/redshift_batch/names.py", "functions/durable_callback/handler.py"),
    how="A durable function of the probe's own begins a callback; read its id from the history.",
    signs=Signs(
        "the name has room",
        "it has not",
        "the history shows no callback",
        "Leave the id out of the name: the notify function reads the history for the first wait too.",
    ),
    permissions=DURABLE,
    attempt=id_length,
    seconds=20,
    uses={"durable_operation": 2, "lambda_request": 1},
)
