"""The claim of ``statement-name-in-event``, which ``experiments/statement_name.py`` tries."""

from orchbench.probes.experiments.statement_name import in_the_event
from orchbench.probes.permissions import LISTENER, STATEMENTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="statement-name-in-event",
    claim="The event of a statement's end carries names of 300 and of 2,000 characters unshortened.",
    used_in=("functions/notify/handler.py", "functions/redshift_batch/names.py"),
    how="Submit SELECT 1 under both names with WithEvent, and read the events from a queue.",
    signs=Signs(
        "both names whole",
        "one that is shortened or missing",
        "no event in 60 s, or a statement fails",
        "The notify function asks the Data API for the name by the statement's id.",
    ),
    permissions=(*STATEMENTS, *LISTENER),
    attempt=in_the_event,
    seconds=40,
    warehouse_seconds=10,
)
