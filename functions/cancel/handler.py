"""The cancel function: stops the statement of an execution that gives up, or that was ended from outside."""

from typing import Any

from executions import ended_execution, executions_of
from redshift_batch import lifecycle
from redshift_batch.data_api import DataApi, redshift_data_client
from redshift_batch.deadline import graceful_timeout
from redshift_batch.errors import ExecutionNotOver
from redshift_batch.model import Json
from redshift_batch.settings import Settings
from telemetry import count_cancelled, logger, recorded

EXECUTION = "execution_id || detail.executionArn || detail.durableExecutionArn"
"""Where an event has the execution's ARN: a Task's own, Step Functions' and Lambda's."""


@logger.inject_lambda_context(clear_state=True, correlation_id_path=EXECUTION)
@recorded("Cancel batch")
@graceful_timeout
def handler(event: Json, _context: Any) -> Json:
    """Cancel the batch of one execution.

    Args:
        event: ``execution_id`` (the execution's ARN) and ``progress``, or what there is of it after a submit
            that failed; or a status-change event of either service, which is delivered at least once, asked
            again twice where this raises, and then kept in the dead-letter queue.
    """
    if "execution_id" in event:
        return _cancel(event["execution_id"], event["progress"])
    return _release(ended_execution(event))


def _cancel(execution_id: str, progress: Json) -> Json:
    """Stop the statement for an execution that runs, and asks for it."""
    data_api = DataApi(redshift_data_client(), Settings.from_environment())
    cancelled = lifecycle.cancel(execution_id, progress, data_api=data_api)
    count_cancelled(not lifecycle.has_ended(progress) and lifecycle.was_cancelled(cancelled))
    return cancelled


def _release(execution_id: str) -> Json:
    """Stop what an execution that is over may have left running."""
    data_api = DataApi(redshift_data_client(patient=True), Settings.from_environment())
    executions = executions_of(execution_id)
    if executions.has_ended(execution_id) is False:
        # Redriven since, or not shown as ended yet: a healthy execution's statement is not ours to stop.
        raise ExecutionNotOver("The event says that the execution ended, and its service that it runs.")
    released = lifecycle.release(execution_id, executions.submission(execution_id), data_api=data_api)
    count_cancelled(released.outcome == "cancelled")
    logger.info("The statement: %s", released.outcome, extra={"statement_id": released.statement_id})
    return released.to_json()
