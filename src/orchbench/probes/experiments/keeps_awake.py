"""Whether looking at a statement keeps a Serverless workgroup awake, which would bill its time."""

from collections.abc import Callable

from orchbench.probes.capacity import base_capacity, workgroup_name
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, inconclusive, judged
from orchbench.probes.statements import Statements

QUIET_SECONDS = 180
LOOKING_SECONDS = 60
EVERY_SECONDS = 10
MOST_RPU = 16
PATIENCE_SECONDS = 600
SETTLES_SECONDS = 120
# Names as CloudWatch lists them, assumed: where they differ the probe is inconclusive.
METRIC = {"Namespace": "AWS/Redshift-Serverless", "MetricName": "ComputeSeconds"}


def attempt(lab: Lab) -> Finding:
    """Let the workgroup fall asleep before each kind of call, and see what was computed meanwhile."""
    name, capacity = workgroup_name(lab), base_capacity(lab)
    if name is None or capacity is None:
        return inconclusive("The stack runs on a cluster, which never sleeps.")
    if capacity > MOST_RPU:
        return inconclusive(f"At {capacity} RPU some minutes awake cost more than a probe may.")
    statements = Statements(lab)
    first, listed_as = lab.now(), lab.name("old")
    statement_id = statements.submit("SELECT 1", StatementName=listed_as)
    statements.finished(statement_id)
    calls: dict[str, Callable[[], object]] = {
        "describing": lambda: statements.describe(statement_id),
        "listing": lambda: statements.listed(listed_as),
        # It is over, so that this is refused or does nothing.
        "cancelling": lambda: statements.cancel(statement_id),
    }
    spans = {what: _repeated(lab, call) for what, call in calls.items()}
    # The statement's own compute shows that the metric is read rightly, and has arrived.
    began = spans["describing"][0]
    if not lab.until(lambda: _computed(lab, name, first, began), PATIENCE_SECONDS, every=30):
        return inconclusive(f"The statement's own compute was not recorded in {PATIENCE_SECONDS} s.")
    lab.sleep(SETTLES_SECONDS)
    computed = {what: _computed(lab, name, *span) for what, span in spans.items()}
    awake = [f"{seconds:.0f} s while {what}" for what, seconds in computed.items() if seconds]
    return judged(
        not awake,
        "No compute was recorded while an old statement was described, listed and cancelled.",
        f"Compute was recorded: {', '.join(awake)}.",
        computed_seconds=computed,
        capacity=capacity,
    )


def _repeated(lab: Lab, call: Callable[[], object]) -> tuple[float, float]:
    """Make a call again and again after some quiet, and return from when till when."""
    lab.sleep(QUIET_SECONDS)
    began = lab.now()

    def once_more() -> bool:
        call()
        return False

    lab.until(once_more, LOOKING_SECONDS, every=EVERY_SECONDS)
    # A call's compute is recorded in the minute in which it ends; quiet follows.
    return began, lab.now() + 60


def _computed(lab: Lab, workgroup: str, began: float, ended: float) -> float:
    """Return the compute seconds that are recorded between two moments."""
    cloudwatch = lab.client("cloudwatch")
    listed = cloudwatch.list_metrics(**METRIC, Dimensions=[{"Name": "Workgroup", "Value": workgroup}])
    seconds = 0.0
    for one in listed["Metrics"]:
        answer = cloudwatch.get_metric_statistics(
            **METRIC,
            Dimensions=one["Dimensions"],
            StartTime=began,
            EndTime=ended,
            Period=60,
            Statistics=["Sum"],
        )
        seconds += sum(float(point["Sum"]) for point in answer["Datapoints"])
    return seconds
