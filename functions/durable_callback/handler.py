"""The durable version that waits for an event: the Data API's own, of its statement's end.

A callback stands where ``durable_poll`` waits. The notify function completes it when the event comes, and it
gives up by itself after the fallback's delay: the statement is described either way, so an event that is
lost, late, doubled or forged costs time and nothing else. The next callback is always there before the
statement is described, so that no event falls between a look and the wait after it.
"""

from datetime import datetime
from functools import partial

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration
from aws_durable_execution_sdk_python.exceptions import CallbackExternalError, CallbackTimeoutError
from aws_durable_execution_sdk_python.types import Callback

from durable.execution import run_batch
from durable.steps import BatchSteps
from redshift_batch.lifecycle import is_running
from redshift_batch.model import Json, Progress
from redshift_batch.poll_policy import first_wait_seconds
from redshift_batch.settings import Settings
from redshift_batch.status import seconds_after_next
from telemetry import logger

POLL_BUDGET = 1423
"""How many checks the 3,000 operations of an execution allow, a reserve kept; with its wait one is two."""
FOLLOWING = "following_seconds"
"""Where a step's result says how long the wait after the next one is to last; None where none follows."""


@logger.inject_lambda_context(clear_state=True)
@durable_execution
def handler(event: Json, context: DurableContext) -> Json:
    """Run the batch of one execution to its end, as ``run_batch`` says."""
    # Before the submit, whose statement tells the notify function of it: no event can come too early.
    first = _wait_begun(
        context, first_wait_seconds(event, Settings.from_environment().longest_timeout_seconds)
    )
    steps = BatchSteps(context, POLL_BUDGET, callback_id=first.callback_id, kept=_with_following)
    return run_batch(event, context, steps, partial(await_end, first))


def await_end(wait: Callback[str], context: DurableContext, steps: BatchSteps, progress: Json) -> Json:
    """Wait and check until the batch has ended, its deadline has passed, or it cannot be followed."""
    while True:
        ran_out = _ran_out(wait)
        following = progress[FOLLOWING]
        begun = _wait_begun(context, following) if ran_out and following else None
        progress = steps.check_status(progress)
        if begun is None and is_running(progress):
            # Woken too early. An event may have come since, and ended a wait that was over already.
            begun = _wait_begun(context, progress["delay_seconds"])
            progress = steps.check_status(progress)
        if begun is None or not is_running(progress):
            return progress
        wait = begun


def _wait_begun(context: DurableContext, seconds: int) -> Callback[str]:
    return context.create_callback("await-event", CallbackConfig(timeout=Duration.from_seconds(seconds)))


def _ran_out(wait: Callback[str]) -> bool:
    """Wait; tell whether nobody ended the wait. Whatever it was ended with is no verdict on the batch."""
    try:
        wait.result()
    except CallbackTimeoutError:
        return True
    except CallbackExternalError:
        return False
    return False


def _with_following(progress: Progress, now: datetime) -> Json:
    """Return what a step keeps: the wait after the next one begins before a check says how long it is."""
    return progress.to_json() | {FOLLOWING: seconds_after_next(progress, poll_budget=POLL_BUDGET, now=now)}
