"""The claim of ``report-lines``, which ``experiments/reports.py`` tries."""

from orchbench.deployment.bench import PATIENCE
from orchbench.probes.experiments.reports import attempt
from orchbench.probes.permissions import REPORTS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="report-lines",
    claim="Each invocation's REPORT line has the shape that is read, and reaches the log within "
    f"{PATIENCE['aws'].deadline_seconds:g} s.",
    used_in=("src/orchbench/deployment/reports.py", "docs/how-it-is-measured.md"),
    how="Invoke the sweep once more than its schedule does, and read its log until the report is there.",
    signs=Signs(
        "a report in time",
        "none that is read, or a later one",
        "the log cannot be read",
        "Change what `deployment/reports.py` takes for a report, or how long the bench waits.",
    ),
    permissions=REPORTS,
    attempt=attempt,
    seconds=60,
    uses={"lambda_request": 1, "lambda_gb_second_x86_64": 1},
)
