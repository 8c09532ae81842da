"""What a state machine needs that calls the Data API itself: the statements, a deadline, and the delays.

The definition has no arithmetic for a schedule, so the whole of it is made here, before the submit: one delay
where all are the same, and a list of them where they change.
"""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from . import schedule
from .batch import parse_batch
from .errors import InvalidInput, InvalidParameters
from .model import Batch, ExecutionMode, Json
from .settings import Settings

MOST_SQL_BYTES = 100 * 1024
"""Of all statements as JSON. A payload holds 256 KiB, and an answer to a look may repeat the SQL twice."""


@dataclass(frozen=True)
class PollBudgets:
    """How many checks a machine's history allows.

    Attributes:
        same: where every delay is the same.
        listed: where delays come from the list, for which each poll enters a state more; None for a machine
            that waits for no delay.
    """

    same: int
    listed: int | None = None


def prepare(event: Any, *, settings: Settings, poll_budgets: PollBudgets, now: datetime) -> Json:
    """Check the input, and return what the states that follow need of it.

    The deadline is ``timeout_seconds`` from now, in whole seconds, rounded up: there is no statement yet from
    whose creation it could be. Every delay has its last moment, after which the next one would end later than
    the deadline; the last that is listed has none behind it, and a moment that is long past.

    Raises:
        InvalidBatch: the input is wrong, or asks for what a definition cannot pass on.
    """
    batch = parse_batch(event, settings)
    _check_what_a_definition_can_pass_on(batch)
    timeout = batch.timeout_seconds
    deadline = math.ceil(now.timestamp() + timeout)
    delay = schedule.same_delay_seconds(batch.poll, timeout, poll_budgets.same)
    if delay is None and poll_budgets.listed is not None:
        delays = schedule.delays_up_to_deadline(batch.poll, timeout, poll_budgets.listed)
    else:
        delay = min(delay or timeout, timeout)
        delays = [delay]
    last_moments = [_moment(deadline - following) for following in delays[1:]]
    last_moments.append(_moment(0) if delay is None else _moment(deadline - delays[0]))
    return {
        "output": {"sqls": list(batch.statements)},
        # As text: how a definition writes a number is not documented.
        "timeout_seconds": str(timeout),
        "deadline": _moment(deadline),
        "first_check": _moment(deadline - timeout + delays[0]),
        "delays_change": delay is None,
        "delays": delays if delay is None else [],
        "last_moments": last_moments if delay is None else [],
        "wait": {"number": 1, "seconds": delays[0], "last_moment": last_moments[0]},
    }


def _check_what_a_definition_can_pass_on(batch: Batch) -> None:
    """Refuse what would be a member of the request in some executions and none in others."""
    if batch.parameters:
        raise InvalidParameters(
            "This way takes no 'parameters', which its definition could not leave out of other executions: "
            "write the values into the SQL, or start another way."
        )
    if batch.execution_mode is not ExecutionMode.TRANSACTION:
        raise InvalidInput(
            f"This way takes no 'execution_mode' {batch.execution_mode.value!r}, a parameter that Step "
            "Functions may not know yet: leave it out, or start another way."
        )
    sql_bytes = len(json.dumps(batch.statements).encode())
    if sql_bytes > MOST_SQL_BYTES:
        raise InvalidInput(
            f"The statements are {sql_bytes:,} bytes of JSON, and this way passes at most {MOST_SQL_BYTES:,} "
            "through a state machine: split the batch, or start another way."
        )


def _moment(seconds: int) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
