from dataclasses import replace
from typing import Any

import pytest

from orchbench.comparison.mart import MartCheck, Stamp
from orchbench.comparison.runner import Listener, compare
from orchbench.deployment.execution import Evidence, Execution
from orchbench.platforms.platform import Record
from orchbench.trace import ExecutionStatus
from orchbench.ways import all_ways

BOTH = [all_ways()["sfn-poll"], all_ways()["durable-poll"]]


class Deployment:
    """Runs nothing: each execution ends with the recorded trace of its way."""

    def __init__(self, traces: Any, interrupted_at: Any = None) -> None:
        self.traces = traces
        self.interrupted_at = interrupted_at
        self.started: list[str] = []
        self.stopped: list[str] = []

    def start(self, way: Any, document: Any) -> Any:
        self.started.append(way)
        return Execution(way, f"{way}-{len(self.started)}", f"arn:{len(self.started)}")

    def wait(self, execution: Any, *, on_progress: Any = None) -> Any:
        if len(self.started) == self.interrupted_at:
            raise KeyboardInterrupt
        return ExecutionStatus.SUCCEEDED

    def evidence(self, execution: Any) -> Any:
        return Evidence(Record({}, []), ())

    def trace_of(self, way: Any, evidence: Any) -> Any:
        return replace(self.traces[way], execution_name=f"run-{len(self.started)}")

    def stop(self, execution: Any, cause: Any) -> Any:
        self.stopped.append(execution.name)


class Mart:
    def stamp(self) -> Any:
        return Stamp(1, "before", "before")

    def check(self, before: Any) -> Any:
        return MartCheck("right", "as it was before" if before.last == "before" else "?")


@pytest.fixture
def traces(traced: Any) -> Any:
    return {"sfn-poll": traced("sfn_succeeded"), "durable-poll": traced("durable_retried")}


@pytest.fixture
def kept() -> Any:
    return []


@pytest.fixture
def listener(kept: Any) -> Any:
    return Listener(
        started=lambda execution, number: None,
        progress=lambda execution, live: None,
        ended=lambda run: None,
        keep=lambda run, history, comparison: kept.append(comparison),
    )


def planned(comparison: Any, runs_each: Any) -> Any:
    return replace(
        comparison, runs=(), complete=False, settings=replace(comparison.settings, runs_each=runs_each)
    )


def test_the_ways_take_turns(comparison: Any, traces: Any, listener: Any) -> None:
    deployment = Deployment(traces)

    made = compare(deployment, BOTH, planned(comparison, 2), Mart(), listener)

    assert deployment.started == ["sfn-poll", "durable-poll"] * 2
    assert [(run.way, run.number) for run in made.runs][-1] == ("durable-poll", 2)
    assert made.complete


def test_every_run_is_kept_as_it_ends(comparison: Any, traces: Any, listener: Any, kept: Any) -> None:
    compare(Deployment(traces), BOTH, planned(comparison, 1), Mart(), listener)

    assert [(len(one.runs), one.complete) for one in kept] == [(1, False), (2, True)]


def test_an_interrupt_stops_what_runs_and_keeps_what_ran(
    comparison: Any, traces: Any, listener: Any, kept: Any
) -> None:
    deployment = Deployment(traces, interrupted_at=2)

    with pytest.raises(KeyboardInterrupt):
        compare(deployment, BOTH, planned(comparison, 2), Mart(), listener)

    assert deployment.stopped == ["durable-poll-2"]
    assert [len(one.runs) for one in kept] == [1]


def test_a_failed_run_is_part_of_the_comparison_and_its_mart_is_not_checked(
    comparison: Any, traces: Any, listener: Any, traced: Any
) -> None:
    failing = Deployment(traces | {"sfn-poll": traced("sfn_failed")})

    made = compare(failing, [all_ways()["sfn-poll"]], planned(comparison, 1), Mart(), listener)

    assert made.runs[0].mart["outcome"] == "not checked"


def test_without_a_mart_to_check_the_run_says_so(comparison: Any, traces: Any, listener: Any) -> None:
    made = compare(Deployment(traces), [all_ways()["sfn-poll"]], planned(comparison, 1), None, listener)

    assert made.runs[0].mart["outcome"] == "not checked"


def test_a_resumed_comparison_makes_the_missing_runs_alone(
    comparison: Any, traces: Any, listener: Any, kept: Any
) -> None:
    with pytest.raises(KeyboardInterrupt):
        compare(Deployment(traces, interrupted_at=3), BOTH, planned(comparison, 2), Mart(), listener)
    interrupted = kept[-1]
    rest = Deployment(traces)

    resumed = compare(rest, BOTH, interrupted, Mart(), listener)

    whole = compare(Deployment(traces), BOTH, planned(comparison, 2), Mart(), listener)
    assert rest.started == ["sfn-poll", "durable-poll"]
    assert [(run.way, run.number) for run in resumed.runs] == [(run.way, run.number) for run in whole.runs]
    assert (interrupted.complete, resumed.complete) == (False, True)


def test_a_comparison_that_goes_on_until_it_is_narrow_is_complete_only_then(
    comparison: Any, traces: Any, listener: Any, kept: Any
) -> None:
    made = compare(
        Deployment(traces),
        BOTH,
        planned(comparison, 1),
        Mart(),
        listener,
        more_needed=lambda so_far: so_far.settings.runs_each < 3,
    )

    assert (made.settings.runs_each, len(made.runs), made.complete) == (3, 6, True)
    assert [one.complete for one in kept] == [False] * 5 + [True]
