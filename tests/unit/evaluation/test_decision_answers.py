"""What ``decide`` answers: by the bill that is asked for, and with what ends the plan."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from orchbench.cli import main
from orchbench.evaluation.figures import told_excess, told_share, told_usd
from orchbench.trace import Json

FREE = "decide --duration 20m --runs-a-month 60 --acceptable-lag 60s --free-tier"
BUSY = "decide --duration uniform:10s,50s --acceptable-lag 60s --way durable-condition --runs-a-month"


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    def run_command(command: str) -> str:
        capsys.readouterr()
        main([*command.split(), "--verbose"])
        return capsys.readouterr().out

    return run_command


def turn_of(answer: Json, what: str, direction: str | None = None) -> Json:
    found = (one for one in answer["turns"] if one["what"] == what)
    turn: Json = next(one for one in found if direction in (None, one["direction"]))
    return turn


@pytest.mark.slow
def test_with_the_free_tier_the_months_bill_is_what_is_left_of_it(run: Callable[[str], Json]) -> None:
    free, whole = (run(command)["recommended"] for command in (FREE, FREE.replace(" --free-tier", "")))

    # 10 metrics, 10 alarms, 3 dashboards and a million requests are free.
    assert Decimal(free["usd_a_month"]["value"]) < Decimal("0.05")
    assert Decimal(whole["usd_a_month"]["value"]) > 6
    assert run(f"{FREE} --budget-usd 0.05")["within_budget"]["fits"] is True


@pytest.mark.slow
@pytest.mark.parametrize("what", ["acceptable lag", "runs a month", "peak factor"])
def test_what_turns_the_answer_turns_it_at_the_value_that_is_told(
    run: Callable[[str], Json], what: str
) -> None:
    asked = {"acceptable lag": 60.0, "runs a month": 6_000.0, "peak factor": 10.0}
    option = {"acceptable lag": "{:.0f}s", "runs a month": "{:.6f}", "peak factor": "{:.6f}"}

    def answered(value: float) -> str | None:
        values = asked | {what: value}
        told = {name: option[name].format(one) for name, one in values.items()}
        best = run(
            f"decide --duration lognormal:median=25m,p95=2h --acceptable-lag {told['acceptable lag']} "
            f"--runs-a-month {told['runs a month']} --peak-factor {told['peak factor']}"
        )["recommended"]
        return best["way"] if best else None

    now = run("decide --duration lognormal:median=25m,p95=2h --acceptable-lag 60s --runs-a-month 6000")
    turn = turn_of(now, what)
    at = turn["at"]["value"] if turn["at"] else asked[what] * turn["factor"]["value"]
    before = at + (1 if turn["direction"] == "less" else -1) * (1 if turn["at"] else at / 1_000)

    assert answered(at * (1 if turn["at"] else 1.0001)) == turn["way"] != now["recommended"]["way"]
    assert answered(before) == now["recommended"]["way"]


def test_a_statement_is_active_until_it_ends_and_not_until_that_is_seen(run: Callable[[str], Json]) -> None:
    statements = next(one for one in run(f"{BUSY} 3110400")["limits"] if "active statements" in one["quota"])

    # 12 starts a second, 30 s each.
    assert statements["used"]["value"] == pytest.approx(360, abs=1e-3)


def test_a_plan_at_the_whole_of_a_quota_is_told_to_end_there(
    run: Callable[[str], Json], said: Callable[[str], str]
) -> None:
    answer = run(f"{BUSY} 4319900")

    assert answer["fits"] is True
    for what in ("peak factor", "runs a month"):
        turn = turn_of(answer, what)
        assert turn["factor"]["value"] == pytest.approx(1, abs=1e-3)
        assert turn["way"] is None
    assert "times the peak factor, no way fits." in said(f"{BUSY} 4319900")


def test_the_timeout_up_to_which_the_budget_leaves_the_plan_alone_is_told(run: Callable[[str], Json]) -> None:
    command = "decide --duration 20m --runs-a-month 9 --acceptable-lag 7s --way durable-poll --timeout"
    longest = turn_of(run(f"{command} 1h"), "timeout", "more")["at"]["value"]

    assert run(f"{command} {longest - 1:.0f}s")["recommended"]["poll"] == "fixed:7s"
    assert run(f"{command} {longest:.0f}s")["recommended"] is None


@pytest.mark.slow
def test_a_lag_longer_than_the_timeout_is_that_of_one_poll_at_the_timeout(run: Callable[[str], Json]) -> None:
    best = run("decide --duration 21m --runs-a-month 1 --acceptable-lag 10h")["recommended"]

    assert best["detection_lag_worst"]["value"] == 3_600


@pytest.mark.slow
def test_lags_are_those_of_an_end_at_any_moment(
    run: Callable[[str], Json], said: Callable[[str], str]
) -> None:
    # The query ends at a poll, as nobody would plan it.
    best = run(FREE)["recommended"]

    lags = {name: best[f"detection_lag_{name}"]["value"] for name in ("mean", "p95", "worst")}
    assert lags == {"mean": 30, "p95": 57, "worst": 60}
    assert "Lags are for an end at any moment between two polls." in said(FREE)


def test_a_fixed_poll_never_lags_less_on_average_because_a_duration_is_its_multiple(
    said: Callable[[str], str],
) -> None:
    shown = said("estimate --duration 20m --poll fixed:10s --way sfn-poll").splitlines()
    heading, row = (next(line for line in shown if line.startswith(start)) for start in ("way", "sfn-poll"))

    assert heading.index("lag, s") < heading.index("mean, s") < heading.index("p95, s")
    assert "0.00  " in row
    assert {"5.00", "9.50", "10.00"} <= set(row.split())


@pytest.mark.slow
def test_no_sum_of_money_is_shown_as_nothing(said: Callable[[str], str]) -> None:
    shown = said("decide --duration 1m --runs-a-month 1 --acceptable-lag 60s")

    assert not re.search(r"\$0(\.0+)?(?![.\d])", shown)
    assert " 0.00 " not in shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (told_excess(1.001), "1.001"),
        (told_excess(1.0000004), "1.0000004"),
        (told_excess(1.374), "1.38"),
        (told_excess(2.0), "2"),
        (told_excess(9_259.2), "9,260"),
        (told_share(0.00001), "under 0.1%"),
        (told_share(0.99999), "over 99.9%"),
        (told_share(0.496), "49.6%"),
        (told_share(1.68), "168%"),
        (told_share(1.004), "100.4%"),
        (told_usd(Decimal("0.00000398")), "0.00000398"),
        (told_usd(Decimal("1.19284")), "1.1928"),
        (told_usd(Decimal("0.0127")), "0.0127"),
        (told_usd(Decimal(0)), "0"),
    ],
)
def test_a_number_is_readable_and_its_excess_is_not_rounded_away(told: str, shown: str) -> None:
    assert told == shown
