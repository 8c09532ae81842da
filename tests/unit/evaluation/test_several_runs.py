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
    # Seven runs are the fewest whose interval covers 98 %.
    assert found.settings.runs_each == len(found.of(WAYS[0].name)) == 7


@pytest.mark.slow
def test_runs_end_at_the_most_that_is_allowed(trace: Trace) -> None:
    found = run_until(Deployment(trace, lambda started: 1.0 + started // len(WAYS) % 7 * 10), 0.01, 8)

    assert found.settings.runs_each == 8
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
    planned_here = planned(6, runs)
    planned_here = replace(planned_here, ways={way: planned_here.ways[way] for way in seconds})
    return summarize(planned_here, price_list("us-east-1"))


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
    assert "Median makespan with its interval of 95 % or more, 6 runs" in printed(summary)
    assert json.loads(json.dumps(summary)) == summary


def overheads(trace: Trace, seconds: Mapping[str, Sequence[float]]) -> Json:
    """Return a summary of runs whose time beyond the query is given."""
    beyond = 30.0 - 5.0
    return summary_of(trace, {way: [beyond + one for one in each] for way, each in seconds.items()})


STEADY = [5.0, 5.1, 5.2, 5.3, 5.4, 5.5]


def test_ways_are_told_apart_where_the_interval_of_their_difference_leaves_zero_out(trace: Trace) -> None:
    summary = overheads(
        trace, {way.name: [one + 30 * (at == 0) for one in STEADY] for at, way in enumerate(WAYS)}
    )
    found = summary["apart"]

    assert (found["verdict"], found["more"], found["within_a_poll"]) == ("apart", WAYS[0].name, False)
    assert 29 < found["interval"]["low"] < found["difference"] < found["interval"]["high"] < 31
    assert f"s less beyond the query than {WAYS[0].name} (95 % interval)" in summary["meaning"]


def test_a_clear_difference_below_a_poll_interval_is_told_with_where_it_may_come_from(trace: Trace) -> None:
    # The spread and the poll interval of 10 s are no matter to what the runs tell apart.
    summary = overheads(
        trace, {way.name: [one + 2 * (at == 0) for one in STEADY] for at, way in enumerate(WAYS)}
    )

    assert summary["apart"]["verdict"] == "apart"
    assert "which may come from where ends fall between two polls" in summary["meaning"]


def test_ways_whose_differences_may_be_none_cannot_be_told_apart(trace: Trace) -> None:
    summary = overheads(trace, {way.name: STEADY for way in WAYS})

    assert summary["apart"]["verdict"] == "alike"
    assert "no way can be told from another" in summary["meaning"]


def test_a_95th_percentile_is_told_from_72_runs_on_and_never_without_its_interval(trace: Trace) -> None:
    few, enough = (
        summary_of(trace, {WAYS[0].name: [40 + at / 10 for at in range(runs)]}) for runs in (71, 72)
    )
    figure = few["ways"][WAYS[0].name]["latencies"]["makespan_seconds"]

    assert (figure["p95"], figure["p95_interval"]) == (None, None)
    assert "which takes 72 runs of each way" in printed(few)
    figure = enough["ways"][WAYS[0].name]["latencies"]["makespan_seconds"]
    assert figure["p95_interval"]["low"] < figure["p95"] < figure["p95_interval"]["high"]
    assert f"95th percentile {figure['p95']:.2f} s (" in printed(enough)


def test_a_summary_of_few_runs_tells_no_interval_and_says_why(trace: Trace) -> None:
    summary = summary_of(trace, {way.name: [40.0, 41.0, 42.0] for way in WAYS})

    figures: list[Any] = [way["latencies"]["makespan_seconds"] for way in summary["ways"].values()]
    assert all(one["median_interval"] is None and one["minimum"] == 40.0 for one in figures)
    assert all(one["median_interval"] is None for one in summary["differences"])
    assert "Each way's runs, 3, are too few for an interval: 6 are needed." in printed(summary)


def test_makespans_leave_out_what_has_not_ended(trace: Trace) -> None:
    assert makespans([trace, replace(trace, ended_at=None)]) == [30.0]
