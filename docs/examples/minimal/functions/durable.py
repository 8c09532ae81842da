"""The whole of the state machine as one durable function."""

from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration

from batch import check, submit


@durable_execution
def handler(event, context):
    """Run the batch to its end."""
    progress = context.step(lambda _: submit(event), name="submit-batch")
    while progress["status"] != "FINISHED":
        if progress["status"] in ("FAILED", "ABORTED"):
            raise RuntimeError(progress["status"])
        context.wait(Duration.from_seconds(10), name="wait-before-check")
        progress = context.step(lambda _, last=progress: check(last), name="check-status")
    return progress
