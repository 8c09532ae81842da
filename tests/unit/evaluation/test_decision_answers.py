"""What ``decide`` answers: by the bill that is asked for, and with what ends the plan."""

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from orchbench.cli import main
from orchbench.evaluation.figures import told_below, told_excess, told_share, told_usd
from orchbench.trace import Json

FREE = "decide --duration 20m --runs-a-month 70 --acceptable-lag 60s --free-tier"
BUSY = "decide --duration uniform:10s,50s --acceptable-lag 60s --way durable-condition --runs-a-month"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[[str], Json]:
    def run_command(command: str) -> Json:
        capsys.readouterr()
        main([*command.split(), "--json"])
        document: Json = json.loads(capsys.readouterr().out)
        return document

    return run_command


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    def run_command(command: str) -> str:
        capsys.readouterr()
        main(command.split())
        return capsys.readouterr().out

    return run_command


def costs_at(run: Callable[[str], Json], interval: int) -> dict[str, Decimal]:
    command = f"estimate --duration 20m --runs-a-month 70 --free-tier --poll fixed:{interval}s"
    return {row["way"]: Decimal(row["cost"]["value"]) for row in run(command)["estimates"]}


def test_with_the_free_tier_the_cheapest_is_that_of_the_bills(run: Callable[[str], Json]) -> None:
    answer = run(FREE)
    flip = next(one for one in answer["flips"] if one["direction"] == "shorter")
    before, after = (costs_at(run, flip["interval"]["value"] + more) for more in (1, 0))

    assert (answer["recommended"]["way"], answer["recommended"]["poll"]) == ("sfn-poll", "fixed:60s")
    assert Decimal(answer["recommended"]["usd_a_month"]["value"]) < Decimal("0.01")
    assert answer["runner_up"]["way"] == "durable-condition"
    assert Decimal(answer["runner_up"]["costs_more"]["value"]) > 0
    assert min(before, key=lambda way: before[way]) == "sfn-poll"
    assert min(after, key=lambda way: after[way]) == flip["way"] != "sfn-poll"


def test_with_the_free_tier_the_budget_is_held_to_the_bill(run: Callable[[str], Json]) -> None:
    assert run(f"{FREE} --budget-usd 0.01")["within_budget"]["fits"] is True


def test_with_the_free_tier_more_runs_turn_it_at_the_factor_that_is_told(run: Callable[[str], Json]) -> None:
    turn = next(one for one in run(FREE)["sensitivity"] if one["kind"] == "workload")

    for step, way in ((0.99, "sfn-poll"), (1.01, turn["way"])):
        runs = round(70 * turn["factor"]["value"] * step, 3)
        assert run(FREE.replace("--runs-a-month 70", f"--runs-a-month {runs}"))["recommended"]["way"] == way


def test_a_statement_is_active_until_it_ends_and_not_until_that_is_seen(run: Callable[[str], Json]) -> None:
    statements = next(one for one in run(f"{BUSY} 3110400")["limits"] if "active statements" in one["quota"])

    # 12 starts a second, 30 s each.
    assert statements["used"]["value"] == pytest.approx(360, abs=1e-3)


def test_a_plan_at_the_whole_of_a_quota_is_told_to_end_there(
    run: Callable[[str], Json], said: Callable[[str], str]
) -> None:
    answer = run(f"{BUSY} 4319900")

    assert answer["fits"] is True
    growths = {one["what"]: one for one in answer["growth"]}
    assert growths["peak factor"]["factor"]["value"] == pytest.approx(1, abs=1e-3)
    assert growths["runs a month"]["factor"]["value"] == pytest.approx(1, abs=1e-3)
    assert "active statements" in growths["peak factor"]["why"]
    assert growths["peak factor"]["way"] is None
    assert "It holds up to 1.00 times the peak factor or the runs a month" in said(f"{BUSY} 4319900")


@pytest.mark.parametrize(("step", "fits"), [(0.999, True), (1.001, False)])
def test_the_peak_factor_that_is_told_is_the_one_at_which_the_answer_changes(
    run: Callable[[str], Json], step: float, fits: bool
) -> None:
    command = f"{BUSY} 3110400"
    growth = next(one for one in run(command)["growth"] if one["what"] == "peak factor")

    peak = 10 * growth["factor"]["value"] * step
    assert run(f"{command} --peak-factor {peak:.6f}")["fits"] is fits


def test_the_timeout_up_to_which_the_budget_leaves_the_plan_alone_is_told(run: Callable[[str], Json]) -> None:
    command = "decide --duration 20m --runs-a-month 9 --acceptable-lag 5s --way durable-poll --timeout"
    growth = next(one for one in run(f"{command} 1h")["growth"] if one["what"] == "timeout")
    longest = round(3_600 * growth["factor"]["value"])

    assert run(f"{command} {longest}s")["recommended"]["poll"] == "fixed:5s"
    assert run(f"{command} {longest + 1}s")["recommended"] is None


def test_of_equal_costs_the_shorter_lag_also_beyond_ten_minutes(run: Callable[[str], Json]) -> None:
    best = run("decide --duration 20m --runs-a-month 1 --acceptable-lag 10h")["recommended"]

    assert best["interval"]["value"] == 1_200
    assert best["detection_lag_mean"]["value"] == 0


def test_the_two_kinds_of_lag_are_named_and_have_their_own_sources(
    run: Callable[[str], Json], said: Callable[[str], str]
) -> None:
    best = run(FREE)["recommended"]

    assert best["detection_lag_mean"]["source"] == best["detection_lag_p95"]["source"]
    assert best["detection_lag_mean"]["source"] != best["detection_lag_worst"]["source"]
    assert "worst of any end, s" in said(FREE)
    assert "the worst is of a query that may end at any moment" in said(FREE)


def test_no_sum_of_money_is_shown_as_nothing(said: Callable[[str], str]) -> None:
    shown = said("decide --duration 1m --runs-a-month 1 --acceptable-lag 60s")

    assert "$0.0000 " not in shown
    assert "$0.0000" in shown
    assert " 0.0000 " not in shown


def test_an_interval_that_no_way_keeps_is_said_to_be_one(said: Callable[[str], str]) -> None:
    shown = said("decide --duration 20m --runs-a-month 9 --acceptable-lag 60s")

    assert "no way at all" not in shown
    assert "At 1 s or shorter no way polls so often: every poll budget stretches the interval." in shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (told_excess(1.001), "1.001"),
        (told_excess(1.0000004), "1.0000004"),
        (told_excess(1.374), "1.38"),
        (told_excess(2.0), "2"),
        (told_excess(9_259.2), "9,260"),
        (told_below(1.389), "1.38"),
        (told_below(35.04), "35.0"),
        (told_share(0.00001), "under 0.1%"),
        (told_share(0.99999), "over 99.9%"),
        (told_share(0.496), "49.6%"),
        (told_usd(Decimal("0.00000398")), "0.00000398"),
        (told_usd(Decimal("1.19284")), "1.1928"),
        (told_usd(Decimal("0.0127")), "0.0127"),
        (told_usd(Decimal(0)), "0"),
    ],
)
def test_a_number_is_readable_and_its_excess_is_not_rounded_away(told: str, shown: str) -> None:
    assert told == shown
