"""Whether looking at a statement keeps a Serverless workgroup awake: it would bill what an idle night does not."""

from typing import Any

from orchbench.probes.capacity import base_capacity, workgroup_name
from orchbench.probes.lab import Lab
from orchbench.probes.permissions import CAPACITY, METRICS, STATEMENTS
from orchbench.probes.probe import Finding, Probe, Signs, inconclusive, judged
from orchbench.probes.statements import Statements

QUIET_SECONDS = 180
LOOKING_SECONDS = 180
MOST_RPU = 16
PATIENCE_SECONDS = 600
METRIC = {"Namespace": "AWS/Redshift-Serverless", "MetricName": "ComputeSeconds"}


def attempt(lab: Lab) -> Finding:
    """Let the workgroup fall asleep, look at an old statement for minutes, and see what was computed."""
    name, capacity = workgroup_name(lab), base_capacity(lab)
    if name is None or capacity is None:
        return inconclusive("The stack runs on a cluster, which never sleeps.")
    if capacity > MOST_RPU:
        return inconclusive(f"At {capacity} RPU three minutes awake cost more than a probe may.")
    statements = Statements(lab)
    statement_id = statements.submit("SELECT 1")
    statements.ended(statement_id)
    lab.sleep(QUIET_SECONDS)
    began = lab.now()
    lab.until(lambda: statements.describe(statement_id) and False, LOOKING_SECONDS, every=10)
    ended = lab.now()
    points = lab.until(lambda: _points(lab, name, began, ended), PATIENCE_SECONDS, every=30)
    computed = sum(float(point["Sum"]) for point in points)
    if not points:
        return judged(
            holds=True,
            yes=f"No compute was recorded for the time, {PATIENCE_SECONDS} s after it.",
            no="",
            computed_seconds=0,
        )
    return judged(
        computed == 0,
        "No compute was recorded while a statement was looked at.",
        f"{computed:.0f} compute seconds were recorded while a statement was looked at.",
        computed_seconds=computed,
        capacity=capacity,
    )


def _points(lab: Lab, workgroup: str, began: float, ended: float) -> list[Any]:
    cloudwatch = lab.client("cloudwatch")
    listed = cloudwatch.list_metrics(**METRIC, Dimensions=[{"Name": "Workgroup", "Value": workgroup}])
    points: list[Any] = []
    for one in listed["Metrics"]:
        answer = cloudwatch.get_metric_statistics(
            **METRIC,
            Dimensions=one["Dimensions"],
            StartTime=began,
            EndTime=ended,
            Period=60,
            Statistics=["Sum"],
        )
        points += answer["Datapoints"]
    return points


PROBES = (
    Probe(
        name="describe-keeps-awake",
        claim="Describing a statement neither wakes a Serverless workgroup nor keeps it awake.",
        used_in=("docs/cost-model.md",),
        how=f"After {QUIET_SECONDS} s of quiet describe an old statement every 10 s for {LOOKING_SECONDS} s, and read "
        "ComputeSeconds of that time.",
        signs=Signs(
            "no compute",
            "some compute",
            f"a cluster, or more than {MOST_RPU} RPU",
            "Every poll of a sleeping workgroup costs compute: add it to the estimates, and poll more rarely.",
        ),
        permissions=(*STATEMENTS, *METRICS, *CAPACITY),
        attempt=attempt,
        seconds=QUIET_SECONDS + LOOKING_SECONDS + PATIENCE_SECONDS,
        warehouse_seconds=LOOKING_SECONDS,
        not_local="the local Data API is always awake",
    ),
)
