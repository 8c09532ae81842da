"""The claim of ``retry-events``, which ``experiments/retry_events.py`` tries."""

from orchbench.probes.experiments.retry_events import RETRIES, attempt
from orchbench.probes.permissions import MACHINE
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="retry-events",
    claim="A retry of a Task writes three events: TaskFailed, TaskScheduled and TaskStarted.",
    used_in=(
        "src/orchbench/platforms/step_functions/platform.py",
        "src/orchbench/ways/state_machine_amounts.py",
    ),
    how=f"A Task invokes a function that does not exist, with {RETRIES} retries.",
    signs=Signs(
        "these three",
        "others, or another number",
        "it is not tried three times",
        "Change the reserve of HISTORY_QUOTA, and with it the poll budget of ways on Step Functions.",
    ),
    permissions=MACHINE,
    attempt=attempt,
    seconds=20,
    uses={"state_transition": RETRIES + 2},
)
