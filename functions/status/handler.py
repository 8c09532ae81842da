"""The status function of the Step Functions baseline: the last progress in, the next one out."""

from datetime import UTC, datetime
from typing import Any

from redshift_batch import lifecycle
from redshift_batch.data_api import DataApi, redshift_data_client
from redshift_batch.deadline import graceful_timeout
from redshift_batch.model import Json, Progress
from redshift_batch.settings import Settings
from telemetry import logger, measure, recorded


@logger.inject_lambda_context(clear_state=True, correlation_id_path="execution_id")
@recorded("Check status")
@graceful_timeout
def handler(event: Json, _context: Any) -> Json:
    """Check the batch of one execution.

    Args:
        event: ``execution_id`` (the execution's ARN) and ``progress``, what the submit or the last check
            returned.
    """
    settings = Settings.from_environment()
    now = datetime.now(UTC)
    poll_budget = event["progress"]["poll_budget"]
    progress = lifecycle.check(
        Progress.from_json(event["progress"]),
        data_api=DataApi(redshift_data_client(), settings),
        poll_budget=poll_budget,
        now=now,
    )
    measure(event["execution_id"], progress, poll_budget, now)
    return progress.to_json() | {"poll_budget": poll_budget}
