"""Durable operations as Lambda meters them, beside our count, on which bills and poll budgets rest."""

from typing import Any

from orchbench.platforms.durable_functions import PLATFORM
from orchbench.platforms.meters import DURABLE_OPERATIONS
from orchbench.probes.durable_function import own_function
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, inconclusive, judged
from orchbench.trace import ExecutionStatus, Json

METRIC = {"Namespace": "AWS/Lambda", "MetricName": "DurableExecutionOperations"}
PATIENCE_SECONDS = 600
LOOKS = 5
NOT_LOCAL = "no emulator publishes the metric; its history shows what the SDK wrote, and not what is billed"


def steps_and_waits(lab: Lab) -> Finding:
    """Compare the counts of an execution of three waits and three steps."""
    return _compared(lab, {"work": "wait", "times": 3, "seconds": 1})


def first_look(lab: Lab) -> Finding:
    """Compare the counts of an execution that looks five times."""
    return _compared(lab, {"work": "condition", "times": LOOKS})


def _compared(lab: Lab, document: Json) -> Finding:
    function = own_function(lab)
    # One execution alone in its minutes, so that the metric's largest value is its own.
    began = _next_minute(lab)
    status, record = function.ended(function.start(document), 120)
    if status is not ExecutionStatus.SUCCEEDED:
        return inconclusive(f"The execution stood as {status} after 120 s, so that not all is counted.")
    ours = PLATFORM.metered(function.events(record))[DURABLE_OPERATIONS]
    metered = lab.until(lambda: _metered(lab, function.name, began), PATIENCE_SECONDS, every=20)
    if metered is None:
        return inconclusive(f"The metric did not appear in {PATIENCE_SECONDS} s.", ours=ours)
    return judged(
        int(metered) == ours,
        f"Lambda metered {metered:g} operations, as we count.",
        f"Lambda metered {metered:g} operations; we count {ours}.",
        metered=metered,
        ours=ours,
    )


def _next_minute(lab: Lab) -> float:
    """Wait for the next full minute, CloudWatch's shortest period here, and return it."""
    minute = (lab.now() // 60 + 1) * 60
    lab.sleep(minute - lab.now())
    return minute


def _metered(lab: Lab, function_name: str, began: float) -> float | None:
    """Return the largest value since a moment, in whatever dimensions name the function."""
    cloudwatch = lab.client("cloudwatch")
    found: list[Any] = cloudwatch.list_metrics(
        **METRIC, Dimensions=[{"Name": "FunctionName", "Value": function_name}]
    )["Metrics"]
    values = []
    for one in found:
        answer = cloudwatch.get_metric_statistics(
            **METRIC,
            Dimensions=one["Dimensions"],
            StartTime=began,
            EndTime=lab.now() + 60,
            Period=60,
            Statistics=["Maximum"],
        )
        values += [float(point["Maximum"]) for point in answer["Datapoints"]]
    return max(values, default=None)
