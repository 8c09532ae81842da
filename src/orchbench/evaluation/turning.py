"""What turns an answer: by bisection on the function that answers, one thing changed at a time.

What is looked at is listed: some multiples of a value and their inverses, and both ends of an assumption's
range. Not everything turns an answer once and for all, as an environment that is kept warm for longer may do
so and then no more. So the nearest place with another answer is taken, and the turning point between it and
the place before is bisected. What turns it only between two places is not found, and no sentence says so.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.decision import Answer, Question, answer, to_rank
from orchbench.evaluation.estimate import OVER_QUERIES
from orchbench.evaluation.figures import figure
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.tariff import weakest
from orchbench.evaluation.workload import LONGEST_SECONDS
from orchbench.trace import Json, Label

FACTORS = (10, 100)
"""What a value is multiplied with, and divided by. Beyond the last nothing is told: nobody is so wrong."""
PRECISE = 1.0001
LAG, TIMEOUT, RUNS, PEAK = "acceptable lag", "timeout", "runs a month", "peak factor"


Turn = tuple[float, Json]
"""How far away it is, and what it is."""


@dataclass(frozen=True)
class _Changed:
    """How a question is changed in one thing.

    Attributes:
        kind: a workload's, a price's or an assumption's.
        whole: whether the value is in whole seconds, and told so.
        both: whether both sides are told, and not the nearer one alone.
        besides: what is looked at besides multiples.
    """

    what: str
    value: float
    ask: Callable[[float], Question]
    kind: str = "workload"
    most: float = math.inf
    whole: bool = False
    both: bool = False
    besides: tuple[float, ...] = ()

    def places(self, *, upwards: bool) -> list[float]:
        """Return what is looked at on one side, the nearest first."""
        places = (*(self.value * (one if upwards else 1 / one) for one in FACTORS), *self.besides)
        rounded = {min(self.most, float(max(1, round(one))) if self.whole else one) for one in places}
        further = (one for one in rounded if (one > self.value if upwards else 0 < one < self.value))
        return sorted(further, reverse=not upwards)


def turns(now: Answer, candidates: Sequence[Candidate]) -> list[Json]:
    """Return what turns an answer, and the answer there: the nearest first of each kind."""
    candidates = to_rank(candidates)
    found = [turn for one in _changes(now.question, candidates) for turn in _turns_of(one, now, candidates)]
    kinds = ("workload", "price", "assumption")
    return [turn for _far, turn in sorted(found, key=lambda one: (kinds.index(one[1]["kind"]), one[0]))]


def _turns_of(one: _Changed, now: Answer, candidates: Sequence[Candidate]) -> Iterator[Turn]:
    """Yield the turning points of one thing: the nearest, or the nearest either way."""
    sides = [_turn(one, now, candidates, upwards=upwards) for upwards in (True, False)]
    found = sorted((side for side in sides if side), key=lambda side: side[0])
    yield from found if one.both else found[:1]


def _turn(one: _Changed, now: Answer, candidates: Sequence[Candidate], *, upwards: bool) -> Turn | None:
    same = one.value
    for value in one.places(upwards=upwards):
        there = answer(one.ask(value), candidates)
        if there.way != now.way:
            break
        same = value
    else:
        return None
    # That no query ends within a timeout says nothing of the ways.
    if there.question.none_ends:
        return None
    while abs(value - same) > 1 if one.whole else not 1 / PRECISE < value / same < PRECISE:
        middle = (value + same) // 2 if one.whole else math.sqrt(value * same)
        asked = answer(one.ask(middle), candidates)
        if asked.way == now.way:
            same = middle
        else:
            value, there = middle, asked
    factor, instead = value / one.value, there.recommended
    # What a quota or a promise turns alone hangs on no bill.
    bills = (option.month.bill.label for option in (*now.ranked, *there.ranked))
    label = weakest(bills) if instead else Label.ESTIMATED
    return abs(math.log(factor)), {
        "what": one.what,
        "kind": one.kind,
        "factor": figure(round(factor, 6), "times its value", label, OVER_QUERIES),
        "at": figure(value, "s", label, OVER_QUERIES) if one.whole else None,
        "direction": "more" if factor > 1 else "less",
        "way": instead.way if instead else None,
        "poll": instead.policy.shown if instead else None,
    }


def _changes(question: Question, candidates: Sequence[Candidate]) -> Iterator[_Changed]:
    def asked(**changed: Any) -> Question:
        return replace(question, **changed)

    timeout = float(question.timeout_seconds)
    if question.promise.seconds is not None:
        lag = float(max(1, int(question.promise.seconds)))
        yield _Changed(
            LAG,
            lag,
            lambda value: asked(promise=replace(question.promise, seconds=value)),
            most=timeout,
            whole=True,
            both=True,
        )
    yield _Changed(
        TIMEOUT, timeout, lambda value: asked(timeout_seconds=int(value)), most=LONGEST_SECONDS, whole=True
    )
    yield _Changed(RUNS, float(question.runs_a_month), lambda value: asked(runs_a_month=Decimal(value)))
    yield _Changed(PEAK, question.peak_factor, lambda value: asked(peak_factor=value))
    yield from _terms(question, candidates)


def _terms(question: Question, candidates: Sequence[Candidate]) -> Iterator[_Changed]:
    terms = question.terms
    prices = terms.prices

    def with_price(key: str) -> Callable[[float], Question]:
        def ask(value: float) -> Question:
            changed = prices.prices | {key: replace(prices[key], usd=Decimal(value))}
            return replace(question, terms=replace(terms, prices=replace(prices, prices=changed)))

        return ask

    def with_assumption(name: str) -> Callable[[float], Question]:
        return lambda value: question.assuming({name: Decimal(value)})

    keys = price_keys((one.usage for one in candidates), terms.architecture)
    for key in (*keys, *(key for key in ("xray_trace",) if key in prices.prices)):
        if prices[key].usd:
            yield _Changed(key, float(prices[key].usd), with_price(key), "price")
    for name, one in terms.assumed.named.items():
        if one.value and one.low != one.high:
            yield _Changed(
                name,
                float(one.value),
                with_assumption(name),
                "assumption",
                most=1 if one.is_share else math.inf,
                besides=(float(one.low), float(one.high)),
            )
