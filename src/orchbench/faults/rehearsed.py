"""Rehearsals as the promise sees them."""

from functools import cache

from orchbench.evaluation.learned import ENDED
from orchbench.evaluation.prices import FALLBACK_REGION, PriceList, price_list
from orchbench.evaluation.rehearsed import cost
from orchbench.faults.promise import ENDED_FROM_OUTSIDE, Observation, time_to_detect
from orchbench.redshift.statement import Status
from orchbench.rehearsal.data_api import AcceptedBatch
from orchbench.rehearsal.rehearse import Rehearsal
from orchbench.trace import Label, Trace


def observe(rehearsal: Rehearsal, unmeetable: str | None = None) -> Observation:
    """Return what a rehearsal showed.

    Args:
        unmeetable: why its way cannot meet the fault.
    """
    trace, batches = rehearsal.trace, rehearsal.batches
    last = batches[-1] if batches else None
    deadline = _deadline(rehearsal)
    struck_at = rehearsal.struck_at if rehearsal.struck_at is not None else deadline
    return Observation(
        way=trace.orchestrator,
        status=trace.status,
        error_name=trace.error_name,
        executions=rehearsal.statements_executed,
        commits=sum(batch.status is Status.FINISHED for batch in batches),
        running=rehearsal.statements_running,
        heard_the_end=heard_the_end(trace),
        detection_seconds=time_to_detect(
            struck_at=struck_at,
            ended_from_outside=trace.status in ENDED_FROM_OUTSIDE,
            ended_by_itself_at=None if last is None or last.cancelled else last.ended_at,
            execution_ended_at=trace.ended_at,
            statement_ended_at=None if last is None else last.ended_at,
        ),
        # Where nothing is scripted, what goes wrong is that the time runs out.
        met=not rehearsal.unmet if rehearsal.scenario.faults else deadline is not None,
        label=Label.REHEARSED,
        unmeetable=unmeetable,
        cost=cost(rehearsal, _prices()),
    )


@cache
def _prices() -> PriceList:
    """Return the prices, read once: holding a list to its schema takes as long as half a rehearsal."""
    return price_list(FALLBACK_REGION)


def heard_the_end(trace: Trace) -> bool:
    """Tell whether an execution was told how its statement ended, by its checks or by its cancel."""
    return trace.statement is not None and trace.statement.status in ENDED


def _deadline(rehearsal: Rehearsal) -> float | None:
    """Return when the batch's own deadline passed, or the execution's; None where neither did."""
    batch: AcceptedBatch | None = rehearsal.batches[0] if rehearsal.batches else None
    seconds = rehearsal.scenario.input.get("timeout_seconds")
    if batch is None or seconds is None or rehearsal.trace.ended_at is None:
        return None
    if rehearsal.trace.status.value == "TIMED_OUT":
        return rehearsal.trace.ended_at
    passed = float(batch.created_at + seconds)
    return passed if rehearsal.trace.ended_at >= passed else None
