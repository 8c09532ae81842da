"""Whether an answer survives what is assumed: a tornado of the assumptions, and the worst corner of them.

Each way is planned anew wherever it is looked at: another interval may be the cheapest there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.decision import Answer, Option, Question, answer, best_of
from orchbench.evaluation.estimate import EVENT_SECONDS, LOST
from orchbench.evaluation.figures import figure
from orchbench.evaluation.tariff import plain, weakest
from orchbench.evaluation.warehouse import RPUS
from orchbench.trace import Json, Label

OF_BILLS = "difference of the two bills"
OF_MONTHS = "the runner-up's month less the recommended one's"


def tornado(now: Answer, other: Option) -> list[Json]:
    """Return what each assumption does to the difference of two ways, the one that moves it most first."""
    swings = []
    for name, one in now.question.terms.assumed.named.items():
        values = one.low, one.high
        ends = [_difference(now.question, now.ranked[0], other, {name: value}) for value in values]
        label = weakest(label for _usd, label in ends)
        low, high = (
            _a_month(usd, label, f"{OF_MONTHS}, at {plain(value)} {one.unit}")
            for value, (usd, _label) in zip(values, ends, strict=True)
        )
        if width := abs(ends[1][0] - ends[0][0]):
            swings.append((width, {"what": name, "why": one.range_source, "low": low, "high": high}))
    return [swing for _width, swing in sorted(swings, key=lambda one: -one[0])]


def lag_ranges(question: Question, one: Option) -> list[Json]:
    """Return what each assumption on its event does to the mean lag that a way is expected to have."""
    ranges = []
    for name in (LOST, EVENT_SECONDS):
        assumed = question.terms.assumed.named[name]
        ends = {}
        for end, value in (("low", assumed.low), ("high", assumed.high)):
            terms = question.assuming({name: value}).terms
            lag = replace(one.estimate, terms=terms).lag.mean_seconds
            source = f"the mean lag at {plain(value)} {assumed.unit}"
            ends[end] = figure(None if lag is None else round(lag, 6), "s", Label.ASSUMED, source)
        ranges.append({"what": name, "why": assumed.range_source, **ends})
    return ranges


def worst_corner(now: Answer, other: Option, candidates: Sequence[Candidate]) -> Json:
    """Return the corner that hurts an answer most, beside one other way, and the answer there.

    Each assumption is turned to the end that hurts more, one after the other, until none hurts more. Bills
    are sums of products of them, and a test holds the corner that is found to all of them.
    """
    best, question = now.ranked[0], now.question
    named = {name: one for name, one in question.terms.assumed.named.items() if one.low != one.high}
    at = {name: one.value for name, one in named.items()}
    least = _difference(question, best, other, at)
    turned = True
    while turned:
        turned = False
        for name, one in named.items():
            for value in (one.low, one.high):
                there = _difference(question, best, other, at | {name: value})
                if there[0] < least[0]:
                    at, least, turned = at | {name: value}, there, True
    moved = {name: value for name, value in at.items() if value != named[name].value}
    # The less Redshift costs, the sooner a saving matters.
    hurts = question.assuming(moved | ({RPUS: named[RPUS].low} if RPUS in named else {}))
    cheaper = _planned(hurts, other).month.usd
    matters = question.material.least_usd(cheaper + hurts.warehouse_usd)
    more, label = least
    where = ", ".join(f"{name} {plain(value)}" for name, value in moved.items())
    source = f"{OF_BILLS} at {where or 'what is assumed'}"
    return {
        "way": other.way,
        "survived": -more < matters,
        "answer": answer(hurts, candidates).way,
        "costs_more": _a_month(more, label, source),
        "matters_from": _a_month(matters, label, source),
    }


def _a_month(usd: Decimal, label: Label, source: str) -> Json:
    return figure(plain(round(usd, 6)), "USD a month", label, source)


def _difference(
    question: Question, best: Option, other: Option, values: Mapping[str, Decimal]
) -> tuple[Decimal, Label]:
    """Return how much more a month of the other way costs."""
    asked = question.assuming(values)
    dear, cheap = (_planned(asked, one).month for one in (other, best))
    return dear.usd - cheap.usd, weakest((dear.bill.label, cheap.bill.label))


def _planned(question: Question, one: Option) -> Option:
    """Return the cheapest plan of a way that keeps the promise; no assumption decides whether one does."""
    return best_of(question, one.estimate.candidate) or one
