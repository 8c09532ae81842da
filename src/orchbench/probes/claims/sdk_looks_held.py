"""The claim of ``sdk-looks-held``, which ``experiments/sdk_answers.py`` tries."""

from orchbench.probes.experiments.sdk_answers import BATCH_SECONDS, NEARLY_HELD_SECONDS, held_looks
from orchbench.probes.experiments.sdk_integration import MOST_WAIT_SECONDS
from orchbench.probes.permissions import DEPLOYED_MACHINES
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="sdk-looks-held",
    claim=f"Looks with a WaitTimeSeconds of {MOST_WAIT_SECONDS} are held that long, and answered.",
    used_in=("docs/ways.md", "docs/limits.md"),
    how="On the deployed way whose looks are held, start a query that does not end, with a timeout of "
    f"{BATCH_SECONDS} s; its history tells how long each look was held, how it ended, and how many there "
    "were.",
    signs=Signs(
        f"each was held for at least {NEARLY_HELD_SECONDS} s",
        "one ended earlier, or with an error",
        "the way is not deployed, takes no SQL, or the query ended",
        "Keep the way off: where looks are not held it waits a minute between two, and where they are "
        "not answered it cancels the batch.",
    ),
    permissions=DEPLOYED_MACHINES,
    attempt=held_looks,
    seconds=120,
    uses={"state_transition": 12},
    warehouse_seconds=95,
    not_local="the emulator calls the local Data API through a mend of the bench's own",
)
