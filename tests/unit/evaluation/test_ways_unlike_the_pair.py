"""Ways that have no functions, no quota, or an event to wait for: what does not apply to them is left out."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchbench.commands import decision_table, estimate
from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.candidate import Candidate, kept_policies
from orchbench.evaluation.cost import bill
from orchbench.evaluation.decision import Promise, Question, answer
from orchbench.evaluation.decision_document import decision_document
from orchbench.evaluation.estimate import EVENT_SECONDS, Estimate, Terms, estimate_way
from orchbench.evaluation.limits import NO_QUOTA, misfits, reach
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.prices import known_regions, price_list
from orchbench.evaluation.rehearsed import NO_QUOTA as UNLIMITED
from orchbench.evaluation.rehearsed import figures, labelled
from orchbench.evaluation.variants import ratio_to_parent, told_ratio
from orchbench.evaluation.workload import from_distribution
from orchbench.platforms.meters import HISTORY_EVENTS, STATE_TRANSITIONS, Meter
from orchbench.rehearsal import Scenario, rehearse
from orchbench.report import durations, headroom, policies
from orchbench.report.decision_said import said
from orchbench.report.glance import glance
from orchbench.report.hour import hours_of
from orchbench.report.model import plain
from orchbench.report.reading import Given
from orchbench.trace import Json
from orchbench.ways import all_ways, in_table_order, the_pair
from orchbench.ways.durations import Policy, parse_policy
from orchbench.ways.usage import Amounts, Ending, Usage
from orchbench.ways.way import Waits

PRICES = price_list("us-east-1")
ASSUMED = default_assumptions()
TERMS = Terms(PRICES, "x86_64", 128, ASSUMED)
BASELINE = next(one for one in candidates(None) if one.name == next(iter(the_pair())))
TICKS = Meter("ticks", "ticks of a made-up service")
SLOW_POLL_SECONDS = 900


def without_functions(amounts: Amounts) -> Amounts:
    return Amounts(amounts.meters)


def _bare(usage: Usage) -> Usage:
    return replace(
        usage,
        start=without_functions(usage.start),
        look=without_functions(usage.look),
        wait=without_functions(usage.wait),
        endings={ending: without_functions(one) for ending, one in usage.endings.items()},
    )


def transitions(number: int, events: int, **invocations: int) -> Amounts:
    return Amounts({STATE_TRANSITIONS: number, HISTORY_EVENTS: events}, invocations)


BARE = replace(BASELINE, name="bare", usage=_bare(BASELINE.usage))
ENDLESS = replace(BASELINE, name="endless", usage=replace(BASELINE.usage, quota=None), budget_polls=None)
FREE_LOOKS = replace(
    BASELINE,
    name="free-looks",
    usage=replace(BASELINE.usage, look=Amounts({TICKS: 1}), wait=Amounts({TICKS: 1})),
    budget_polls=None,
)
# Submit; each wait with a task that arms it, a look and a choice; the event wakes a function.
WOKEN = replace(
    BASELINE,
    name="woken",
    usage=Usage(
        quota=BASELINE.usage.quota,
        start=transitions(1, 6, submit=1),
        wait=transitions(1, 6, arm=1),
        look=transitions(2, 7, status=1),
        event=Amounts({}, {"wake": 1}),
        endings={
            Ending.SUCCEEDED: transitions(1, 3),
            Ending.FAILED: transitions(1, 2),
            Ending.TIMED_OUT: transitions(3, 9, cancel=1),
        },
    ),
    waits=Waits.FOR_AN_EVENT,
    fallback=Policy.fixed(SLOW_POLL_SECONDS),
)
UNLIKE = [BARE, ENDLESS, FREE_LOOKS, WOKEN]


def found(way: Candidate, seconds: float, policy: Policy, timeout_seconds: int = 86_400) -> Estimate:
    return estimate_way(way, seconds, policy, TERMS, timeout_seconds)


def billed(way: Candidate, seconds: float, policy: Policy) -> dict[str, Decimal]:
    return {line.what: line.amount_usd for line in found(way, seconds, policy).bill.lines}


@pytest.mark.parametrize("way", UNLIKE, ids=lambda way: way.name)
@pytest.mark.parametrize("seconds", [0.5, 59.25, 3_600.0, 5_000.5])
def test_the_cost_to_search_with_is_the_bills_of_any_way(way: Candidate, seconds: float) -> None:
    policy = Policy.fixed(10)
    total = float(sum(billed(way, seconds, policy).values()))

    assert float(found(way, seconds, policy).cost_usd[0]) == pytest.approx(total, rel=1e-12)


def test_a_way_without_functions_pays_its_service_and_no_function() -> None:
    assert list(billed(BARE, 3_600.0, Policy.fixed(10))) == ["state transitions"]
    assert int(found(BARE, 3_600.0, Policy.fixed(10)).followed.invocations[0]) == 0


def test_a_trace_without_invocations_is_billed_for_no_function(traced: Any) -> None:
    trace = replace(traced("sfn_succeeded"), invocations=())

    assert [line.what for line in bill(trace, PRICES).lines] == ["state transitions"]


def test_a_rehearsal_that_no_quota_limits_has_no_headroom_and_says_why() -> None:
    rehearsal = rehearse(Scenario.polled(20.0, "fixed:10s"), BASELINE.name)
    row = figures(rehearsal) | {"headroom": None}

    assert labelled(row)["headroom"] == {"quota": None, "why": UNLIMITED}


def test_a_meter_that_costs_nothing_is_counted_and_not_billed() -> None:
    estimate_found = found(FREE_LOOKS, 95.0, Policy.fixed(10))

    assert int(estimate_found.followed.of(TICKS)[0]) == 2 * 10
    assert int(estimate_found.followed.of(STATE_TRANSITIONS)[0]) == 2
    assert not any(TICKS.unit in line for line in billed(FREE_LOOKS, 95.0, Policy.fixed(10)))


@pytest.mark.parametrize(
    ("seconds", "waits"), [(60.0, 1), (900.0, 1), (901.0, 2), (3_600.0, 4), (3_599.5, 4)]
)
def test_a_way_that_waits_for_an_event_looks_once_more_for_each_slow_poll(seconds: float, waits: int) -> None:
    estimate_found = found(WOKEN, seconds, Policy.fixed(10))

    assert int(estimate_found.followed.of(STATE_TRANSITIONS)[0]) == 2 + 3 * waits
    assert int(estimate_found.followed.of(HISTORY_EVENTS)[0]) == 9 + 13 * waits
    assert int(estimate_found.followed.invocations[0]) == 1 + 2 * waits + 1
    # An event that arrives ends the last wait at once; one that is lost leaves the end to the slow poll.
    assert float(estimate_found.followed.watched.lag_seconds[0]) == 0
    assert estimate_found.when_told.lag.mean_seconds == ASSUMED[EVENT_SECONDS]
    assert float(estimate_found.polled.seen_at_seconds[0]) == seconds
    assert float(estimate_found.polled.last_delay_seconds[0]) == SLOW_POLL_SECONDS


def test_the_event_of_a_cancel_comes_too_though_nobody_waits_for_it_any_more() -> None:
    estimate_found = found(WOKEN, 5_000.0, Policy.fixed(10), timeout_seconds=1_000)

    assert bool(estimate_found.polled.timed_out[0])
    assert float(estimate_found.polled.seen_at_seconds[0]) == 1_000
    assert int(estimate_found.followed.invocations[0]) == (1 + 2 * 2 + 1 + 1), (
        "two polls, a cancel, and its event"
    )
    assert np.isnan(estimate_found.followed.watched.lag_seconds[0])


def test_policies_that_a_slow_poll_makes_the_same_are_told_once() -> None:
    asked = [Policy.fixed(10), Policy.fixed(30), parse_policy("adaptive"), Policy.fixed(1_200)]

    shown = [policy.shown for way, policy in kept_policies([BASELINE, WOKEN], asked) if way is WOKEN]

    # Which poll policy is asked for is nothing to a fallback.
    assert shown == ["fixed:900s"]
    assert parse_policy("adaptive").at_least(60).shown == "adaptive:share=0.05,minimum=60s,maximum=300s"


@pytest.mark.parametrize("way", [ENDLESS, FREE_LOOKS], ids=lambda way: way.name)
def test_what_no_quota_limits_has_no_number_of_polls_and_says_why(way: Candidate) -> None:
    told = reach(way, Policy.fixed(1, budget=False)).to_json()

    assert (told["most_polls"]["value"], told["most_polls"]["label"]) == (None, "missing")
    assert told["most_polls"]["source"] == NO_QUOTA
    assert told["longest_query_without_poll_budget"]["value"] == 86_400
    assert (told["dies_without_poll_budget"], told["stretched"]) == (False, False)
    for budget in (True, False):
        policy = Policy.fixed(1, budget=budget)
        assert list(misfits(way, policy, 86_400)) == []


def decided(ways: list[Candidate], lag_seconds: float = 60.0, terms: Terms = TERMS) -> Json:
    workload = from_distribution("lognormal:median=20m,p95=2h")
    question = Question(workload.durations_seconds, Decimal(3_000), Promise(lag_seconds), 60_000, terms)
    found = answer(question, ways)
    document = decision_document(found, ways, workload)
    return document | {"said": said(found, len(ways), document["would_fit"], None)}


def weighed(told: Json) -> set[str]:
    best = [told["recommended"], told["runner_up"], *told["others"]]
    return {one["way"] for one in best if one}


@pytest.mark.slow
def test_a_way_that_waits_for_an_event_stands_beside_those_that_poll_with_its_slow_poll_for_a_lost_one() -> (
    None
):
    told, alone = decided([*candidates(None), *UNLIKE]), decided([WOKEN])
    woken = {way.name for way in candidates(None) if way.is_woken}

    assert weighed(told) == {*all_ways(), "bare", "endless", "free-looks"} - woken
    assert {one["way"]: one["detection_lag_worst"]["value"] for one in told["instead"]} == dict.fromkeys(
        woken, 1_800
    ) | {"woken": SLOW_POLL_SECONDS}
    assert "Without polling, woken costs " in " ".join(decision_table.sentences_of(told))
    assert (alone["recommended"]["way"], alone["instead"]) == ("woken", [])


def test_a_decision_between_events_alone_says_that_none_keeps_a_lag_shorter_than_their_delay() -> None:
    terms = replace(TERMS, assumed=ASSUMED.with_values({EVENT_SECONDS: Decimal(90)}))
    told = decided([WOKEN], terms=terms)

    assert (told["fits"], told["recommended"]) == (False, None)
    assert told["said"][0].startswith("No way sees every end within 1 m")
    assert "its event is taken to come later" in " ".join(decision_table.sentences_of(told))


def test_no_poll_budget_stretches_what_no_quota_limits() -> None:
    told = decided([ENDLESS], 1.0)

    assert told["recommended"]["interval"]["value"] == 1
    assert [one for one in told["turns"] if one["what"] == "timeout" and one["direction"] == "more"] == []


def given(ways: list[Candidate]) -> Given:
    return Given(
        candidates=ways,
        prices=PRICES,
        prices_file="prices",
        architecture="x86_64",
        memory_mb=128,
        assumed=ASSUMED,
        today=date(2026, 11, 21),
        files={one.name: "file" for one in ways},
    )


@pytest.mark.slow
@pytest.mark.parametrize("ways", [[*candidates(None), *UNLIKE], UNLIKE, [ENDLESS]], ids=len)
def test_the_report_draws_every_way(ways: list[Candidate]) -> None:
    asked = given(ways)

    for chart in (policies.lag_chart(asked), *durations.charts([], asked)):
        drawn = json.dumps(chart.draw(720))
        assert all(f'"{way.name}"' in drawn for way in ways), chart.name


@pytest.mark.slow
@pytest.mark.parametrize("ways", [[*candidates(None), *UNLIKE], UNLIKE, [ENDLESS]], ids=len)
def test_the_page_has_an_answer_for_every_way(ways: list[Candidate]) -> None:
    asked = given(ways)
    found = hours_of(asked)

    told = " ".join(plain(text) for text in glance(found, asked).verdict)
    assert told.startswith(f"Choose **{found.chosen.way}**")
    for section in (headroom.section([], asked, found), policies.section(asked, found)):
        assert plain(section.title)


def test_an_event_costs_its_report_as_its_estimate() -> None:
    one = estimate_way(WOKEN, 3_600, Policy.fixed(10), given([WOKEN]).terms)

    assert float(one.bill.total_usd) == pytest.approx(
        float(found(WOKEN, 3_600.0, Policy.fixed(10)).cost_usd[0])
    )
    assert (one.polled.polls[0], one.when_told.lag.mean_seconds) == (4, 0.5)
    assert one.lag.worst_seconds == SLOW_POLL_SECONDS


def test_the_pair_comes_first() -> None:
    names = list(all_ways())

    assert set(names[: len(the_pair())]) == set(the_pair())
    assert in_table_order(["gone", *reversed(names)]) == [*names, "gone"]


def test_a_variant_has_a_ratio_to_the_one_that_it_varies_and_to_no_other() -> None:
    variant = next(way for way in all_ways().values() if way.varies)
    assert variant.varies
    parent = variant.varies.of

    assert ratio_to_parent(variant.name, {variant.name: Decimal(3), parent: Decimal(2)}) == 1.5
    assert told_ratio(variant.name, {variant.name: 3, parent: 2}) == f"1.50x {parent}"
    for unknown in ({variant.name: 3}, {variant.name: 3, parent: 0}, {variant.name: None, parent: 2}):
        assert ratio_to_parent(variant.name, unknown) is None
    assert ratio_to_parent(parent, {parent: 2}) is None


@pytest.mark.parametrize("region", known_regions())
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_every_price_that_a_way_is_billed_at_is_in_every_list(region: str, architecture: str) -> None:
    needed = price_keys((way.usage for way in all_ways().values()), architecture)

    assert needed
    assert set(needed) <= set(price_list(region).prices)


def test_no_module_but_the_ways_own_names_a_way() -> None:
    source = Path(estimate.__file__).parents[1]
    named = [name for way in all_ways() for name in (way, way.replace("-", "_"))]
    offenders = [
        str(path.relative_to(source))
        for folder in ("evaluation", "report", "results", "load", "commands", "platforms")
        for path in (source / folder).rglob("*.py")
        if any(name in path.read_text() for name in named)
    ]
    assert offenders == []
