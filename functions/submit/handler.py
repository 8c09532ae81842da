"""The submit function of the Step Functions baseline: an execution's input in, its first progress out."""

from datetime import UTC, datetime
from typing import Any

from redshift_batch import lifecycle
from redshift_batch.data_api import DataApi, redshift_data_client
from redshift_batch.deadline import run_before_timeout
from redshift_batch.model import Json, Quota
from redshift_batch.settings import Settings
from telemetry import logger, recorded, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handler(event: Json, context: Any) -> Json:
    """Submit the batch of one execution.

    Args:
        event: ``execution_id`` (the execution's ARN), ``input`` (the execution's own) and ``quota``.
        context: the Lambda context.
    """
    execution_id = event["execution_id"]
    settings = Settings.from_environment()

    def submit() -> Json:
        return lifecycle.submit(
            event["input"],
            execution_id,
            data_api=DataApi(redshift_data_client(), settings),
            settings=settings,
            quota=Quota(**event["quota"]),
            now=datetime.now(UTC),
        ).to_json()

    with recorded("Submit batch", execution_id):
        return run_before_timeout(submit, context, settings.timeout_margin_seconds)
