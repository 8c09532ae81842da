"""No event is missed, whenever it comes: between two waits, before one is armed, or while a look is made."""

import pytest

from orchbench.evaluation.latency import latency
from orchbench.rehearsal import Fault, Scenario, rehearse
from orchbench.rehearsal.event_bridge import RETRY_SECONDS
from orchbench.trace import ExecutionStatus
from orchbench.ways import all_ways
from orchbench.ways.way import Waits

pytestmark = pytest.mark.slow

WAITING = [way.name for way in all_ways().values() if way.waits is Waits.FOR_AN_EVENT]
FORGED_AT = 10.0
STEP_SECONDS = 0.15


@pytest.mark.parametrize("way", WAITING)
def test_an_end_at_any_moment_around_a_forged_events_look_is_learned_before_the_fallback(way: str) -> None:
    # Calls, invocations and events take their time here, so that there is something between two waits.
    forged = (Fault.parse(f"forge-statement-event:at={FORGED_AT:g}"),)
    lags = []
    for number in range(14):
        scenario = Scenario(FORGED_AT - 1 + number * STEP_SECONDS, latency="assumed", faults=forged)
        done = rehearse(scenario, way)
        assert (done.trace.status, done.unmet) == (ExecutionStatus.SUCCEEDED, ())
        lag = latency(done.trace).detection_lag_seconds
        assert lag is not None
        lags.append(lag)
    # An event that found no wait open is tried again a minute later, and somebody looked by then.
    assert max(lags) < RETRY_SECONDS[0] + 5
    assert sorted(lags)[len(lags) // 2] < 2


@pytest.mark.parametrize("way", WAITING)
def test_an_end_at_any_moment_around_the_submit_is_learned_before_the_fallback(way: str) -> None:
    for number in range(8):
        done = rehearse(Scenario(number * STEP_SECONDS, latency="assumed"), way)
        lag = latency(done.trace).detection_lag_seconds
        assert lag is not None
        assert lag < 5
