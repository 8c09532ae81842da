"""What every durable version does with a batch: all of it but the polling, which is each version's own.

Read it beside ``statemachine/sfn_poll.asl.json``: every operation carries a state's words. Lambda runs a
durable function again from the top after each wait; what a step returned comes from its checkpoint then, so
nothing outside the steps may depend on the moment, on chance or on the environment's state.
"""

from collections.abc import Callable

from aws_durable_execution_sdk_python import DurableContext

from durable.steps import BatchSteps
from redshift_batch.errors import NOTHING_SUBMITTED, BatchError
from redshift_batch.lifecycle import failure_of, has_ended, is_finished, output_of, with_failure
from redshift_batch.model import Json

Polling = Callable[[DurableContext, BatchSteps, Json], Json]
"""Checks a batch until it has ended or is to be given up, and returns its last progress."""


def run_batch(event: Json, context: DurableContext, steps: BatchSteps, poll: Polling) -> Json:
    """Run the batch of one execution to its end.

    Args:
        event: the execution's input.
        context: the durable context.
        steps: the work to do on the batch.
        poll: how the batch's end is learned.

    Returns:
        The execution's output.

    Raises:
        BatchError: the batch did not finish; the class names why.
    """
    try:
        progress = steps.submit_batch(event)
    except NOTHING_SUBMITTED:
        raise
    except BatchError as error:
        # Nothing of the input reaches the cancel, which would take a statement id in it for its own.
        progress = with_failure({}, error)
    else:
        progress = poll(context, steps, progress)
    if not has_ended(progress):
        progress = steps.cancel_batch(progress)
    if is_finished(progress):
        return output_of(progress)
    raise failure_of(progress)
