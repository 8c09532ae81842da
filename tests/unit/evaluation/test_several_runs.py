import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from orchbench.commands.compare import _more_needed, share
from orchbench.comparison.runner import Listener, compare
from orchbench.deployment.execution import Evidence, Execution, Live
from orchbench.evaluation.latency import makespans
from orchbench.evaluation.prices import price_list
from orchbench.platforms.platform import Record
from orchbench.rehearsal import Scenario, rehearse
from orchbench.report.table import print_comparison
from orchbench.results.comparison import Comparison, ComparisonSettings, Run
from orchbench.results.summary import summarize
from orchbench.trace import ExecutionStatus, Json, Trace
from orchbench.ways import all_ways

CHECKED = {"outcome": "right", "said": "as it should be"}
WAYS = list(all_ways().values())


class Deployment:
    """Answers each start with a trace whose makespan the test says."""

    def __init__(self, trace: Trace, makespan_seconds: Callable[[int], float]) -> None:
        self._trace = trace
        self._makespan_seconds = makespan_seconds
        self.started = 0

    def start(self, way: str, document: Json) -> Execution:
        self.started += 1
        return Execution(way, f"{way}-{self.started}", f"arn:{self.started}")

    def wait(
        self, execution: Execution, *, on_progress: Callable[[Live], None] | None = None
    ) -> ExecutionStatus:
        return ExecutionStatus.SUCCEEDED

    def evidence(self, execution: Execution) -> Evidence:
        return Evidence(Record({}, []), ())

    def trace_of(self, way: str, evidence: Evidence) -> Trace:
        ended = self._trace.started_at + self._makespan_seconds(self.started)
        return replace(self._trace, orchestrator=way, ended_at=ended)

    def stop(self, execution: Execution, cause: str) -> str | None:
        return None


@pytest.fixture(scope="module")
def trace() -> Trace:
    return rehearse(Scenario.polled(25.0, "fixed:10s"), "sfn-poll").trace


def planned(runs_each: int, runs: Sequence[Run] = ()) -> Comparison:
    document = {
        "sql_file": "a.sql",
        "timeout_seconds": 60,
        "poll": {"policy": "fixed", "interval_seconds": 10},
    }
    settings = ComparisonSettings("local", "us-east-1", "orchbench", "arn", "dev", 10, runs_each, document)
    return Comparison(
        settings, {way.name: way.title for way in WAYS}, "2026-11-21T03:00:00+00:00", tuple(runs)
    )


def run_until(deployment: Deployment, within: float | None, most_runs: int, runs_each: int = 1) -> Comparison:
    def nothing(*_: object) -> None:
        return None

    listener = Listener(nothing, nothing, nothing, nothing)
    more = _more_needed(within, most_runs)
    return compare(deployment, WAYS, planned(runs_each), None, listener, more_needed=more)


def test_runs_go_on_until_the_interval_is_within_the_share(trace: Trace) -> None:
    found = run_until(Deployment(trace, lambda started: 30 + started % 3), 0.1, 40)

    assert found.complete
    assert found.settings.runs_each == len(found.of(WAYS[0].name)) == 5


@pytest.mark.slow
def test_runs_end_at_the_most_that_is_allowed(trace: Trace) -> None:
    found = run_until(Deployment(trace, lambda started: 1.0 + started % 7 * 10), 0.01, 7)

    assert found.settings.runs_each == 7
    assert found.complete


def test_without_a_share_the_runs_are_those_asked_for(trace: Trace) -> None:
    assert run_until(Deployment(trace, float), None, 50, runs_each=2).settings.runs_each == 2


@pytest.mark.parametrize(("text", "value"), [("10%", 0.1), ("0.25", 0.25)])
def test_a_share_is_read_as_people_write_it(text: str, value: float) -> None:
    assert share(text) == pytest.approx(value)


def summary_of(trace: Trace, seconds: Mapping[str, Sequence[float]]) -> Json:
    runs = [
        Run(way, number, CHECKED, replace(trace, orchestrator=way, ended_at=trace.started_at + makespan))
        for way, each in seconds.items()
        for number, makespan in enumerate(each, start=1)
    ]
    return summarize(planned(6, runs), price_list("us-east-1"))


def printed(summary: Json) -> str:
    out = StringIO()
    print_comparison(Console(file=out, width=400), summary)
    return out.getvalue()


def test_a_summary_bounds_medians_and_their_differences(trace: Trace) -> None:
    slow = [40.0, 41.0, 40.5, 42.0, 40.2, 41.1]
    summary = summary_of(trace, {way.name: [one - 5 * at for one in slow] for at, way in enumerate(WAYS)})
    figure = summary["ways"][WAYS[0].name]["latencies"]["makespan_seconds"]
    difference = next(one for one in summary["differences"] if one["key"] == "makespan_seconds")

    assert figure["median_interval"]["low"] <= figure["median"] <= figure["median_interval"]["high"]
    assert figure["count"] == 6
    assert difference["median"] == pytest.approx(5.0)
    assert difference["median_interval"]["low"] > 0
    assert "Median makespan with its 95 % interval, 6 runs" in printed(summary)
    assert json.loads(json.dumps(summary)) == summary


def test_a_summary_of_few_runs_tells_no_interval_and_says_why(trace: Trace) -> None:
    summary = summary_of(trace, {way.name: [40.0, 41.0, 42.0] for way in WAYS})

    figures: list[Any] = [way["latencies"]["makespan_seconds"] for way in summary["ways"].values()]
    assert all(one["median_interval"] is None and one["minimum"] == 40.0 for one in figures)
    assert all(one["median_interval"] is None for one in summary["differences"])
    assert "Each way's runs, 3, are too few for an interval: 5 are needed." in printed(summary)


def test_makespans_leave_out_what_has_not_ended(trace: Trace) -> None:
    assert makespans([trace, replace(trace, ended_at=None)]) == [30.0]
