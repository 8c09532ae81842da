"""Whether an answer survives what is assumed: a tornado of the assumptions, and the worst corner of them.

Each way is planned anew wherever it is looked at: another interval may be the cheapest there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orchbench.evaluation.assumptions import Assumption
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.decision import Answer, Option, Question, answer, best_of
from orchbench.evaluation.tariff import weakest
from orchbench.evaluation.warehouse import RPUS
from orchbench.trace import Label


@dataclass(frozen=True)
class Swing:
    """What one assumption does to how much more a month of another way costs.

    Attributes:
        low_usd: where the assumption is low.
        high_usd: where it is high.
    """

    name: str
    assumption: Assumption
    low_usd: Decimal
    high_usd: Decimal
    label: Label

    @property
    def width_usd(self) -> Decimal:
        """How far it moves the difference."""
        return abs(self.high_usd - self.low_usd)


@dataclass(frozen=True)
class Corner:
    """The corner of all ranges in which another way looks best.

    Attributes:
        more_usd: what the other way costs more a month there; below nothing where it costs less.
        at: each assumption that is not what is taken.
        least_usd: the saving that matters there.
        label: of the weaker of the two bills.
        instead: the answer there.
    """

    other: str
    more_usd: Decimal
    at: Mapping[str, Decimal]
    least_usd: Decimal
    label: Label
    instead: Answer

    @property
    def survived(self) -> bool:
        """Tell whether the other way saves nothing there that matters."""
        return -self.more_usd < self.least_usd


def tornado(now: Answer, other: Option) -> list[Swing]:
    """Return the assumptions that move the difference of two ways, the one that moves it most first."""
    best, named = now.ranked[0], now.question.terms.assumed.named
    swings = []
    for name, one in named.items():
        ends = (_difference(now.question, best, other, {name: value}) for value in (one.low, one.high))
        (low_usd, low_label), (high_usd, high_label) = ends
        swings.append(Swing(name, one, low_usd, high_usd, weakest((low_label, high_label))))
    return sorted((one for one in swings if one.width_usd), key=lambda one: -one.width_usd)


def worst_corner(now: Answer, other: Option, candidates: Sequence[Candidate]) -> Corner:
    """Return the corner that hurts an answer most, beside one other way.

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
                more = _difference(question, best, other, at | {name: value})
                if more[0] < least[0]:
                    at, least, turned = at | {name: value}, more, True
    moved = {name: value for name, value in at.items() if value != named[name].value}
    # The less Redshift costs, the sooner a saving matters.
    hurts = question.assuming(moved | ({RPUS: named[RPUS].low} if RPUS in named else {}))
    cheaper = _planned(hurts, other).month.usd
    matters = question.material.least_usd(cheaper + hurts.warehouse_usd)
    return Corner(other.way, least[0], moved, matters, least[1], answer(hurts, candidates))


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
