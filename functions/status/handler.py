"""The status function of the Step Functions baseline: the last progress in, the next one out."""

from datetime import UTC, datetime
from typing import Any

from redshift_batch import lifecycle
from redshift_batch.data_api import DataApi, redshift_data_client
from redshift_batch.deadline import run_before_timeout
from redshift_batch.model import Json, Progress, Quota
from redshift_batch.settings import Settings
from telemetry import logger, measure, recorded, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handler(event: Json, context: Any) -> Json:
    """Check the batch of one execution.

    Args:
        event: ``execution_id`` (the execution's ARN), ``progress`` (what the submit or the last check
            returned) and ``quota``.
        context: the Lambda context.
    """
    settings = Settings.from_environment()
    quota = Quota(**event["quota"])

    def check() -> Json:
        data_api = DataApi(redshift_data_client(), settings)
        now = datetime.now(UTC)
        progress = lifecycle.check(
            Progress.from_json(event["progress"]), data_api=data_api, quota=quota, now=now
        )
        measure(event["execution_id"], progress, quota, now)
        return progress.to_json()

    with recorded("Check status", event["execution_id"]):
        return run_before_timeout(check, context, settings.timeout_margin_seconds)
