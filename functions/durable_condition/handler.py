"""The durable version on ``wait_for_condition``: one operation checks and sleeps until the batch has ended.

AWS recommends it for polling. It meters one operation a check where a wait and a step are two, and what went
before is not replayed. It runs no retry strategy over its check and gives up at whatever is raised in it, so
the check itself turns a transient fault into a shorter sleep, under the same retry strategy as the steps.
"""

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration
from aws_durable_execution_sdk_python.exceptions import WaitForConditionError
from aws_durable_execution_sdk_python.serdes import JsonSerDes
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitForConditionDecision

from durable.execution import run_batch
from durable.steps import BatchSteps, named_as_raised, retry_strategy
from redshift_batch.errors import BatchError
from redshift_batch.lifecycle import is_running, with_failure
from redshift_batch.model import Json
from telemetry import logger

POLL_BUDGET = 2845
"""How many polls the 3,000 operations of an execution allow, a reserve kept. A poll is one of them."""


@logger.inject_lambda_context(clear_state=True)
@durable_execution
def handler(event: Json, context: DurableContext) -> Json:
    """Run the batch of one execution to its end, as ``run_batch`` says."""
    return run_batch(event, context, BatchSteps(context, POLL_BUDGET), poll)


def poll(context: DurableContext, steps: BatchSteps, progress: Json) -> Json:
    """Wait for the condition that the batch has ended, its deadline has passed, or it cannot be followed."""
    # The first check of this operation comes at once, and the schedule's first delay before it.
    context.wait(Duration.from_seconds(progress["delay_seconds"]), name="wait-before-check")
    config = WaitForConditionConfig(
        wait_strategy=_next_check, initial_state={"progress": progress}, serdes=JsonSerDes()
    )
    try:
        kept = context.wait_for_condition(
            lambda kept, _context: _check(steps, kept), config, name="check-status"
        )
    except WaitForConditionError as error:
        return with_failure(progress, named_as_raised(error))
    return kept["progress"]


def _check(steps: BatchSteps, kept: Json) -> Json:
    """Check once; after a fault return the next attempt's moment, or the failure to end with."""
    try:
        return {"progress": steps.check_status_once(kept["progress"])}
    except BatchError as fault:
        failed = kept.get("failed_attempts", 0) + 1
        decision = retry_strategy(fault, failed)
        if not decision.should_retry:
            return {"progress": with_failure(kept["progress"], fault)}
        return {
            "progress": kept["progress"],
            "failed_attempts": failed,
            "retry_seconds": decision.delay_seconds,
        }


def _next_check(kept: Json, _checks_made: int) -> WaitForConditionDecision:
    """Follow the batch's schedule, which ends at its deadline; no number of checks ends it before."""
    # Where there was no answer, the progress is the one before, which decides nothing.
    if "retry_seconds" not in kept and not is_running(kept["progress"]):
        return WaitForConditionDecision.stop_polling()
    delay_seconds = kept.get("retry_seconds", kept["progress"]["delay_seconds"])
    return WaitForConditionDecision.continue_waiting(Duration.from_seconds(delay_seconds))
