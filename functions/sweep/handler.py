"""The sweep: on a schedule, stops every statement whose execution is over.

Status-change events are delivered on best effort; what they missed ends here.
"""

from datetime import UTC, datetime
from typing import Any

from executions import executions_of
from redshift_batch import lifecycle
from redshift_batch.data_api import DataApi, redshift_data_client
from redshift_batch.deadline import graceful_timeout
from redshift_batch.errors import BatchError, StatementNotRunningYet
from redshift_batch.model import Json
from redshift_batch.settings import Settings
from telemetry import count_cancelled, logger, recorded


@logger.inject_lambda_context(clear_state=True)
@recorded("Sweep", "sweep")
@graceful_timeout
def handler(_event: Json, _context: Any) -> Json:
    """Sweep once, whatever the event.

    Returns:
        ``cancelled``: the executions whose statement was stopped; ``waiting``: how many statements cannot be
        stopped before they run, which the next sweep meets again.

    Raises:
        BatchError: a statement could not be stopped for another reason; all others were looked at first.
    """
    data_api = DataApi(redshift_data_client(patient=True), Settings.from_environment())
    cancelled: list[str] = []
    waiting = 0
    faults: list[BatchError] = []
    for found in lifecycle.sweep(data_api, lambda arn: executions_of(arn).has_ended(arn), datetime.now(UTC)):
        if isinstance(found, StatementNotRunningYet):
            waiting += 1
        elif isinstance(found, BatchError):
            faults.append(found)
        elif found.outcome == "cancelled":
            cancelled.append(found.execution_id)
            logger.warning("An orphan was stopped", extra={"execution_id": found.execution_id})
            count_cancelled()
    if faults:
        raise faults[0]
    return {"cancelled": cancelled, "waiting": waiting}
