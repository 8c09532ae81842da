"""The arm function: begins an execution's wait for its statement's event, and ends one that would be in vain.

A statement may end before the token of the wait exists, and its event then finds nobody to wake.
"""

from typing import Any

from redshift_batch.data_api import DataApi, redshift_data_client
from redshift_batch.deadline import graceful_timeout
from redshift_batch.model import Json, Progress
from redshift_batch.settings import Settings
from redshift_batch.status import RUNNING_STATUSES
from task_tokens import complete
from telemetry import logger, recorded


@logger.inject_lambda_context(clear_state=True, correlation_id_path="execution_id")
@recorded("Await event")
@graceful_timeout
def handler(event: Json, _context: Any) -> Json:
    """Describe the statement once, and end the wait at once unless it runs.

    Args:
        event: ``execution_id`` (the execution's ARN), ``progress``, what the submit or the last check
            returned, and ``task_token``, of the Task that waits. Where the token is refused, the Task has
            timed out or was told meanwhile: either way the execution goes on.
    """
    data_api = DataApi(redshift_data_client(), Settings.from_environment())
    status = data_api.describe(Progress.from_json(event["progress"]).statement_id).status
    # One that AWS adds later announces itself by no event that is known, so the check decides on it.
    if status not in RUNNING_STATUSES:
        complete(event["task_token"])
    return {"status": status}
