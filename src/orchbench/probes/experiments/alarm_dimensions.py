"""The dimensions of the metrics that alarms watch: an alarm on others stays silent for ever."""

from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, confirmed, inconclusive, refuted

DIMENSIONS = {
    ("AWS/Lambda", "DurableExecutionFailed"): ("FunctionName",),
    ("AWS/Lambda", "DurableExecutionOperations"): ("FunctionName",),
    ("AWS/Lambda", "DurableExecutionTimedOut"): ("FunctionName",),
    ("AWS/Lambda", "Errors"): ("FunctionName",),
    ("AWS/Lambda", "Throttles"): ("FunctionName",),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ("QueueName",),
    ("AWS/States", "ExecutionThrottled"): ("StateMachineArn",),
    ("AWS/States", "ExecutionsFailed"): ("StateMachineArn",),
    ("AWS/States", "ExecutionsTimedOut"): ("StateMachineArn",),
    ("orchbench", "DetectionLagSeconds"): ("way",),
    ("orchbench", "SecondsElapsed"): ("way",),
    ("orchbench", "ShareOfPollBudgetUsed"): ("way",),
    ("orchbench", "StatementsCancelled"): ("service",),
}
"""What monitoring.yaml watches, by its namespace and metric; a test holds it to the file."""


BESIDE_WAYS = ("cancel", "sweep", "dead-letters")
"""What monitoring.yaml watches besides the ways, behind the stack's name."""


def attempt(lab: Lab) -> Finding:
    """List every metric of what this stack's alarms watch and compare its dimensions."""
    cloudwatch, stack = lab.client("cloudwatch"), lab.connection.stack_name
    # Whole names, because another stack's may begin with this one's.
    own = {f"{stack}-{name}" for name in (*(way.name for way in lab.bench.ways()), *BESIDE_WAYS)}
    unseen, other = [], {}
    for (namespace, metric), dimensions in DIMENSIONS.items():
        pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace, MetricName=metric)
        found = {
            tuple(sorted(one["Name"] for one in listed["Dimensions"]))
            for page in pages
            for listed in page["Metrics"]
            if any(one["Value"].rpartition(":")[2] in own for one in listed["Dimensions"])
        }
        if not found:
            unseen.append(metric)
        elif dimensions not in found:
            other[metric] = sorted(", ".join(one) for one in found)
    if other:
        return refuted(f"Published with other dimensions: {', '.join(other)}.", other=other, unseen=unseen)
    if unseen:
        return inconclusive(
            f"Not published for this stack in the last two weeks: {', '.join(unseen)}.", unseen=unseen
        )
    return confirmed("Every metric is published with the dimensions that its alarm names.")
