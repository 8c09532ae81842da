"""Lambda's REPORT lines: their shape, and when they reach the log."""

from datetime import UTC, datetime

from orchbench.deployment.bench import PATIENCE
from orchbench.deployment.reports import InvocationReport, read_reports
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, judged, refuted

PATIENCE_SECONDS = 180


def attempt(lab: Lab) -> Finding:
    """Invoke the sweep, as its schedule does, and look for the report."""
    name = f"{lab.connection.stack_name}-sweep"
    began = lab.now()
    lab.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    answered = lab.now()

    def reports() -> list[InvocationReport]:
        window = (datetime.fromtimestamp(began - 5, UTC), datetime.fromtimestamp(lab.now() + 60, UTC))
        return read_reports(lab.client("logs"), f"/aws/lambda/{name}", *window)

    found = lab.until(reports, PATIENCE_SECONDS if lab.on_aws else 60)
    if not found:
        return refuted(f"No line that is read as a report came in {PATIENCE_SECONDS} s.")
    delay, patience = lab.now() - answered, PATIENCE["aws"].deadline_seconds
    return judged(
        delay <= patience,
        f"The report has the shape that is read, and came {delay:.1f} s after the answer.",
        f"The report came {delay:.1f} s after the answer; we wait {patience:g} s.",
        delay_seconds=round(delay, 1),
        duration_seconds=found[0].duration_seconds,
        billed_seconds=found[0].billed_seconds,
        init_seconds=found[0].init_seconds,
    )
