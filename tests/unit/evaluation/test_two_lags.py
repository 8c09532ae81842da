"""The question of two lags: the one that is wanted, and the one that is borne when an event is lost."""

import json
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from orchbench.cli import main
from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.decision import Promise, Question, answer
from orchbench.evaluation.estimate import EVENT_SECONDS, LOST, Terms, estimate_way
from orchbench.evaluation.prices import price_list
from orchbench.trace import Json
from orchbench.ways.durations import Policy

TERMS = Terms(price_list("us-east-1"), "x86_64", 128, default_assumptions())
WOKEN = [one for one in candidates(None) if one.is_woken]
EVERY_WAY = pytest.mark.parametrize("way", WOKEN, ids=lambda way: way.name)
ASKED = ("decide", "--duration", "20m", "--runs-a-month", "6000", "--acceptable-lag", "1m")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Json]:
    def run_command(*arguments: str) -> Json:
        capsys.readouterr()
        assert main([*arguments, "--json"]) == 0
        document: Json = json.loads(capsys.readouterr().out)
        return document

    return run_command


def question(promise: Promise, **assumed: str) -> Question:
    terms = Terms(
        TERMS.prices, "x86_64", 128, TERMS.assumed.with_values({n: Decimal(v) for n, v in assumed.items()})
    )
    return Question(np.array([1_200.0]), Decimal(6_000), promise, 7_200, terms)


def test_the_ways_that_poll_are_ranked_and_those_of_an_event_stand_beside_them() -> None:
    found = answer(question(Promise(60.0)), candidates(None))

    assert {one.way for one in found.ranked} == {one.name for one in candidates(None) if not one.is_woken}
    assert {one.way for one in found.instead} == {one.name for one in WOKEN}
    assert {one.policy.minimum_seconds for one in found.instead} == {1_800}


@pytest.mark.parametrize(
    ("promise", "fallback_seconds"),
    [
        (Promise(60.0, bearable_seconds=600.0), 600),
        # What is wanted is borne too, and no wait is longer than the batch's own time.
        (Promise(3_600.0), 3_600),
        (Promise(60.0, bearable_seconds=86_400.0), 7_200),
        (Promise(share=0.05, bearable_seconds=300.0), 300),
    ],
)
def test_the_fallback_is_what_is_borne(promise: Promise, fallback_seconds: int) -> None:
    found = answer(question(promise), WOKEN)

    assert {one.policy for one in found.ranked} == {Policy.fixed(fallback_seconds)}
    assert found.ranked[0].input == {"fallback": {"policy": "fixed", "interval_seconds": fallback_seconds}}
    assert found.ranked[0].estimate.when_lost.lag.worst_seconds == fallback_seconds


def test_an_event_that_comes_later_than_wanted_keeps_no_promise() -> None:
    asked = question(Promise(2.0), statement_event_seconds="3")
    found = answer(asked, candidates(None))

    assert found.instead == []
    assert {(way.name, lag) for way, lag in found.left_out} >= {(one.name, 3.0) for one in WOKEN}


@EVERY_WAY
def test_a_bill_is_that_of_events_that_come_and_of_those_that_are_lost_by_their_shares(
    way: Candidate,
) -> None:
    durations = np.array([900.0, 1_900.0, 5_000.0])
    found = estimate_way(way, durations, Policy.fixed(10), TERMS)
    lost = TERMS.assumed[LOST]

    came, without = found.when_told.bill.total_usd, found.when_lost.bill.total_usd
    assert came != without
    assert float(found.bill.total_usd) == pytest.approx(float((1 - lost) * came + lost * without), rel=1e-15)
    assert float(found.cost_usd.mean()) == pytest.approx(float(found.bill.total_usd), rel=1e-12)
    event = float(TERMS.assumed[EVENT_SECONDS])
    assert found.lag.mean_seconds == pytest.approx(0.001 * 900 + 0.999 * event)


def test_a_decision_tells_both_lags_and_what_each_assumption_makes_of_them(run: Callable[..., Json]) -> None:
    told = run(*ASKED, "--bearable-lag", "10m", "--lost-events", "1%")

    assert told["question"]["bearable_lag"]["value"] == 600
    assert told["question"]["lost_events"]["label"] == "assumed"
    assert told["recommended"]["event"] is None
    for one in told["instead"]:
        event = one["event"]
        assert (event["lag_when_it_comes"]["value"], event["worst_lag_when_lost"]["value"]) == (0.5, 600)
        assert one["detection_lag_mean"]["value"] == pytest.approx(0.01 * 300 + 0.99 * 0.5)
        assert event["probe"] == "statement-event-delay"
        share, delay = one["lag_ranges"]
        assert share["low"]["value"] == 0.5 < one["detection_lag_mean"]["value"] < share["high"]["value"]
        assert delay["low"]["value"] < one["detection_lag_mean"]["value"] < delay["high"]["value"]
        assert share["why"]


def test_an_estimate_takes_the_fallback_and_shows_the_cost_with_and_without_the_event(
    run: Callable[..., Json],
) -> None:
    arguments = ("estimate", "--duration", "1h", "--fallback", "fixed:15m", "--lost-events", "0")
    rows = [row for row in run(*arguments)["estimates"] if row["event"]]

    assert {row["poll"] for row in rows} == {"fixed:900s"}
    for row in rows:
        assert row["cost"]["value"] == row["event"]["cost_when_it_comes"]["value"]
        assert row["cost"]["value"] != row["event"]["cost_when_lost"]["value"]


def test_the_terminal_names_no_event_first_and_says_what_not_polling_would_change(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main([*ASKED])
    decided = capsys.readouterr().out
    main(["estimate", "--duration", "1h"])
    estimated = capsys.readouterr().out

    names = [one.name for one in WOKEN]
    assert decided.split()[1].rstrip(",") not in names
    assert estimated.split()[0] not in names
    assert "Without polling, " in decided
    assert "30 min late at worst if it is lost." in " ".join(decided.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--bearable-lag", "30s"), "--bearable-lag '30s' is shorter than --acceptable-lag '1m'"),
        (("--bearable-lag", "soon"), "'soon' is not a duration"),
        (("--bearable-lag", "25h"), "--bearable-lag '25h' is not from 1 second to 24h"),
        (("--lost-events", "120%"), "--lost-events '120%' is more than all"),
        (("--lost-events", "few"), "--lost-events 'few' is not a number"),
    ],
)
def test_wrong_lags_and_shares_are_one_sentence(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ASKED, *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert len(printed.err.strip().splitlines()) == 1
