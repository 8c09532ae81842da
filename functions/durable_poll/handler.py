"""The durable version: one function, with a wait and a check in a loop.

Together with ``durable/execution.py``, which holds what comes before and after the loop, it is the whole of
``statemachine/sfn_poll.asl.json``.
"""

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration

from durable.execution import run_batch
from durable.steps import BatchSteps
from redshift_batch.lifecycle import is_running
from redshift_batch.model import Json
from telemetry import logger

POLL_BUDGET = 1423
"""How many polls the 3,000 operations of an execution allow, a reserve kept. A poll is two of them."""


@logger.inject_lambda_context(clear_state=True)
@durable_execution
def handler(event: Json, context: DurableContext) -> Json:
    """Run the batch of one execution to its end, as ``run_batch`` says."""
    return run_batch(event, context, BatchSteps(context, POLL_BUDGET), poll)


def poll(context: DurableContext, steps: BatchSteps, progress: Json) -> Json:
    """Wait and check until the batch has ended, its deadline has passed, or it cannot be followed."""
    while True:
        # A submit that had to be repeated may tell of a deadline that has passed; only a check decides.
        context.wait(Duration.from_seconds(progress["delay_seconds"]), name="wait-before-check")
        progress = steps.check_status(progress)
        if not is_running(progress):
            return progress
