"""The claim of ``describe-finished-batch``, which ``experiments/sdk_answers.py`` tries."""

from orchbench.probes.experiments.sdk_answers import READ, USED_IN, finished_batch
from orchbench.probes.permissions import STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="describe-finished-batch",
    claim=f"The description of a batch that has finished has {', '.join(READ)}.",
    used_in=USED_IN,
    how="Submit a batch of two, and describe it once it has finished.",
    signs=Signs(
        "all are there",
        "one is absent",
        "a call or a statement fails",
        "Take what is absent out of the state Read result.",
    ),
    permissions=STATEMENTS,
    attempt=finished_batch,
    seconds=30,
    warehouse_seconds=5,
)
