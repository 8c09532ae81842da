"""The cancel function: stops the statement of an execution that gives up."""

from typing import Any

from redshift_batch import lifecycle
from redshift_batch.data_api import DataApi, redshift_data_client
from redshift_batch.deadline import run_before_timeout
from redshift_batch.model import Json
from redshift_batch.settings import Settings
from telemetry import logger, recorded, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: Json, context: Any) -> Json:
    """Cancel the batch of one execution.

    Args:
        event: ``execution_id`` (the execution's ARN) and ``progress``, or what there is of it after a submit
            that failed.
        context: the Lambda context.
    """
    execution_id = event["execution_id"]
    settings = Settings.from_environment()

    def cancel() -> Json:
        data_api = DataApi(redshift_data_client(), settings)
        return lifecycle.cancel(execution_id, event["progress"], data_api=data_api)

    with recorded("Cancel batch", execution_id):
        return run_before_timeout(cancel, context, settings.timeout_margin_seconds)
