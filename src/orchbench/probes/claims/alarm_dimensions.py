"""The claim of ``alarm-dimensions``, which ``experiments/alarm_dimensions.py`` tries."""

from orchbench.probes.experiments.alarm_dimensions import attempt
from orchbench.probes.permissions import METRICS
from orchbench.probes.probe import Probe, Signs

PROBE = Probe(
    name="alarm-dimensions",
    claim="Every metric that monitoring.yaml watches is published with the dimensions that it names.",
    used_in=("monitoring.yaml", "docs/operations.md"),
    how="List the metrics of each name that this stack has published, and compare their dimensions.",
    signs=Signs(
        "each is listed with them",
        "one is listed with others alone",
        "one is not published yet: it takes an execution that failed, timed out or was throttled",
        "Correct the dimensions in monitoring.yaml: the alarm would never ring.",
    ),
    permissions=METRICS,
    attempt=attempt,
    seconds=10,
    not_local="no emulator publishes the services' own metrics",
)
