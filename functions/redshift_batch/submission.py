"""How an execution's batch is submitted: its input read, and its first progress.

Apart from ``lifecycle``, because it loads what splits SQL: whoever checks or cancels a batch does not.
"""

from datetime import datetime
from typing import Any, Protocol

from . import status
from .batch import parse_batch
from .model import Batch, Progress, Statement
from .settings import Settings


class Submits(Protocol):
    """What ``submit`` asks of the Data API."""

    def submit(
        self, batch: Batch, execution_id: str, *, with_event: bool = False, callback_id: str = ""
    ) -> Statement: ...


def submit(
    event: Any,
    execution_id: str,
    *,
    data_api: Submits,
    settings: Settings,
    poll_budget: int,
    now: datetime,
    with_event: bool = False,
    callback_id: str = "",
) -> Progress:
    """Check the input and submit its batch; submitting again returns the statement that runs already.

    Args:
        event: the execution's input.
        execution_id: makes the submit idempotent, and names the statement.
        poll_budget: how many checks the orchestrator's quota allows.
        with_event: whether the Data API is to tell of the end by an event. The batch is checked by its
            fallback then, and by its poll policy otherwise.
        callback_id: of the callback that the event completes, which travels in the statement's name.

    Raises:
        InvalidBatch: the input is wrong, and nothing was sent.
        TransientFault: the batch may have been submitted.
        DataApiRefused: it was not.
    """
    batch = parse_batch(event, settings)
    statement = data_api.submit(batch, execution_id, with_event=with_event, callback_id=callback_id)
    return status.assess(
        statement,
        timeout_seconds=batch.timeout_seconds,
        poll=batch.fallback if with_event else batch.poll,
        polls=0,
        statement_count=len(batch.statements),
        now=max(now, statement.created_at),
        poll_budget=poll_budget,
    )
