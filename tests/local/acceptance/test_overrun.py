"""A handler that overruns in the real local runtime reports itself, is retried, and ends under its name."""

from collections.abc import Callable

import pytest
from local_bench import Bench

from orchbench.platforms.durable_functions.platform import WAITS_FOR_CONDITION
from orchbench.trace import EventKind, ExecutionStatus, Work
from orchbench.ways import Way

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def short_bench(started: Callable[..., Bench]) -> Bench:
    """Functions of 5 s that give up 3.5 s before: a Data API that hangs for 4 s overruns them."""
    return started(FunctionTimeoutSeconds="5", TimeoutMarginSeconds="3.5")


def test_an_overrun_runs_finally_is_retried_and_fails_as_handler_timed_out(
    short_bench: Bench, way: Way
) -> None:
    short_bench.set_faults({"operation": "DescribeStatement", "kind": "delay", "seconds": 4})
    trace = short_bench.run(way, sql="SELECT pg_sleep(600)", poll={"policy": "fixed", "interval_seconds": 1})
    assert (trace.status, trace.error_name) == (ExecutionStatus.FAILED, "HandlerTimedOut")
    failed = [
        event
        for event in trace.events
        if event.kind in (EventKind.TASK_FAILED, EventKind.STEP_FAILED)
        and event.name.lower().replace(" ", "-") == "check-status"
    ]
    # A condition keeps its failed attempts among its polls: the handler's log has them, below.
    conditions = [event for event in trace.events if event.detail.get("type") == WAITS_FOR_CONDITION]
    assert len(failed) == 3 or conditions
    function = way.workers[Work.LOOK]
    messages = "\n".join(short_bench.log_messages(function)).lower().replace("-", " ")
    assert messages.count("check status failed") == 3
    assert messages.count("check status ended") == 3
    short_bench.set_faults()
    assert short_bench.running_queries() == []
