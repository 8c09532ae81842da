"""Whether looking at a statement keeps a Serverless workgroup awake, which would bill its time."""

from orchbench.probes.capacity import base_capacity, workgroup_name
from orchbench.probes.lab import Lab
from orchbench.probes.permissions import CAPACITY, METRICS, STATEMENTS
from orchbench.probes.probe import Finding, Probe, Signs, inconclusive, judged
from orchbench.probes.statements import Statements

QUIET_SECONDS = 180
LOOKING_SECONDS = 180
MOST_RPU = 16
PATIENCE_SECONDS = 600
SETTLES_SECONDS = 120
# Names as CloudWatch lists them, assumed: where they differ the probe is inconclusive.
METRIC = {"Namespace": "AWS/Redshift-Serverless", "MetricName": "ComputeSeconds"}


def attempt(lab: Lab) -> Finding:
    """Let the workgroup fall asleep, look at an old statement for minutes, and see what was computed."""
    name, capacity = workgroup_name(lab), base_capacity(lab)
    if name is None or capacity is None:
        return inconclusive("The stack runs on a cluster, which never sleeps.")
    if capacity > MOST_RPU:
        return inconclusive(f"At {capacity} RPU some minutes awake cost more than a probe may.")
    statements = Statements(lab)
    first = lab.now()
    statement_id = statements.submit("SELECT 1")
    statements.ended(statement_id)
    lab.sleep(QUIET_SECONDS)
    began = lab.now()
    lab.until(lambda: statements.describe(statement_id) and False, LOOKING_SECONDS, every=10)
    ended = lab.now()
    # The statement's own compute shows that the metric is read rightly, and has arrived.
    if not lab.until(lambda: _computed(lab, name, first, began), PATIENCE_SECONDS, every=30):
        return inconclusive(f"The statement's own compute was not recorded in {PATIENCE_SECONDS} s.")
    lab.sleep(SETTLES_SECONDS)
    computed = _computed(lab, name, began, ended)
    return judged(
        computed == 0,
        "No compute was recorded while a statement was looked at.",
        f"{computed:.0f} compute seconds were recorded while a statement was looked at.",
        computed_seconds=computed,
        capacity=capacity,
    )


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


PROBES = (
    Probe(
        name="describe-keeps-awake",
        claim="Describing a statement neither wakes a Serverless workgroup nor keeps it awake.",
        used_in=("docs/cost-model.md",),
        how=f"After {QUIET_SECONDS} s of quiet describe an old statement every 10 s for {LOOKING_SECONDS} s, "
        "and read ComputeSeconds of that time.",
        signs=Signs(
            "no compute",
            "some compute",
            f"a cluster, more than {MOST_RPU} RPU, or a metric of another name",
            "Every poll of a sleeping workgroup costs compute: add it to the estimates, poll more rarely.",
        ),
        permissions=(*STATEMENTS, *METRICS, *CAPACITY),
        attempt=attempt,
        seconds=QUIET_SECONDS + LOOKING_SECONDS + PATIENCE_SECONDS,
        warehouse_seconds=LOOKING_SECONDS,
        not_local="the local Data API is always awake",
    ),
)
