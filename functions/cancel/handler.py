"""The cancel function: stops the statement of an execution that gives up, or that was ended from outside."""

from typing import Any

from executions import ended_execution, executions_of
from redshift_batch import lifecycle
from redshift_batch.data_api import DataApi, redshift_data_client
from redshift_batch.deadline import run_before_timeout
from redshift_batch.errors import ExecutionNotOver
from redshift_batch.model import Json
from redshift_batch.settings import Settings
from telemetry import count_cancelled, logger, recorded, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handler(event: Json, context: Any) -> Json:
    """Cancel the batch of one execution.

    Args:
        event: ``execution_id`` (the execution's ARN) and ``progress``, or what there is of it after a submit
            that failed; or a status-change event of either service, which is delivered at least once, asked
            again twice where this raises, and then kept in the dead-letter queue.
        context: the Lambda context.
    """
    settings = Settings.from_environment()
    from_outside = "execution_id" not in event
    execution_id = ended_execution(event) if from_outside else event["execution_id"]

    def cancel() -> Json:
        data_api = DataApi(redshift_data_client(), settings)
        cancelled = lifecycle.cancel(execution_id, event["progress"], data_api=data_api)
        count_cancelled(lifecycle.was_cancelled(cancelled))
        return cancelled

    def release() -> Json:
        data_api = DataApi(redshift_data_client(patient=True), settings)
        executions = executions_of(execution_id)
        if executions.has_ended(execution_id) is False:
            # Redriven since, or not shown as ended yet: a healthy execution's statement is not ours to stop.
            raise ExecutionNotOver("The event says that the execution ended, and its service that it runs.")
        submission = executions.submission(execution_id)
        released = lifecycle.release(execution_id, submission, data_api=data_api)
        count_cancelled(released.outcome == "cancelled")
        logger.info("The statement: %s", released.outcome, extra={"statement_id": released.statement_id})
        return released.to_json()

    with recorded("Cancel batch", execution_id):
        call = release if from_outside else cancel
        return run_before_timeout(call, context, settings.timeout_margin_seconds)
