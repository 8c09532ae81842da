"""The same scenario and seed give the same trace, byte for byte; another seed another one."""

from functools import cache

import pytest

from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.rehearsal.rehearse import digest
from orchbench.ways import all_ways
from orchbench.ways.way import Waits

FAULTS = (
    Fault.parse("throttle:operation=DescribeStatement,rate=0.4"),
    Fault.parse("hang:operation=DescribeStatement,first_call=7"),
    Fault.parse("crash-after:operation=BatchExecuteStatement"),
)


def rehearsed(way: str, *, seed: int = 3) -> Rehearsal:
    return rehearse(Scenario.polled(150, "fixed:10s", faults=FAULTS, latency="assumed", seed=seed), way)


@cache
def of_the_first_seed(way: str) -> str:
    """Return what both tests compare another rehearsal with."""
    return digest([rehearsed(way)])


@pytest.mark.parametrize("way", all_ways())
def test_the_same_seed_gives_the_same_trace(way: str) -> None:
    assert digest([rehearsed(way)]) == of_the_first_seed(way)


@pytest.mark.parametrize("way", all_ways())
def test_another_seed_gives_another_trace(way: str) -> None:
    assert digest([rehearsed(way, seed=4)]) != of_the_first_seed(way)


def test_a_digest_leaves_out_nothing_but_the_cpu_seconds() -> None:
    from dataclasses import replace

    one = rehearse(Scenario.polled(30, "fixed:10s"), "sfn-poll")
    invocations = tuple(replace(each, cpu_seconds=99.0) for each in one.trace.invocations)
    assert digest([replace(one, trace=replace(one.trace, invocations=invocations))]) == digest([one])
    later = tuple(replace(each, started_at=each.started_at + 1e-6) for each in one.trace.invocations)
    assert digest([replace(one, trace=replace(one.trace, invocations=later))]) != digest([one])


@pytest.mark.parametrize("way", [name for name, way in all_ways().items() if way.waits is Waits.BY_POLLING])
def test_without_latencies_everything_happens_on_whole_polls(way: str) -> None:
    trace = rehearse(Scenario.polled(95, "fixed:10s"), way).trace
    assert {(event.at - trace.started_at) % 10 for event in trace.events} == {0}
    assert trace.ended_at is not None
    assert trace.ended_at - trace.started_at == 100
