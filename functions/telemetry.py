"""What every handler logs and measures.

One place for all of them, so that functions differ in ``POWERTOOLS_SERVICE_NAME`` alone, their own name.
Ways share functions and stacks share an account, so what is measured of an execution carries the name that
its way is deployed under. SQL text and parameters are never among it.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from redshift_batch import schedule
from redshift_batch.errors import BatchError, UnexpectedError
from redshift_batch.model import Progress, from_timestamp
from redshift_batch.status import ENDED_STATUSES

METRICS_NAMESPACE = "orchbench"

logger = Logger()
# What a function did, by its name; and how an execution stands, by its way's, whichever function looked.
metrics = Metrics(namespace=METRICS_NAMESPACE)
progress_metrics = Metrics(namespace=METRICS_NAMESPACE, service="")


@contextmanager
def recorded(what: str, correlation_id: str | None = None) -> Iterator[None]:
    """Log the beginning and the end of one piece of work, whichever way it ends; a decorator too.

    Args:
        what: the state's or operation's name.
        correlation_id: of every line, the execution's ARN; None where the handler's event has told it.

    Raises:
        BatchError: as it came; any other exception becomes an ``UnexpectedError``, the name of every version.
    """
    if correlation_id is not None:
        logger.set_correlation_id(correlation_id)
    logger.info("%s began", what)
    try:
        yield
    except BatchError as error:
        logger.warning("%s failed", what, extra={"error_name": type(error).__name__})
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its name and its place are told
        # Where, and not what: nobody knows which part of an input the message of a defect quotes.
        defect = f"{type(error).__name__} at {_place(error)}"
        logger.error("%s met a defect", what, extra={"error_name": "UnexpectedError", "defect": defect})  # noqa: TRY400
        raise UnexpectedError(defect) from None
    finally:
        logger.info("%s ended", what)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in reversed(frames[1:]))


def deployed_way(execution_id: str) -> str:
    """Read the name of an execution's state machine or durable function, ``<stack>-<way>``, in its ARN."""
    return execution_id.split(":")[6]


def measure(execution_id: str, progress: Progress, poll_budget: int, now: datetime) -> None:
    """Write one check's metrics: AWS has none for a history's length or a running execution's age."""
    elapsed = now - from_timestamp(progress.output["created_at"])
    progress_metrics.add_metric("SecondsElapsed", MetricUnit.Seconds, elapsed.total_seconds())
    progress_metrics.add_metric(
        "ShareOfPollBudgetUsed",
        MetricUnit.Percent,
        100 * schedule.share_of_budget_used(progress.polls, poll_budget),
    )
    if progress.status in ENDED_STATUSES:
        lag = now - from_timestamp(progress.output["updated_at"])
        progress_metrics.add_metric("QuerySeconds", MetricUnit.Seconds, progress.output["query_seconds"])
        progress_metrics.add_metric("Polls", MetricUnit.Count, progress.polls)
        progress_metrics.add_metric("DetectionLagSeconds", MetricUnit.Seconds, max(0.0, lag.total_seconds()))
    progress_metrics.add_dimension("way", deployed_way(execution_id))
    progress_metrics.flush_metrics()


def count_cancelled(statements: int = 1) -> None:
    """Write the metric of statements that had to be stopped, whoever stopped them."""
    if statements:
        metrics.add_metric("StatementsCancelled", MetricUnit.Count, statements)
        metrics.flush_metrics()


def count_woken(execution_id: str) -> None:
    """Write the metric of an execution that its statement's event woke; the others' ends a check found."""
    progress_metrics.add_metric("ExecutionsWoken", MetricUnit.Count, 1)
    progress_metrics.add_dimension("way", deployed_way(execution_id))
    progress_metrics.flush_metrics()
