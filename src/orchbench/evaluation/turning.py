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

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.decision import Answer, Promise, Question, answer
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.workload import LONGEST_SECONDS

FACTORS = (10, 100)
"""What a value is multiplied with, and divided by. Beyond the last nothing is told: nobody is so wrong."""
PRECISE = 1.0001
LAG, TIMEOUT, RUNS, PEAK = "acceptable lag", "timeout", "runs a month", "peak factor"


@dataclass(frozen=True)
class Turn:
    """Something, and the value of it from which on another way is the answer.

    Attributes:
        kind: a workload's, a price's or an assumption's.
        factor: on its value.
        value: where that is told in its own unit, else None.
        now: the answer that it turns.
        instead: the answer there.
    """

    what: str
    kind: str
    factor: float
    value: float | None
    now: Answer
    instead: Answer


@dataclass(frozen=True)
class _Changed:
    """How a question is changed in one thing."""

    what: str
    kind: str
    value: float
    ask: Callable[[float], Question]
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


def turns(now: Answer, candidates: Sequence[Candidate]) -> list[Turn]:
    """Return what turns an answer, the nearest first of each kind."""
    found = [turn for one in _changes(now.question, candidates) for turn in _turns_of(one, now, candidates)]
    kinds = ("workload", "price", "assumption")
    return sorted(found, key=lambda turn: (kinds.index(turn.kind), abs(math.log(turn.factor))))


def _turns_of(one: _Changed, now: Answer, candidates: Sequence[Candidate]) -> Iterator[Turn]:
    """Yield the turning points of one thing: the nearest, or the nearest either way."""
    sides = [_turn(one, now, candidates, upwards=upwards) for upwards in (True, False)]
    found = sorted((side for side in sides if side), key=lambda turn: abs(math.log(turn.factor)))
    yield from found if one.both else found[:1]


def _turn(one: _Changed, now: Answer, candidates: Sequence[Candidate], *, upwards: bool) -> Turn | None:
    before = one.value
    for value in one.places(upwards=upwards):
        there = answer(one.ask(value), candidates)
        if there.way != now.way:
            # That no query ends within a timeout says nothing of the ways.
            return (
                None if there.question.none_ends else _bisected(one, now, candidates, before, (value, there))
            )
        before = value
    return None


def _bisected(
    one: _Changed, now: Answer, candidates: Sequence[Candidate], same: float, other: tuple[float, Answer]
) -> Turn:
    value, there = other
    while abs(value - same) > 1 if one.whole else not 1 / PRECISE < value / same < PRECISE:
        middle = (value + same) // 2 if one.whole else math.sqrt(value * same)
        asked = answer(one.ask(middle), candidates)
        if asked.way == now.way:
            same = middle
        else:
            value, there = middle, asked
    return Turn(one.what, one.kind, value / one.value, value if one.whole else None, now, there)


def _changes(question: Question, candidates: Sequence[Candidate]) -> Iterator[_Changed]:
    promised = question.promise.seconds
    if promised is not None:
        whole = float(max(1, int(promised)))
        yield _Changed(
            LAG,
            "workload",
            whole,
            lambda value: replace(question, promise=Promise(value)),
            most=question.timeout_seconds,
            whole=True,
            both=True,
        )
    yield _Changed(
        TIMEOUT,
        "workload",
        float(question.timeout_seconds),
        lambda value: replace(question, timeout_seconds=int(value)),
        most=LONGEST_SECONDS,
        whole=True,
    )
    yield _Changed(
        RUNS,
        "workload",
        float(question.runs_a_month),
        lambda value: replace(question, runs_a_month=Decimal(value)),
    )
    yield _Changed(PEAK, "workload", question.peak_factor, lambda value: replace(question, peak_factor=value))
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
            yield _Changed(key, "price", float(prices[key].usd), with_price(key))
    for name, one in terms.assumed.named.items():
        if one.value and one.low != one.high:
            yield _Changed(
                name,
                "assumption",
                float(one.value),
                with_assumption(name),
                most=1 if one.is_share else math.inf,
                besides=(float(one.low), float(one.high)),
            )
