"""A handler that overruns in the real local runtime reports itself, is retried, and ends under its name."""

from collections.abc import Callable

import pytest
from local_bench import Bench

from orchbench.platforms.durable_functions.platform import WAITS_FOR_CONDITION
from orchbench.trace import EventKind, ExecutionStatus, Trace, Work
from orchbench.ways import Way, all_ways

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def short_bench(started: Callable[..., Bench]) -> Bench:
    """Functions that give up after 8 s: long for a submit, and short for a Data API that hangs for 10 s."""
    return started(FunctionTimeoutSeconds="12", TimeoutMarginSeconds="4")


@pytest.fixture(scope="module")
def overrun(short_bench: Bench) -> dict[str, Trace]:
    """Every way at once: three attempts and the pauses between them take a while."""
    short_bench.set_faults({"operation": "DescribeStatement", "kind": "delay", "seconds": 10})
    event = {"sql": "SELECT pg_sleep(600)", "poll": {"policy": "fixed", "interval_seconds": 1}}
    arns = [(way, short_bench.start(way, f"overrun-{way.name}", **event)) for way in all_ways().values()]
    traces = {way.name: short_bench.wait(way, arn) for way, arn in arns}
    short_bench.set_faults()
    return traces


def test_an_overrun_runs_finally_is_retried_and_fails_as_handler_timed_out(
    short_bench: Bench, overrun: dict[str, Trace], way: Way
) -> None:
    trace = overrun[way.name]
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
    assert short_bench.running_queries() == []
