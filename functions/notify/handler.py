"""The notify function: takes the event of a statement's end, and wakes the execution that waits for it.

It carries no verdict, for an event may be lost, late, doubled or forged: the execution describes its
statement then.
"""

from typing import Any

from redshift_batch.deadline import graceful_timeout
from redshift_batch.model import Json
from redshift_batch.names import callback_named, execution_named
from telemetry import count_woken, logger, recorded
from waits import wake


@logger.inject_lambda_context(clear_state=True)
@graceful_timeout
def handler(event: Json, _context: Any) -> Json:
    """Wake the execution whose statement has ended.

    Args:
        event: EventBridge's ``Redshift Data Statement Status Change``; of it the statement's name is read.

    Returns:
        ``execution_id`` (None where the name is no execution's) and ``outcome``: ``woken``, ``over`` or
        ``not an execution's``.

    Raises:
        ExecutionNotWoken: worth the further attempts of an asynchronous invocation.
    """
    name = statement_name_of(event)
    execution_id = execution_named(name)
    if execution_id is None:
        logger.info("The statement is no execution's")
        return {"execution_id": None, "outcome": "not an execution's"}
    with recorded("Wake execution", execution_id):
        woken = wake(execution_id, callback_named(name))
    if woken:
        count_woken(execution_id)
    return {"execution_id": execution_id, "outcome": "woken" if woken else "over"}


def statement_name_of(event: Json) -> str:
    """Return the name of the statement that an event is about; empty where it tells none."""
    detail = event.get("detail")
    name = detail.get("statementName") if isinstance(detail, dict) else None
    return name if isinstance(name, str) else ""
