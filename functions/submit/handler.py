"""The submit function of the Step Functions baseline: an execution's input in, its first progress out."""

from datetime import UTC, datetime
from typing import Any

from redshift_batch.data_api import DataApi, redshift_data_client
from redshift_batch.deadline import graceful_timeout
from redshift_batch.model import Json
from redshift_batch.settings import Settings
from redshift_batch.submission import submit
from telemetry import logger, recorded


@logger.inject_lambda_context(clear_state=True, correlation_id_path="execution_id")
@recorded("Submit batch")
@graceful_timeout
def handler(event: Json, _context: Any) -> Json:
    """Submit the batch of one execution.

    Args:
        event: ``execution_id`` (the execution's ARN), ``input`` (the execution's own) and ``poll_budget``,
            how many checks the machine's history allows: the progress carries it to every check. A machine
            that waits for the statement's event says so in ``with_event``.
    """
    settings = Settings.from_environment()
    progress = submit(
        event["input"],
        event["execution_id"],
        data_api=DataApi(redshift_data_client(), settings),
        settings=settings,
        poll_budget=event["poll_budget"],
        now=datetime.now(UTC),
        with_event=event.get("with_event", False),
    )
    return progress.to_json() | {"poll_budget": event["poll_budget"]}
