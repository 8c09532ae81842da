"""Ways and poll policies as every command takes them: again, with commas, or all."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from orchbench.cli import build_parser, main
from orchbench.commands.failure import UsageError
from orchbench.commands.options import policies_of, ways_of
from orchbench.ways import all_ways, the_pair
from orchbench.ways.durations import Policy, parse_policy, policy_from_input

EVERY = list(all_ways())
FIRST, SECOND, *_ = EVERY
TAKE_WAYS = {
    "compare": [],
    "rehearse": [],
    "estimate": ["--duration", "1h"],
    "decide": ["--duration", "1h", "--runs-a-month", "9", "--acceptable-lag", "1m"],
    "limits": [],
    "faults": [],
    "load": [],
    "complexity": [],
    "supplement": ["docs/results/compare-local"],
}
TAKE_POLLS = ("rehearse", "estimate", "limits")


def names(given: Sequence[str] | None) -> list[str]:
    return [way.name for way in ways_of(given)]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, EVERY),
        (["all"], EVERY),
        ([SECOND], [SECOND]),
        ([SECOND, FIRST], [FIRST, SECOND]),
        ([f"{SECOND}, {FIRST}"], [FIRST, SECOND]),
        ([FIRST, f"{SECOND},{FIRST}"], [FIRST, SECOND]),
        ([FIRST, "all"], EVERY),
    ],
)
def test_ways_are_named_again_or_with_commas_and_come_once_in_the_order_of_a_table(
    given: list[str] | None, meant: list[str]
) -> None:
    assert names(given) == meant


def test_a_narrower_default_is_named_by_its_command() -> None:
    assert [way.name for way in ways_of(the_pair())] == list(the_pair())


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["glue"], f"There is no way 'glue': take one of {', '.join(EVERY)}, or all."),
        ([f"{FIRST},glue"], f"There is no way 'glue': take one of {', '.join(EVERY)}, or all."),
        (["all", "glue"], f"There is no way 'glue': take one of {', '.join(EVERY)}, or all."),
        ([","], "--way is empty: give at least one, or leave it out."),
    ],
)
def test_what_is_no_way_is_one_sentence(given: list[str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        ways_of(given)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("command", TAKE_WAYS)
def test_every_command_over_ways_refuses_an_unknown_one_alike(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, *TAKE_WAYS[command], "--way", f"{FIRST},glue"]) == 2

    shown = capsys.readouterr()
    assert shown.err.startswith("orchbench: There is no way 'glue': take one of ")
    assert (shown.err.count("\n"), shown.out) == (1, "")


@pytest.mark.parametrize("command", [*TAKE_WAYS, *(f"{one} --poll" for one in TAKE_POLLS)])
def test_every_command_keeps_all_that_an_option_was_given(command: str) -> None:
    name, _, option = command.partition(" ")
    option = option or "--way"
    parsed = build_parser().parse_args([name, *TAKE_WAYS[name], option, "a,b", option, "c"])

    assert getattr(parsed, option.removeprefix("--")) == ["a,b", "c"]


def test_polls_are_given_again_or_with_commas_and_come_once() -> None:
    given = ["fixed:10s,adaptive:share=0.1,minimum=5s", "fixed:10s", "fixed:1m,fixed:60s"]

    assert policies_of(given, budget=True) == [Policy.fixed(10), Policy(0.1, 5, 300), Policy.fixed(60)]


@pytest.mark.slow
def test_a_rehearsal_runs_every_poll_and_duration_that_it_was_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["--duration", "60", "--duration", "90", "--poll", "fixed:20s", "--poll", "fixed:30s"]
    assert main(["rehearse", *given, "--way", FIRST, "--processes", "1", "--json"]) == 0

    found = rows(capsys)
    assert [row["scenario"] for row in found] == [
        "1m fixed:20s",
        "1m fixed:30s",
        "90s fixed:20s",
        "90s fixed:30s",
    ]


@pytest.mark.slow
def test_a_rehearsal_takes_a_policy_with_commas_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    poll = "adaptive:share=0.5,minimum=20s,maximum=30s"
    assert main(["rehearse", "--duration", "60", "--poll", poll, "--way", FIRST, "--json"]) == 0

    assert [row["poll"] for row in rows(capsys)] == [poll]


def test_complexity_is_measured_of_the_ways_that_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["complexity", "--way", SECOND, "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert [one["way"] for one in document["ways"]] == [SECOND]


def test_the_fault_matrix_has_a_cell_for_each_way_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    fault = ["--fault", "statement-fails", "--processes", "1"]
    assert main(["faults", *fault, "--way", f"{SECOND},{FIRST}", "--json"]) == 0

    (row,) = json.loads(capsys.readouterr().out)["faults"]
    assert [cell["way"] for cell in row["ways"]] == [FIRST, SECOND]


@pytest.mark.parametrize(
    "text", ["fixed:30s", "adaptive", "adaptive:share=0.1", "adaptive:share=0.5,minimum=5s,maximum=1m"]
)
def test_a_policy_reaches_an_execution_as_it_was_asked_for(text: str) -> None:
    for budget in (True, False):
        policy = parse_policy(text, budget=budget)
        assert policy_from_input(policy.to_input()) == policy


def test_what_is_the_default_is_left_out_of_an_input() -> None:
    assert parse_policy("adaptive").to_input() == {"policy": "adaptive"}
    assert parse_policy("fixed:10s").to_input() == {"policy": "fixed", "interval_seconds": 10}


def test_local_faults_strike_every_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "--local", "--way", FIRST]) == 2
    assert "--local makes each fault on every way at once: leave out --way." in capsys.readouterr().err


def rows(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    found: list[Any] = json.loads(capsys.readouterr().out)["rehearsals"]
    return found
