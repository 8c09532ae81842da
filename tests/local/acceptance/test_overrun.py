"""A handler that overruns in the real local runtime reports itself, and is retried until it is answered."""

from collections.abc import Callable

import pytest
from local_bench import Bench

from orchbench.faults.server_processes import eventually
from orchbench.platforms.durable_functions.platform import WAITS_FOR_CONDITION
from orchbench.trace import EventKind, ExecutionStatus, Trace, Work
from orchbench.ways import Way, all_ways

pytestmark = pytest.mark.local
LOOKING = [way for way in all_ways().values() if Work.LOOK in way.workers]
"""Those that look in a function, which is what can overrun."""
OVERRUNS = 2
"""Of the seven that end an execution, which takes too long to wait for; rehearsals show how it ends."""


def first_work(way: Way) -> Work:
    """Return the work that looks first: what begins a wait in a function looks before it waits."""
    return Work.WAIT if Work.WAIT in way.workers else Work.LOOK


def said_of(way: Way) -> str:
    return next(name for name, work in way.works.items() if work is first_work(way)).lower().replace("-", " ")


def logged(bench: Bench, way: Way) -> str:
    return "\n".join(bench.log_messages(way.workers[first_work(way)])).lower().replace("-", " ")


@pytest.fixture(scope="module")
def short_bench(started: Callable[..., Bench]) -> Bench:
    """Functions that give up after 8 s: long for a submit, and short for a Data API that hangs for 10 s."""
    return started(FunctionTimeoutSeconds="12", TimeoutMarginSeconds="4")


@pytest.fixture(scope="module")
def overrun(short_bench: Bench) -> dict[str, Trace]:
    """Every way at once: two attempts and the pauses between them take a while."""
    short_bench.set_faults({"operation": "DescribeStatement", "kind": "delay", "seconds": 10})
    event = {"sql": "SELECT 1", "poll": {"policy": "fixed", "interval_seconds": 1}}
    arns = [(way, short_bench.start(way, f"overrun-{way.name}", **event)) for way in LOOKING]
    for way, _arn in arns:
        eventually(
            lambda: logged(short_bench, way).count(f"{said_of(way)} failed") >= OVERRUNS,  # noqa: B023 - asked at once
            f"{way.name} does not overrun",
            look_seconds=0.5,
        )
    short_bench.set_faults()
    return {way.name: short_bench.wait(way, arn) for way, arn in arns}


@pytest.mark.parametrize("way", LOOKING, ids=lambda way: way.name)
def test_an_overrun_runs_finally_and_is_retried_as_handler_timed_out(
    short_bench: Bench, overrun: dict[str, Trace], way: Way
) -> None:
    trace = overrun[way.name]
    assert trace.status is ExecutionStatus.SUCCEEDED
    failed = [
        event.detail.get("error")
        for event in trace.events
        if event.kind in (EventKind.TASK_FAILED, EventKind.STEP_FAILED)
        and event.name.lower().replace("-", " ") == said_of(way)
    ]
    # A condition keeps its failed attempts among its polls: the handler's log has them, below.
    conditions = [event for event in trace.events if event.detail.get("type") == WAITS_FOR_CONDITION]
    assert len(failed) >= OVERRUNS or conditions
    assert set(failed) <= {"HandlerTimedOut"}
    messages, said = logged(short_bench, way), said_of(way)
    if messages.count(f"{said} ended") < messages.count(f"{said} began"):
        # The server that runs the functions may tell an invocation's last line with the next one.
        short_bench.wait(way, short_bench.start(way, f"after-{way.name}", sql="SELECT 1"))
        messages = logged(short_bench, way)
    assert messages.count(f"{said} failed") >= OVERRUNS
    assert messages.count(f"{said} ended") == messages.count(f"{said} began")
