"""One input serves every way: what a way ignores of it changes nothing, and what it uses does."""

import pytest

from orchbench.rehearsal import Scenario, rehearse
from orchbench.ways import all_ways
from orchbench.ways.way import Waits

SECONDS = 125.0
SOONER = {"policy": "fixed", "interval_seconds": 20}
USUAL = {"timeout_seconds": 600, "poll": {"policy": "fixed", "interval_seconds": 60}}
USES = {"poll": Waits.BY_POLLING, "fallback": Waits.FOR_AN_EVENT}
"""The member of the input, and the ways that go by it: what the table of docs/ways.md says."""


def moments(way: str, **more: object) -> list[float]:
    """Return when a rehearsal invoked functions, and how many events it wrote."""
    found = rehearse(Scenario(SECONDS, USUAL | more), way).trace
    began = found.started_at
    return [found.history_events, *(round(one.started_at - began, 3) for one in found.invocations)]


@pytest.mark.slow
@pytest.mark.parametrize("member", USES)
@pytest.mark.parametrize("way", all_ways())
def test_a_way_goes_by_the_member_that_it_uses_and_by_no_other(way: str, member: str) -> None:
    changes = moments(way, **{member: SOONER}) != moments(way)

    assert changes == (all_ways()[way].waits is USES[member])
