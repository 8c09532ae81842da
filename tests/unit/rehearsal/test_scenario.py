"""Scenarios from a command line or a file: read exactly, or refused in one sentence."""

from pathlib import Path
from typing import Any

import pytest

from orchbench.rehearsal.fault import Kind
from orchbench.rehearsal.scenario import (
    InvalidScenario,
    Scenario,
    default_timeout_seconds,
    load_scenarios,
    parse_duration,
    poll_policy,
    shown_duration,
)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(90, 90), ("90", 90), ("10s", 10), ("5m", 300), ("1.5h", 5400), ("1d", 86_400), (0, 0)],
)
def test_a_duration_is_read_as_it_is_written(written: Any, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize("written", ["", "ten", "5 weeks", -1, True, None, "1h30m"])
def test_what_is_no_duration_is_refused_with_an_example(written: Any) -> None:
    with pytest.raises(InvalidScenario, match=r"is not a duration.*6h"):
        parse_duration(written)


def test_a_duration_is_shown_in_its_largest_whole_unit() -> None:
    assert [shown_duration(each) for each in (45, 90, 600, 3600, 86_400, 172_800)] == [
        "45s", "90s", "10m", "1h", "24h", "2d"
    ]  # fmt: skip


def test_a_poll_policy_is_the_inputs_own() -> None:
    assert poll_policy("fixed:10s") == {"policy": "fixed", "interval_seconds": 10}
    assert poll_policy("adaptive") == {"policy": "adaptive"}
    assert poll_policy({"policy": "adaptive", "share": 0.1}) == {"policy": "adaptive", "share": 0.1}


@pytest.mark.parametrize("written", ["fixed", "fixed:0.5s", "fixed:soon", "eager", ""])
def test_what_is_no_poll_policy_is_refused(written: str) -> None:
    with pytest.raises(InvalidScenario):
        poll_policy(written)


@pytest.mark.parametrize(
    ("duration", "timeout"), [(60, 3600), (3600, 3960), (36_000, 39_600), (86_400, 86_400)]
)
def test_the_timeout_leaves_a_tenth_to_spare(duration: float, timeout: float) -> None:
    assert default_timeout_seconds(duration) == pytest.approx(timeout)


def test_the_poll_budget_is_part_of_the_input() -> None:
    assert Scenario.polled(60, "fixed:10s", poll_budget=False).input["poll"]["budget"] is False
    assert "budget" not in Scenario.polled(60, "fixed:10s").input["poll"]


FILE = """
scenarios:
  - name: a throttled afternoon
    duration: 6h
    poll: fixed:10s
    timeout: 8h
    poll_budget: false
    queue: 30s
    rows: 1000
    seed: 7
    latency: assumed
    faults:
      - {kind: throttle, operation: DescribeStatement, rate: 0.2}
      - {kind: stop, at: 600}
  - duration: 90
    input: {}
    inline_sql: true
"""


def test_a_file_holds_scenarios(tmp_path: Path) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text(FILE)
    first, second = load_scenarios(path)
    assert first.duration_seconds == 21_600
    assert first.input == {
        "timeout_seconds": 28_800,
        "poll": {"policy": "fixed", "interval_seconds": 10, "budget": False},
    }
    assert [fault.kind for fault in first.faults] == [Kind.THROTTLE, Kind.STOP]
    assert (first.queue_seconds, first.rows, first.seed, first.latency) == (30, 1000, 7, "assumed")
    assert first.execution_name == "a-throttled-afternoon"
    assert (second.duration_seconds, second.input, second.inline_sql) == (90, {}, True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[", "is not valid YAML"),
        ("scenarios: []", "needs 'scenarios', a list with at least one"),
        ("other: 1", "needs 'scenarios'"),
        ("scenarios: [1]", "scenario 1: A scenario is a mapping"),
        ("scenarios: [{poll: adaptive}]", "scenario 1: A scenario needs 'duration', such as 6h"),
        ("scenarios: [{duration: 1h, pol: x}]", "unknown key 'pol': known are .*duration"),
        ("scenarios: [{duration: 1h}, {duration: soon}]", "scenario 2: 'soon' is not a duration"),
        ("scenarios: [{duration: 1h, input: {}, timeout: 1h}]", "'input', which leaves out 'timeout'"),
        ("scenarios: [{duration: 1h, seed: -1}]", "'seed' is -1: it takes a whole number"),
        ("scenarios: [{duration: 1h, inline_sql: 1}]", "'inline_sql' is 1: it takes true or false"),
        (
            "scenarios: [{duration: 1h, latency: real}]",
            "no latency profile 'real': take one of zero, assumed",
        ),
        ("scenarios: [{duration: 1h, faults: x}]", "'faults' is 'x': it takes a list"),
        ("scenarios: [{duration: 1h, faults: [{kind: fire}]}]", "The fault 'fire' is unknown"),
    ],
)
def test_what_is_wrong_in_a_file_is_one_sentence_with_its_place(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text(text)
    with pytest.raises(InvalidScenario, match=sentence) as caught:
        load_scenarios(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidScenario, match=r"none.yaml cannot be read: No such file"):
        load_scenarios(tmp_path / "none.yaml")
