"""The durable version on ``wait_for_condition``: one operation checks and sleeps until the batch has ended.

AWS recommends it for polling. It meters one operation a check where a wait and a step are two, and what went
before is not replayed. It runs no retry strategy over its check and gives up at whatever is raised in it, so
the check itself turns a transient fault into a shorter sleep, under the same retry strategy as the steps.
"""

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration
from aws_durable_execution_sdk_python.exceptions import WaitForConditionError
from aws_durable_execution_sdk_python.serdes import JsonSerDes
from aws_durable_execution_sdk_python.types import WaitForConditionCheckContext
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitForConditionDecision

from durable.steps import BatchSteps, named_as_raised, retry_strategy
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
    start=4,  # the execution, submit-batch, wait-before-check, check-status itself
    poll=1,
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

    def check(kept: Json, _context: WaitForConditionCheckContext) -> Json:
        try:
            return {"progress": steps.check_status_once(kept["progress"])}
        except BatchError as fault:
            return _after_a_fault(fault, kept)

    # The first check of this operation comes at once, and the schedule's first delay before it.
    context.wait(Duration.from_seconds(progress["delay_seconds"]), name="wait-before-check")
    config = WaitForConditionConfig(
        wait_strategy=_next_check, initial_state={"progress": progress}, serdes=JsonSerDes()
    )
    try:
        progress = context.wait_for_condition(check, config, name="check-status")["progress"]
    except WaitForConditionError as error:
        return steps.cancel_batch(with_failure(progress, named_as_raised(error)))
    return progress if has_ended(progress) else steps.cancel_batch(progress)


def _after_a_fault(fault: BatchError, kept: Json) -> Json:
    """Return the state after a check that failed: the next attempt's moment, or the failure to end with."""
    failed = kept.get("failed_attempts", 0) + 1
    decision = retry_strategy(fault, failed)
    if decision.should_retry:
        return {
            "progress": kept["progress"],
            "failed_attempts": failed,
            "retry_seconds": decision.delay_seconds,
        }
    return {"progress": with_failure(kept["progress"], fault), "gave_up": True}


def _next_check(kept: Json, _checks_made: int) -> WaitForConditionDecision:
    """Follow the batch's schedule, which ends at its deadline; no number of checks ends it before."""
    progress = kept["progress"]
    if "retry_seconds" in kept:
        return WaitForConditionDecision.continue_waiting(Duration.from_seconds(kept["retry_seconds"]))
    if "gave_up" in kept or not is_running(progress):
        return WaitForConditionDecision.stop_polling()
    return WaitForConditionDecision.continue_waiting(Duration.from_seconds(progress["delay_seconds"]))
