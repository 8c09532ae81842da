"""A decision written down: one document, every figure of it with its label and its source."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.decision import (
    USUAL_PEAK_FACTOR,
    Answer,
    Material,
    Option,
    option,
    shortest_interval,
    to_rank,
)
from orchbench.evaluation.estimate import CLOSED_FORM, EVENT_SECONDS, LOST, OVER_QUERIES, USUAL_MEMORY_MB
from orchbench.evaluation.events import assumed_figure, both_ends, lag_figures
from orchbench.evaluation.figures import figure, given
from orchbench.evaluation.ranges import OF_BILLS, lag_ranges, tornado, worst_corner
from orchbench.evaluation.tariff import bill_to_json, each_once, plain, weakest
from orchbench.evaluation.turning import turns
from orchbench.evaluation.workload import Workload
from orchbench.trace import Json, Label
from orchbench.ways.durations import Policy

COUNTED = "counted in the files that are deployed"
SUM = "the sum of the bill's lines"


def decision_document(
    answer: Answer,
    candidates: Sequence[Candidate],
    workload: Workload,
    budget_usd: Decimal | None = None,
    *,
    weighed: bool = True,
) -> Json:
    """Return an answer as JSON values.

    Args:
        answer: to its question.
        candidates: that were asked about.
        workload: that the question's durations are.
        budget_usd: a month's, None where there is none.
        weighed: whether to look for what turns the answer, and for what its ranges make of it: that takes
            most of the time, and nobody asks for it who only wants to know whether the answer stands.
    """
    ranked = answer.ranked
    shown = [_option(one, answer) for one in ranked]
    candidates = to_rank(candidates)
    would_fit = None
    if not ranked and answer.beyond and answer.question.promise.seconds is not None:
        would_fit = shortest_interval(answer.question, candidates, lambda one: not one.exceeded)
    nearest, warehouse = ranked or answer.beyond, answer.question.warehouse
    months = [one.month for one in (*ranked, *answer.beyond, *answer.instead)]
    notes = [line.note for one in months for line in (*one.runs.lines, *one.besides.lines)]
    notes += [warehouse.note] if warehouse else []
    return {
        "schema": "orchbench.decision/2",
        "question": _question(answer, workload),
        "warning": workload.warning,
        "fits": bool(ranked),
        "cost_decides": answer.cost_decides,
        "recommended": shown[0] if shown else None,
        "runner_up": _runner_up(answer, shown),
        "others": shown[2:],
        "instead": [_instead(one, answer) for one in answer.instead],
        "beyond_quotas": [_option(one, answer) for one in answer.beyond],
        "would_fit": _option(would_fit, answer) if would_fit else None,
        "left_out": [_left_out(answer, *one) for one in answer.left_out],
        "adaptive": _adaptive(answer),
        "redshift": _redshift(answer),
        "turns": turns(answer, candidates) if ranked and weighed else [],
        "ranges": _ranges(answer, candidates) if weighed else None,
        "limits": [load.to_json() for load in nearest[0].loads] if nearest else [],
        "within_budget": _within_budget(answer, candidates, budget_usd),
        "notes": each_once(note for note in notes if note),
    }


def _question(answer: Answer, workload: Workload) -> Json:
    question = answer.question
    durations, terms, promise = workload.durations_seconds, question.terms, question.promise
    lag = (
        (promise.seconds, "s")
        if promise.share is None
        else (promise.share, "of the query's time, rounded up to the next second")
    )
    material = question.material
    return {
        "queries": figure(len(durations), "queries", workload.label, workload.source),
        "median_duration": figure(float(np.median(durations)), "s", workload.label, workload.source),
        "longest_duration": figure(float(durations.max()), "s", workload.label, workload.source),
        "runs_a_month": given(plain(question.runs_a_month), "runs"),
        "acceptable_lag": given(*lag),
        "promise": promise.told,
        "bearable_lag": None
        if promise.bearable_seconds is None
        else given(promise.bearable_seconds, "s where an event is lost"),
        "lost_events": assumed_figure(terms.assumed.named[LOST]),
        "event_lag": assumed_figure(terms.assumed.named[EVENT_SECONDS]),
        "timeout": figure(question.timeout_seconds, "s", Label.ASSUMED, "given, or from the longest query"),
        "peak_factor": given(question.peak_factor, "times the average", USUAL_PEAK_FACTOR),
        "material_usd": given(plain(material.usd), "USD a month", plain(Material().usd)),
        "material_share": given(plain(material.share), "of the whole bill", plain(Material().share)),
        "free_tier": question.free_tier,
        "region": terms.prices.region,
        "memory_mb": given(terms.memory_mb, "MB", USUAL_MEMORY_MB),
        "architecture": terms.architecture,
    }


def _option(one: Option, answer: Answer) -> Json:
    found, polls = one.estimate, one.estimate.polled.polls
    whole = one.month.usd + answer.question.warehouse_usd
    label = one.month.bill.label

    def estimated(value: float, unit: str) -> Json:
        return figure(round(value, 6), unit, Label.ESTIMATED, OVER_QUERIES)

    return {
        "way": one.way,
        "fits": not one.exceeded,
        "exceeded": [load.to_json() for load in one.exceeded],
        "poll": one.policy.shown,
        "told": one.told,
        "input": one.input,
        "interval": figure(
            one.policy.minimum_seconds, "s", Label.ESTIMATED, "the cheapest that keeps the promise"
        ),
        "usd_a_month": figure(plain(one.month.usd), "USD", label, SUM),
        "month": {
            name: figure(plain(bill.total_usd), "USD", bill.label, SUM)
            for name, bill in one.month.parts.items()
        },
        "whole_usd_a_month": figure(plain(whole), "USD", label, "orchestration and Redshift"),
        "share_of_the_whole": figure(
            float(one.month.usd / whole) if whole else None, "of the whole bill", label, "ratio of the two"
        ),
        "polls": estimated(float(polls.mean()), "polls a run"),
        "most_polls": estimated(float(polls.max()), "polls of the longest run"),
        **lag_figures(found),
        "event": both_ends(found),
        "timed_out_share": estimated(float(found.polled.timed_out.mean()), "of the runs"),
        "parts": figure(found.candidate.parts, "functions and definitions", Label.MEASURED, COUNTED),
        "works": figure(found.candidate.works, "states or operations", Label.MEASURED, COUNTED),
        "bill": bill_to_json(one.month.runs),
        "besides": bill_to_json(one.month.besides),
    }


def _runner_up(answer: Answer, shown: Sequence[Json]) -> Json | None:
    if len(shown) < 2:
        return None
    first, second = answer.ranked[:2]
    more = second.month.usd - first.month.usd
    label = weakest((first.month.bill.label, second.month.bill.label))
    return {
        **shown[1],
        "costs_more": figure(plain(more), "USD a month", label, OF_BILLS),
        "matters": answer.alike < 2,
    }


def _left_out(answer: Answer, candidate: Candidate, shortest_seconds: float) -> Json:
    if answer.question.none_ends:
        why = "every query runs longer than the timeout"
        return {"way": candidate.name, "why": why, "shortest_lag": None}
    question = answer.question
    if candidate.is_woken and not question.promise.is_kept_by_event(question.terms):
        why = "its event is taken to come later than that"
    elif candidate.budget_polls is None:
        why = "no interval of it keeps the promise"
    else:
        why = f"its poll budget of {candidate.budget_polls:,} polls is too small for the timeout"
    return {
        "way": candidate.name,
        "why": why,
        "shortest_lag": figure(shortest_seconds, "s", Label.ESTIMATED, CLOSED_FORM),
    }


def _instead(one: Option, answer: Answer) -> Json:
    """Return what not polling would change, with what its two assumptions make of the lag."""
    best = answer.recommended
    more = one.month.usd - best.month.usd if best else None
    return {
        **_option(one, answer),
        "costs_more": figure(
            None if more is None else plain(more), "USD a month", one.month.bill.label, OF_BILLS
        ),
        "lag_ranges": lag_ranges(answer.question, one),
    }


def _adaptive(answer: Answer) -> Json | None:
    """Return what the adaptive policy costs instead, its longest delay within the lag."""
    longest = int(answer.question.promise.seconds or 0)
    if not answer.ranked or longest < 2:
        return None
    policy = Policy(0.05, 2, min(300, longest))
    return _option(option(answer.question, answer.ranked[0].estimate.candidate, policy), answer)


def _redshift(answer: Answer) -> Json | None:
    warehouse = answer.question.warehouse
    if warehouse is None:
        return None
    amount = plain(round(answer.question.warehouse_usd, 6))
    return {
        "told": warehouse.told,
        "usd_a_month": figure(amount, "USD", warehouse.label, warehouse.source),
    }


def _ranges(answer: Answer, candidates: Sequence[Candidate]) -> Json | None:
    """Return the tornado beside the runner-up, and what the worst corners make of the answer."""
    if len(answer.ranked) < 2:
        return None
    corners = [worst_corner(answer, other, candidates) for other in answer.ranked[1:]]
    return {
        "recommended": answer.way,
        "beside": answer.ranked[1].way,
        "tornado": tornado(answer, answer.ranked[1]),
        "survives": all(one["survived"] for one in corners),
        "same_answer": all(one["answer"] == answer.way for one in corners),
        "corners": corners,
    }


def _within_budget(
    answer: Answer, candidates: Sequence[Candidate], budget_usd: Decimal | None
) -> Json | None:
    if budget_usd is None or not answer.ranked:
        return None
    document: Json = {
        "fits": answer.ranked[0].month.usd <= budget_usd,
        "budget": given(plain(budget_usd), "USD a month"),
    }
    if not document["fits"] and answer.question.promise.seconds is not None:
        found = shortest_interval(
            answer.question, candidates, lambda one: one.month.usd <= budget_usd and not one.exceeded
        )
        document["shortest_interval_within_it"] = (
            figure(found.policy.minimum_seconds, "s", found.month.bill.label, OVER_QUERIES) if found else None
        )
        document["way"] = found.way if found else None
        document["within_acceptable_lag"] = found is not None and answer.question.promise.is_kept(
            found.estimate
        )
    return document
