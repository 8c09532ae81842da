"""The prepare function of the state machines that call the Data API themselves: an input in, a batch out.

It reads and splits the SQL by the same code as the other ways, and may call nothing: the states after it do.
"""

from datetime import UTC, datetime
from typing import Any

from redshift_batch.deadline import graceful_timeout
from redshift_batch.model import Json
from redshift_batch.preparation import PollBudgets, prepare
from redshift_batch.settings import Settings
from telemetry import logger, recorded


@logger.inject_lambda_context(clear_state=True, correlation_id_path="execution_id")
@recorded("Prepare batch")
@graceful_timeout
def handler(event: Json, _context: Any) -> Json:
    """Prepare the batch of one execution.

    Args:
        event: ``execution_id`` (the execution's ARN), ``input`` (the execution's own) and ``poll_budget``,
            how many checks the machine's history allows where each delay is the ``same``, and where delays
            are ``listed``.
    """
    return prepare(
        event["input"],
        settings=Settings.from_environment(),
        poll_budgets=PollBudgets(**event["poll_budget"]),
        now=datetime.now(UTC),
    )
