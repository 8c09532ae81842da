import ast
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from stored_results import ROOT, STORED, copy_of_results, report_of

from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.estimate import estimate_way
from orchbench.evaluation.prices import price_list
from orchbench.report.drawing import BOLD, COLOURS, PLAIN
from orchbench.report.durations import break_evens
from orchbench.report.model import Chart, Report, plain
from orchbench.report.policies import all_points
from orchbench.report.reading import Given
from orchbench.report.svg import NARROW, WIDE, svg
from orchbench.report.timeline import QUERY, bars, middle_run
from orchbench.results.folder import ResultsFolder
from orchbench.ways import all_ways, the_pair
from orchbench.ways.durations import Policy, parse_policy

UNITS = ("USD", "duration", "delay", "seconds", "minutes", "hours")


STORED_WAYS = ["sfn-poll", "durable-poll", "durable-condition"]
"""Those of the stored results."""


@pytest.fixture(scope="module")
def made(monday: Path) -> Report:
    return report_of(monday)


@pytest.fixture(scope="module")
def given() -> Given:
    return Given(
        candidates=candidates(STORED_WAYS),
        prices=price_list("us-east-1"),
        prices_file="prices",
        architecture="x86_64",
        memory_mb=128,
        assumed=default_assumptions(),
        today=date(2026, 11, 21),
        files=dict.fromkeys(all_ways(), "file"),
    )


def found_in(value: Any, key: str) -> Iterator[Any]:
    """Yield what a key stands for anywhere in a specification."""
    if isinstance(value, Mapping):
        if key in value:
            yield value[key]
        for one in value.values():
            yield from found_in(one, key)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from found_in(one, key)


@pytest.mark.slow
def test_every_chart_follows_vega_lite_at_both_widths_and_has_a_unit_on_its_axes(made: Report) -> None:
    for chart in made.charts:
        for width in (WIDE, NARROW):
            # altair checks a specification against the schema when it is made.
            specification = chart.draw(width)
            assert specification["width"] == width
            titles = [one["title"] for one in found_in(specification, "x") if one.get("title")]
            assert titles
            assert all(any(unit in title for unit in UNITS) for title in titles), (chart.name, titles)


@pytest.mark.slow
def test_ways_differ_by_dash_shape_or_name_wherever_they_differ_by_colour(made: Report) -> None:
    for chart in made.charts:
        encodings = list(found_in(chart.draw(WIDE), "encoding"))
        # What stands in a row of its own has its name beside it.
        by_colour = [
            one
            for one in encodings
            if one.get("color", {}).get("field") == "way" and one["y"]["field"] != "row"
        ]
        assert all({"strokeDash", "shape", "text"} & set(one) for one in by_colour), chart.name


@pytest.mark.slow
def test_the_pair_is_drawn_bold_and_what_varies_it_is_not(made: Report) -> None:
    line = re.compile(r'<path(?![^>]*transform)[^>]*stroke="([^"]+)" stroke-width="([^"]+)" stroke-dasharray')
    expected = [
        (COLOURS[index % len(COLOURS)], BOLD if name in the_pair() else PLAIN)
        for index, name in enumerate(all_ways())
    ]
    for name in ("cost-against-duration-fixed", "cost-against-lag"):
        found = [(colour, float(width)) for colour, width in line.findall(svg(chart_named(made, name), WIDE))]
        assert sorted(found) == sorted(expected), name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["quota-headroom", "bill-monday"])
def test_the_names_of_the_pairs_bars_are_bold(made: Report, name: str) -> None:
    labels = re.findall(r"<text[^>]*>[^<]*</text>", svg(chart_named(made, name), WIDE))
    bold = {one: "bold" in text for text in labels for one in all_ways() if text.endswith(f"{one}</text>")}

    assert set(the_pair()) < set(bold)
    assert bold == {one: one in the_pair() for one in bold}


def chart_named(made: Report, name: str) -> Chart:
    (found,) = (chart for chart in made.charts if chart.name == name)
    return found


def layers_of(made: Report, name: str, kind: str) -> list[tuple[Mapping[str, Any], list[Any]]]:
    """Return the layers of a kind of mark, each with its rows."""
    drawn = chart_named(made, name).draw(WIDE)
    return [
        (layer, drawn["datasets"][layer["data"]["name"]])
        for layer in drawn["layer"]
        if layer["mark"].get("type") == kind
    ]


def test_a_line_ends_where_its_quota_ends_it(made: Report) -> None:
    chart = chart_named(made, "cost-against-duration-fixed")
    data = {one.what: one.figure for one in chart.data}
    marked = set(found_in(chart.draw(WIDE), "told"))

    # 25,000 events less 9 leave 2,776 polls of 9 events; 3,000 operations less 2 leave 1,499 polls of 2.
    assert data["sfn-poll, longest query that is seen to end"].value == 2_776 * 10 / 3_600
    assert data["durable-poll, longest query that is seen to end"].value == 1_499 * 10 / 3_600
    assert data["durable-condition, longest query that is seen to end"].value == 2_996 * 10 / 3_600
    assert {"ends at 7.7 h", "ends at 4.2 h", "ends at 8.3 h"} <= marked


def test_the_cheaper_of_two_ways_changes_at_a_break_even(given: Given) -> None:
    policy = Policy.fixed(10, budget=False)
    cost = {
        (one.name, seconds): estimate_way(one, seconds, policy, given.terms).bill.total_usd
        for one in given.candidates
        for seconds in (10, 11)
    }

    (even,) = break_evens(policy, given)

    assert (even.seconds, even.before, even.after) == (11, "durable-poll", "durable-condition")
    assert cost["durable-poll", 10] < cost["durable-condition", 10]
    assert cost["durable-poll", 11] > cost["durable-condition", 11]


def test_nothing_beats_a_point_of_the_pareto_front_and_something_every_other(given: Given) -> None:
    points = [(one.delay_seconds, one.cost_usd, one.on_front) for one in all_points(given)]

    for delay, cost, on_front in points:
        better = [
            other for other in points if other[0] <= delay and other[1] <= cost and other[:2] != (delay, cost)
        ]
        assert on_front == (not better)


def test_a_point_stands_where_the_schedule_stays_blind_longest_up_to_the_timeout(given: Given) -> None:
    points = {(one.way, one.policy): one for one in all_points(given)}
    stretched = points["durable-condition", "fixed:1s"]

    # 2,995 polls or fewer up to 66 min: the first of them 2 s apart, the last ones 1 s.
    assert stretched.found.followed.watched.longest_timeout_seconds == 3_960
    assert stretched.found.followed.stretched
    assert stretched.delay_seconds == 2
    assert stretched.found.lag.mean_seconds == 0.5
    assert stretched.named == "durable-condition, fixed:1s, stretched"
    kept = points["durable-condition", "fixed:10s"]
    assert (kept.delay_seconds, kept.found.followed.stretched) == (10, False)
    # No other is judged otherwise than `orchbench decide` judges it.
    for one in points.values():
        if one.policy != "adaptive" and not one.found.followed.stretched:
            assert one.delay_seconds == parse_policy(one.policy).minimum_seconds


def test_a_stretched_point_is_hollow(made: Report) -> None:
    points = layers_of(made, "cost-against-lag", "point")
    rows = [row for layer, of in points if "fill" in layer["encoding"] for row in of]

    assert {(row["way"], row["stretched"]) for row in rows} >= {("durable-poll", True)}
    assert all(row["stretched"] for row in rows)


@pytest.mark.slow
def test_a_mark_stands_on_its_line(made: Report) -> None:
    for name in ("cost-against-duration-fixed", "cost-against-duration-adaptive"):
        line, marks = (layers_of(made, name, kind)[0][1] for kind in ("line", "point"))
        computed = {(row["way"], row["duration"]) for row in line}
        ends = {way: max(row["duration"] for row in line if row["way"] == way) for way, _ in computed}

        assert marks
        for mark in marks:
            assert (mark["way"], mark["duration"]) in computed or mark["duration"] > ends[mark["way"]]


def test_what_is_too_small_to_tell_apart_is_named(made: Report) -> None:
    reading = plain(chart_named(made, "bill-monday").reading)

    assert "Too small to tell apart: " in reading
    assert "GB-seconds, logs (of sfn-poll" in reading


@pytest.mark.slow
def test_what_is_too_short_to_draw_is_a_tick(tmp_path: Path) -> None:
    made = report_of(copy_of_results(tmp_path / "monday"))
    ticks = [row for _, of in layers_of(made, "timeline-monday-durable-condition", "tick") for row in of]

    # The check holds for less than a millisecond of its wait.
    assert [row["kind"] for row in ticks if row["row"] == "check-status"] == ["state", "state"]


def test_a_timeline_has_the_query_on_top_and_ends_with_the_execution() -> None:
    comparison = ResultsFolder(STORED).read()
    for way in comparison.ways:
        run = middle_run(comparison.of(way))
        assert run is not None
        found = bars(run.trace)
        length = (run.trace.ended_at or 0) - run.trace.started_at

        assert found[0].row == QUERY
        assert sum(one.kind == "function" for one in found) == len(run.trace.invocations)
        assert all(-0.001 <= one.start <= one.end <= length + 0.2 for one in found), way
        # All but the moments of a function's work is waiting, and is drawn as such.
        waited = sum(one.end - one.start for one in found if one.kind == "wait")
        assert waited > 0.7 * length, way


def test_the_middle_run_is_the_one_in_the_middle() -> None:
    comparison = ResultsFolder(STORED).read()
    runs = comparison.of("sfn-poll")
    lengths = sorted((run.trace.ended_at or 0) - run.trace.started_at for run in runs)

    middle = middle_run(runs)

    assert middle is not None
    assert (middle.trace.ended_at or 0) - middle.trace.started_at == lengths[1]


def test_an_hour_is_drawn_where_it_was_rehearsed(made: Report) -> None:
    rows = [row for _, of in layers_of(made, "timeline-one-hour", "text") for row in of]

    assert [row["row"] for row in rows] == [f"{way} every 10 s" for way in STORED_WAYS]
    assert {row["told"] for row in rows} == {"6 polls"}
    assert not any(chart.name.startswith("timeline-monday") for chart in made.charts)


def test_the_total_stands_at_the_end_of_a_bar(made: Report) -> None:
    ((_, rows),) = layers_of(made, "bill-monday", "text")
    lines = {one.what: one.figure for one in chart_named(made, "bill-monday").data}

    for row in rows:
        parts = [
            float(one.value or 0)
            for what, one in lines.items()
            if what.startswith(f"{row['way']},") and one.unit == "USD per 1,000 runs"
        ]
        assert row["usd"] == pytest.approx(sum(parts))


def test_a_report_reads_results_and_runs_nothing() -> None:
    running = "local|rehearsal|redshift|bench|runner|orchestrators"
    runs = re.compile(rf"boto3|botocore|subprocess|socket|urllib|orchbench\.({running})")
    names = [
        (file.name, name)
        for file in (ROOT / "src/orchbench/report").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    ]

    assert names
    assert [(file, name) for file, name in names if runs.match(name)] == []
