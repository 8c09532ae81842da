"""A rehearsal and the local servers count the same for the same small batch."""

from collections import Counter

import pytest
from local_bench import Bench

from orchbench.evaluation.counts import count, platform_meters
from orchbench.rehearsal import Scenario, rehearse
from orchbench.trace import EventKind, ExecutionStatus, Trace
from orchbench.ways import Way

pytestmark = pytest.mark.local

EVENT = {"timeout_seconds": 60, "poll": {"policy": "fixed", "interval_seconds": 2}}
DURATION_SECONDS = 5
"""Between the second check and the third, with a second to spare on either side for slow servers."""


def states_entered(trace: Trace) -> Counter[str]:
    return Counter(event.name for event in trace.events if event.kind is EventKind.STATE_ENTERED)


def test_counts_of_a_rehearsal_equal_those_of_the_local_servers(bench: Bench, way: Way) -> None:
    arn = bench.start(way, f"agrees-{way.name}", sql=f"SELECT pg_sleep({DURATION_SECONDS})", **EVENT)
    local = bench.wait(way, arn)
    scenario = Scenario(duration_seconds=DURATION_SECONDS, input=EVENT)
    rehearsed = rehearse(scenario, way).trace
    assert local.status is rehearsed.status is ExecutionStatus.SUCCEEDED
    local_counts, rehearsed_counts = count(local), count(rehearsed)
    assert local_counts.polls == rehearsed_counts.polls == 3
    assert local_counts.retries == rehearsed_counts.retries == 0
    counted = [meter for meter in platform_meters() if not meter.is_size]
    assert [local_counts.of(one) for one in counted] == [rehearsed_counts.of(one) for one in counted]
    assert states_entered(local) == states_entered(rehearsed)
    assert bench.invocations(way, arn) == len(rehearsed.invocations)
    # The local Step Functions writes no TaskStarted, and nothing else is left out.
    tasks = sum(event.kind is EventKind.TASK_SUCCEEDED for event in rehearsed.events)
    assert local.history_events == rehearsed.history_events - tasks
