"""A decision against brute force: every whole second on every way, and rehearsals at the worst moment."""

import math
import re
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.decision import Option, Promise, Question, answer, option
from orchbench.evaluation.estimate import EVENT_SECONDS, Terms
from orchbench.evaluation.prices import price_list
from orchbench.rehearsal import Scenario, rehearse
from orchbench.rehearsal.fault import Fault
from orchbench.trace import Trace, Work
from orchbench.ways.durations import Policy

QUESTIONS = 50
SMALL_BUDGET = 24
COLD = default_assumptions().with_values({"kept_warm_seconds": Decimal(45)})
TERMS = [
    Terms(price_list(region), architecture, memory, COLD)
    for region, architecture, memory in (("us-east-1", "x86_64", 128), ("ap-northeast-1", "arm64", 512))
]


def question_of(seed: int) -> Question:
    """Return a question as large as brute force can answer: environments go cold and budgets end early."""
    random = np.random.default_rng(seed)
    durations = np.sort(np.round(random.lognormal(np.log(random.uniform(10, 120)), 0.8, 9), 3))
    lag = random.choice([random.integers(1, 20), random.integers(20, 100), random.integers(80, 300)])
    return Question(
        durations_seconds=durations,
        runs_a_month=Decimal(int(random.choice([40, 6_000, 9_000_000]))),
        promise=Promise(
            float(lag) + float(random.choice([0.0, 0.5])), bearable_seconds=float(random.integers(1, 300))
        ),
        timeout_seconds=int(random.integers(40, 120)),
        terms=TERMS[seed % 2],
        free_tier=bool(seed % 3 == 0),
    )


def ways_of(seed: int) -> list[Candidate]:
    # Where the service holds each look there is no interval to ask for.
    ways = [one for one in candidates(None) if one.polls or one.is_woken]
    return [replace(way, budget_polls=SMALL_BUDGET) for way in ways] if seed % 4 == 1 else ways


def keeps(question: Question, found: Option) -> bool:
    """Look at every delay up to the timeout: is any end unseen for longer than promised?"""
    at, polls = 0, []
    while at < question.timeout_seconds:
        at = min(at + found.policy.minimum_seconds, question.timeout_seconds)
        polls.append(at)
    budget, promise = found.candidate.budget_polls, question.promise
    longest = max(after - before for before, after in pairwise([0, *polls]))
    allowed = promise.bearable(found.candidate) if found.candidate.is_woken else promise.seconds or 0
    return (budget is None or len(polls) <= budget) and longest <= allowed


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(QUESTIONS))
def test_no_whole_second_on_any_way_is_cheaper_than_the_answer(seed: int) -> None:
    question, ways = question_of(seed), ways_of(seed)
    every: dict[str, Decimal] = {}
    beyond: set[str] = set()
    for way in ways:
        for interval in range(1, question.timeout_seconds + 1):
            one = option(question, way, Policy.fixed(interval))
            if question.none_ends or not keeps(question, one):
                continue
            if one.exceeded:
                beyond.add(way.name)
            else:
                every[way.name] = min(every.get(way.name, one.month.usd), one.month.usd)
    found = answer(question, ways)

    # What is retained is retained while an end is unseen too: a longer interval costs up to a millionth more.
    costs = {one.way: float(one.month.usd) for one in (*found.ranked, *found.instead)}
    assert costs == pytest.approx({way: float(usd) for way, usd in every.items()}, rel=1e-6)
    woken = {way.name for way in ways if way.is_woken}
    assert {one.way for one in found.beyond} == beyond - set(every) - woken
    assert {one.way for one in found.instead} == woken & set(every)
    if every := {way: usd for way, usd in every.items() if way not in woken}:
        least = min(every.values())
        cheapest = min(found.ranked, key=lambda one: one.month.usd)
        assert float(cheapest.month.usd) == pytest.approx(float(least), rel=1e-6)
        assert found.cost_decides == (
            sum(usd - least < found.least_usd for usd in every.values()) == 1 < len(every)
        )


def worst_moments(trace: Trace) -> list[float]:
    """Return the moments right after each look at the statement."""
    assert trace.statement
    looks = [event.at for event in trace.events if event.work is Work.LOOK]
    return sorted({round(at - trace.statement.created_at, 3) for at in looks})


@pytest.mark.slow
@pytest.mark.parametrize("way", [one.name for one in candidates(None) if one.polls])
@pytest.mark.parametrize(("timeout", "lag"), [(1_000, 47), (1_000, 613), (600, 900)])
def test_the_promise_holds_in_a_rehearsal_at_the_worst_moment(way: str, timeout: int, lag: int) -> None:
    terms = replace(TERMS[0], assumed=default_assumptions())
    question = Question(np.array([431.0]), Decimal(100), Promise(lag), timeout, terms)
    (best,) = answer(question, candidates([way])).ranked
    policy = best.policy.to_input()
    # A query that outlasts its deadline shows every moment at which it is looked at.
    looks = worst_moments(
        rehearse(Scenario.polled(timeout + 50.0, policy, timeout_seconds=timeout), way).trace
    )
    gaps = [(after - before, before) for before, after in pairwise([0.0, *looks])]
    longest, before = max(gaps)
    lagged = rehearse(Scenario.polled(before + 0.25, policy, timeout_seconds=timeout), way).trace

    assert longest <= lag
    assert lagged.ended_at
    assert lagged.statement
    assert lagged.ended_at - lagged.statement.updated_at <= lag
    assert best.estimate.lag.worst_seconds == pytest.approx(longest, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("way", [one.name for one in candidates(None) if one.is_woken])
@pytest.mark.parametrize(("timeout", "bearable"), [(1_000, 47), (1_000, 613), (600, 900)])
def test_both_promises_of_an_event_hold_in_a_rehearsal_at_the_worst_moment(
    way: str, timeout: int, bearable: int
) -> None:
    terms = replace(TERMS[0], assumed=default_assumptions())
    promise = Promise(1.0, bearable_seconds=bearable)
    question = Question(np.array([431.0]), Decimal(100), promise, timeout, terms)
    (best,) = answer(question, candidates([way])).ranked
    delay = best.policy.minimum_seconds

    def lag(seconds: float, *faults: str) -> float:
        given = {"timeout_seconds": timeout, **best.input}
        trace = rehearse(Scenario(seconds, given, faults=tuple(map(Fault.parse, faults))), way).trace
        assert trace.ended_at
        assert trace.statement
        return trace.ended_at - trace.statement.updated_at

    # Right after a look of the slow poll: nothing looks again until the next one.
    after_a_look = delay + 0.25 if 2 * delay < timeout else 0.25
    lost = lag(after_a_look, "lose-statement-event")
    assert delay == min(bearable, timeout)
    assert lost <= best.estimate.when_lost.lag.worst_seconds <= bearable
    assert lost == pytest.approx(delay - 0.25, abs=0.01)
    event = float(terms.assumed[EVENT_SECONDS])
    assert lag(after_a_look, f"late-statement-event:seconds={event:g}") == pytest.approx(event, abs=0.01)
    assert best.estimate.when_told.lag.worst_seconds == event


@pytest.mark.parametrize("lag", [1, 45])
def test_a_query_that_ends_with_its_timeout_is_promised_no_more_than_any_other(lag: int) -> None:
    # Every query of a day ends where a poll at the deadline sees it; the next one may not.
    question = Question(np.array([86_400.0]), Decimal(100), Promise(lag), 86_400, TERMS[0])
    found = answer(question, [one for one in candidates(None) if one.polls])

    assert {one.policy.minimum_seconds for one in found.ranked} <= {lag}
    assert bool(found.ranked) is (lag == 45)
    assert all(one.estimate.lag.worst_seconds <= lag for one in found.ranked)


def allowed(promise: Promise, took: float) -> float:
    """Return what the words of a share promise of a query that took so long."""
    words = re.fullmatch(
        r"(\S+) % of the query's time, rounded up to the next second \((\d+) s at least\)", promise.told
    )
    assert words
    return max(float(words[2]), math.ceil(float(words[1]) / 100 * took))


def test_a_share_of_the_duration_is_kept_at_every_moment() -> None:
    question = Question(np.array([4_321.0]), Decimal(100), Promise(share=0.05), 9_000, TERMS[0])
    best = answer(question, candidates(None)).ranked[0]
    ends = np.arange(0.7, 9_000.0, 0.9)
    spread = replace(question, durations_seconds=ends, followed={})
    watched = option(spread, best.estimate.candidate, best.policy).estimate.followed.watched

    assert (watched.polled.last_delay_seconds <= [allowed(question.promise, took) for took in ends]).all()


@pytest.mark.slow
@pytest.mark.parametrize("took", [2.1, 42.1, 43.0, 401.3])
def test_a_share_of_the_duration_is_kept_in_a_rehearsal_as_its_words_say(took: float) -> None:
    question = Question(np.array([took]), Decimal(100), Promise(share=0.05), 3_600, TERMS[0])
    best = answer(question, candidates(["durable-poll"])).ranked[0]
    trace = rehearse(Scenario.polled(took, best.policy.to_input(), timeout_seconds=3_600), best.way).trace

    assert trace.ended_at
    assert trace.statement
    assert trace.ended_at - trace.statement.updated_at <= allowed(question.promise, took)
