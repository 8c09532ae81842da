"""The durable version: the whole of ``statemachine/sfn_poll.asl.json`` as one function.

Read it beside the definition: every operation carries a state's words. Lambda runs it again from the top
after each wait; what a step returned comes from its checkpoint then, so nothing outside the steps may depend
on the moment, on chance or on the environment's state.
"""

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration

from durable.steps import BatchSteps
from redshift_batch.errors import NOTHING_SUBMITTED, BatchError
from redshift_batch.lifecycle import (
    failure_of,
    has_ended,
    is_finished,
    is_running,
    output_of,
    with_failure,
)
from redshift_batch.model import Json, Quota
from telemetry import logger, tracer

QUOTA = Quota(
    unit="durable operations",
    limit=3000,
    start=2,  # the execution, submit-batch
    poll=2,  # wait-before-check, check-status
    way_out=1,  # cancel-batch
    retry=1,
    reserved_retries=100,
    reserved_invocation_retries=50,
)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@durable_execution
def handler(event: Json, context: DurableContext) -> Json:
    """Run the batch of one execution to its end.

    Args:
        event: the execution's input.
        context: the durable context.

    Returns:
        The execution's output.

    Raises:
        BatchError: the batch did not finish; the class names why.
    """
    steps = BatchSteps(context, QUOTA)
    try:
        progress = steps.submit_batch(event)
    except NOTHING_SUBMITTED:
        raise
    except BatchError as error:
        progress = steps.cancel_batch(with_failure({}, error))
    else:
        progress = _poll(steps, context, progress)
    if is_finished(progress):
        return output_of(progress)
    raise failure_of(progress)


def _poll(steps: BatchSteps, context: DurableContext, progress: Json) -> Json:
    """Check until the batch has ended; cancel it at its deadline, and where it cannot be followed."""
    try:
        while is_running(progress):
            context.wait(Duration.from_seconds(progress["delay_seconds"]), name="wait-before-check")
            progress = steps.check_status(progress)
    except BatchError as error:
        return steps.cancel_batch(with_failure(progress, error))
    return progress if has_ended(progress) else steps.cancel_batch(progress)
