"""A rehearsal and the local servers count the same for the same small batch."""

from collections import Counter

import pytest
from local_bench import Bench

from orchbench.evaluation.counts import count, platform_meters
from orchbench.evaluation.latency import latency
from orchbench.rehearsal import Scenario, rehearse
from orchbench.trace import EventKind, ExecutionStatus, Trace
from orchbench.ways import Way, all_ways
from orchbench.ways.way import Waits

pytestmark = pytest.mark.local

INTERVAL_SECONDS = 2
EVENT = {"timeout_seconds": 600, "poll": {"policy": "fixed", "interval_seconds": INTERVAL_SECONDS}}
DURATION_SECONDS = 9
LAG_SECONDS = 30
"""The fallback's is half an hour. On an idle machine it is well below a second, cold starts apart."""


def states_entered(trace: Trace) -> Counter[str]:
    return Counter(event.name for event in trace.events if event.kind is EventKind.STATE_ENTERED)


@pytest.fixture(scope="module")
def executions(shared_bench: Bench) -> dict[str, str]:
    """Start the batch in every way at once, and return the executions' ARNs by their ways."""
    shared_bench.set_faults()
    sql = f"SELECT pg_sleep({DURATION_SECONDS})"
    return {
        name: shared_bench.start(way, f"agrees-{name}", sql=sql, **EVENT) for name, way in all_ways().items()
    }


def test_counts_of_a_rehearsal_equal_those_of_the_local_servers(
    shared_bench: Bench, executions: dict[str, str], way: Way
) -> None:
    bench, arn = shared_bench, executions[way.name]
    local = bench.wait(way, arn)
    local_counts = count(local)
    # As many polls as this machine made meanwhile: 5, unless it is busy; or one, at the end.
    polls = local_counts.polls
    at_the_end = way.waits is not Waits.BY_POLLING
    scenario = Scenario(duration_seconds=INTERVAL_SECONDS * (1 if at_the_end else polls) - 1, input=EVENT)
    rehearsed = rehearse(scenario, way).trace
    assert local.status is rehearsed.status is ExecutionStatus.SUCCEEDED
    rehearsed_counts = count(rehearsed)
    assert polls == rehearsed_counts.polls >= (1 if at_the_end else 3)
    assert local_counts.retries == rehearsed_counts.retries == 0
    counted = [meter for meter in platform_meters() if not meter.is_size]
    assert [local_counts.of(one) for one in counted] == [rehearsed_counts.of(one) for one in counted]
    assert states_entered(local) == states_entered(rehearsed)
    # What an event invokes is in no history.
    unrecorded = sum(one.function_name.endswith(tuple(way.unrecorded)) for one in rehearsed.invocations)
    assert bench.invocations(way, arn) == len(rehearsed.invocations) - unrecorded
    # The local Step Functions writes no TaskStarted, and nothing else is left out.
    tasks = sum(event.kind is EventKind.TASK_STARTED for event in rehearsed.events)
    assert local.history_events == rehearsed.history_events - tasks


def test_an_event_ends_the_wait_and_no_fallback(bench: Bench, way: Way) -> None:
    if way.waits is not Waits.FOR_AN_EVENT:
        pytest.skip("it waits for no event")
    trace = bench.run(way, sql="SELECT pg_sleep(2)", timeout_seconds=600)

    assert trace.status is ExecutionStatus.SUCCEEDED
    assert EventKind.WAIT_WOKEN in {event.kind for event in trace.events}
    assert EventKind.WAIT_RAN_OUT not in {event.kind for event in trace.events}
    lag = latency(trace).detection_lag_seconds
    assert lag is not None
    assert lag < LAG_SECONDS
