"""What else could run a batch: figures worked by hand, labels, and that nothing ever starts or ranks it."""

import argparse
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from orchbench.cli import main
from orchbench.commands import decide, estimate, limits
from orchbench.commands.estimation import candidates
from orchbench.evaluation.alternatives import USUAL_POLICY, Alternative, Fact, Lag, Queries, Reaches
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.estimate import Terms, estimate_way
from orchbench.evaluation.other_solutions import ALTERNATIVES, RETRY_USAGE
from orchbench.evaluation.prices import PriceList, known_regions, price_list
from orchbench.evaluation.tariff import Quantity
from orchbench.platforms.meters import HISTORY_EVENTS, STATE_TRANSITIONS
from orchbench.trace import Json, Label
from orchbench.ways import all_ways, the_pair
from orchbench.ways.durations import Policy, parse_policy
from orchbench.ways.usage import Ending

RUNS = Decimal(1_000)
HOUR, MINUTE, DAY = 3_600.0, 60.0, 86_400
NAMED = {one.name: one for one in ALTERNATIVES}
ASSUMED = default_assumptions()
NEVER_BETTER = {"estimated", "assumed", "missing"}
DECIDE = ("--duration", "1h", "--runs-a-month", "1000", "--acceptable-lag", "10s")


def asked(
    *durations: float, region: str = "us-east-1", policy: Policy = USUAL_POLICY, timeout: int = 7_200
) -> Queries:
    terms = Terms(price_list(region), "x86_64", 128, ASSUMED)
    return Queries(np.array(durations), timeout, policy, terms)


def usd(name: str, question: Queries) -> Decimal:
    return NAMED[name].costs(question, RUNS).runs.total_usd


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        # Two transitions, a quarter of a vCPU-hour, half a GB-hour.
        ("fargate-task", 2 * Decimal("0.025") + Decimal("10.12") + Decimal("2.2225")),
        ("glue-shell", 2 * Decimal("0.025") + Decimal("27.5")),
        ("airflow", Decimal(0)),
        ("fire-and-forget", Decimal("0.001")),
    ],
)
def test_a_thousand_runs_of_an_hour_cost_what_a_hand_works_out(name: str, by_hand: Decimal) -> None:
    assert usd(name, asked(HOUR)) == by_hand


def test_retry_as_the_loop_costs_what_a_hand_works_out() -> None:
    stated = {"invocation_wait_seconds": Decimal("0.05"), "invocation_cpu_seconds": Decimal(0)}
    terms = Terms(price_list("us-east-1"), "x86_64", 128, ASSUMED.with_values(stated))
    bill = NAMED["retry-loop"].costs(Queries(np.array([HOUR]), 7_200, USUAL_POLICY, terms), RUNS).runs
    without_logs = [line for line in bill.lines if line.what != "logs ingested"]

    # 363 transitions; 361 invocations of 50 ms at an eighth of a GB, and two cold starts of 0.9 s.
    transitions, requests = 363 * Decimal("0.025"), 361 * Decimal("0.0002")
    compute = (361 * Decimal("0.05") + 2 * Decimal("0.9")) / 8 * Decimal("0.0000166667") * RUNS
    assert sum(line.amount_usd for line in without_logs) == transitions + requests + compute
    assert f"{transitions + requests + compute:.2f}" == "9.19"


@pytest.mark.parametrize(("seconds", "polls"), [(1.0, 1), (95.0, 10), (HOUR, 360), (3_601.0, 361)])
def test_retry_as_the_loop_enters_three_states_besides_its_polls(seconds: float, polls: int) -> None:
    used = RETRY_USAGE.start, RETRY_USAGE.endings[Ending.SUCCEEDED]
    lines = {one.what: one.amount for one in NAMED["retry-loop"].uses(asked(seconds))}

    assert lines["state transitions"] == polls + 3
    assert lines["submit: requests"] + lines["status: requests"] == polls + 1
    assert sum(one.of(STATE_TRANSITIONS) for one in used) == 3
    assert sum(one.of(HISTORY_EVENTS) for one in used) == 13
    assert RETRY_USAGE.poll.of(HISTORY_EVENTS) == 3


def test_retry_as_the_loop_lags_as_the_baseline_does_and_costs_a_third() -> None:
    question = asked(HOUR)
    baseline = next(one for one in candidates(None) if one.name == next(iter(the_pair())))
    beside = estimate_way(baseline, HOUR, USUAL_POLICY, question.terms, 7_200)

    assert NAMED["retry-loop"].lag(question).seconds == beside.lag.mean_seconds == 5
    assert 2.5 < float(beside.bill_of(RUNS).total_usd / usd("retry-loop", question)) < 3


def test_a_task_is_billed_a_minute_at_least_by_the_second_and_up_to_its_timeout() -> None:
    minute, hour = usd("glue-shell", asked(MINUTE)), usd("glue-shell", asked(HOUR))
    transitions = 2 * Decimal("0.025")

    assert usd("glue-shell", asked(1.0)) == minute == usd("glue-shell", asked(59.5))
    assert round((hour - transitions) / (minute - transitions), 12) == 60
    assert usd("glue-shell", asked(60.5)) == usd("glue-shell", asked(61.0)) > minute
    assert usd("glue-shell", asked(2 * HOUR, timeout=3_600)) == hour
    # Two queries cost the mean of the two.
    assert usd("fargate-task", asked(MINUTE, HOUR)) == usd("fargate-task", asked(1_830.0))


def test_an_airflow_environment_is_paid_for_a_month_whatever_runs() -> None:
    told = NAMED["airflow"].estimated(asked(HOUR), RUNS)

    assert (told["cost"]["value"], told["standing"]["value"]) == ("0", "357.7")
    assert told["standing"]["label"] == "assumed"
    assert [one.name for one in ALTERNATIVES if one.standing] == ["airflow"]


def test_each_has_its_longest_query() -> None:
    reached = {name: one.reaches(USUAL_POLICY).seconds for name, one in NAMED.items()}

    # (25,000 - 13) / 3 polls of 10 s; the others by what AWS states.
    assert reached == {
        "retry-loop": (25_000 - 13) // 3 * 10,
        "fargate-task": 365 * DAY,
        "glue-shell": 2 * DAY,
        "airflow": DAY,
        "fire-and-forget": DAY,
    }
    assert NAMED["retry-loop"].reaches(parse_policy("adaptive")).seconds == DAY


def labels(value: Any) -> set[str]:
    """Return every label in a document."""
    if isinstance(value, dict):
        own = {value["label"]} if "label" in value else set()
        return own.union(*(labels(one) for one in value.values()))
    return set().union(*map(labels, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("region", known_regions())
def test_every_figure_is_estimated_or_assumed_in_every_region(region: str) -> None:
    for one in ALTERNATIVES:
        bill = one.estimated(asked(HOUR, region=region), RUNS)
        quantities = {line.pop("quantity_label") for line in bill["bill"]["lines"]}

        assert labels(bill) | quantities <= NEVER_BETTER
        assert one.facts
        assert all(fact.said and fact.source for fact in one.facts)
        assert one.breaks
        assert one.promise
        assert one.once
        assert one.besides


def test_a_price_list_that_knows_nothing_of_containers_takes_another_regions_and_says_assumed() -> None:
    known = {"state_transition": price_list("us-east-1")["state_transition"]}
    terms = Terms(PriceList("eu-west-9", known), "x86_64", 128, ASSUMED)
    told = NAMED["fargate-task"].estimated(Queries(np.array([HOUR]), 7_200, USUAL_POLICY, terms), RUNS)

    assert told["cost"] == told["cost"] | {"value": "12.3925", "label": "assumed"}
    assert "not known for eu-west-9" in told["bill"]["lines"][1]["note"]


@pytest.mark.parametrize("name", NAMED)
def test_no_alternative_is_a_way_that_can_be_started_compared_or_rehearsed(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert name not in all_ways()
    for command in (["rehearse", "--duration", "1m"], ["compare"], ["estimate", "--duration", "1h"]):
        assert main([*command, "--way", name]) == 2
        assert f"There is no way '{name}'" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["start", name])
    assert f"invalid choice: '{name}'" in capsys.readouterr().err


MADE_UP = Alternative(
    name="made-up-container",
    title="A container that is made up",
    uses=lambda asked: [
        Quantity(
            "hours", "glue_dpu_hour", Decimal(str(asked.durations_seconds.mean())), Label.ASSUMED, "made up"
        )
    ],
    lag=lambda _asked: Lag(None, Label.ASSUMED, "nobody waits"),
    reaches=lambda _policy: Reaches(7_200.0, "a made-up guide"),
    once="no",
    besides="a made-up cluster",
    promise="every query is kept",
    breaks="a connection that is lost loses the query",
    facts=[Fact("A second costs so much.", "a made-up price page"), Fact("It starts.", "a made-up guide")],
)
Run = Callable[..., str]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(command: Any, alternatives: list[Alternative], *words: str) -> str:
        parser = argparse.ArgumentParser()
        command.add_parser(parser.add_subparsers())
        assert command.run(parser.parse_args(words), alternatives) == 0
        return capsys.readouterr().out

    return run


def rows(text: str) -> list[Json]:
    found: list[Json] = json.loads(text)["alternatives"]
    return found


def test_an_alternative_is_estimated_on_request_and_never_among_the_ways(told: Run) -> None:
    words = ("estimate", "--duration", "1h", "--runs-a-month", "1000", "--json")
    document = json.loads(told(estimate, [MADE_UP], *words, "--alternatives"))

    (one,) = document["alternatives"]
    assert one["alternative"] == MADE_UP.name
    assert (one["cost"]["value"], one["cost"]["label"]) == ("1584000", "assumed")
    assert [fact["source"] for fact in one["facts"]] == ["a made-up price page", "a made-up guide"]
    assert MADE_UP.name not in {row["way"] for row in document["estimates"]}
    assert "alternatives" not in json.loads(told(estimate, [MADE_UP], *words))
    whole = " ".join(told(estimate, [MADE_UP], *words[:-1], "--alternatives", "--verbose").split())
    assert (
        "made-up-container: a connection that is lost loses the query. Run besides: a made-up cluster."
        in whole
    )


@pytest.mark.slow
def test_an_alternative_is_told_with_a_decision_on_request_and_changes_nothing_of_it(told: Run) -> None:
    words = ("decide", *DECIDE, "--json")
    plain, beside = (
        json.loads(told(decide, [MADE_UP, *ALTERNATIVES], *words, *more)) for more in ([], ["--alternatives"])
    )

    assert "alternatives" not in plain
    assert [one["alternative"] for one in beside.pop("alternatives")] == [MADE_UP.name, *NAMED]
    assert beside == plain


@pytest.mark.parametrize(
    "words",
    [
        ("decide", *DECIDE),
        ("estimate", "--duration", "1h"),
        ("estimate", "--duration", "1h", "--runs-a-month", "3000"),
    ],
    ids=" ".join,
)
def test_all_of_them_fit_ten_lines_of_a_terminal(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--alternatives"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) <= 10
    assert all(len(line) <= 80 for line in lines)
    assert "estimated, never run" in lines[1] + lines[2]
    assert all(any(line.startswith(name) for line in lines) for name in NAMED)


@pytest.mark.parametrize("more", [["--record", "no-folder"], ["--markdown"], ["--check", "no-file.json"]])
def test_a_record_and_a_comment_are_of_ways_alone(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", *DECIDE, "--alternatives", *more]) == 2
    assert "leave out --alternatives" in capsys.readouterr().err


def test_a_decision_that_no_way_can_make_still_tells_of_alternatives(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--duration", "20h", "--timeout", "24h", "--runs-a-month", "10", "--acceptable-lag", "1s"]
    assert main(["decide", *words, "--alternatives", "--json"]) == 1

    document = json.loads(capsys.readouterr().out)
    assert document["recommended"] is None
    assert [one["detection_lag_mean"]["value"] for one in document["alternatives"]] == [
        5.0,
        0.0,
        0.0,
        5.0,
        None,
    ]


@pytest.mark.slow
def test_an_alternative_has_its_limits(told: Run) -> None:
    (one,) = rows(told(limits, [MADE_UP], "limits", "--json"))
    printed = " ".join(told(limits, [MADE_UP], "limits", "--verbose").split())
    slower = rows(told(limits, list(ALTERNATIVES), "limits", "--poll", "fixed:2s", "--json"))

    assert one["longest_query"]["value"] == 7_200
    assert "made-up-container, not a way: 2 h. A connection that is lost loses the query." in printed
    assert "alternatives" not in json.loads(told(limits, [], "limits", "--json"))
    assert slower[0]["longest_query"]["value"] == 8_329 * 2
