"""Whether an answer survives what is assumed: a tornado of the assumptions, and the worst corner of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from orchbench.evaluation.assumptions import Assumption
from orchbench.evaluation.decision import Answer, Option, Question, option
from orchbench.evaluation.warehouse import RPUS


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
    """

    other: str
    more_usd: Decimal
    at: Mapping[str, Decimal]
    least_usd: Decimal

    @property
    def survived(self) -> bool:
        """Tell whether the other way saves nothing there that matters."""
        return -self.more_usd < self.least_usd


def tornado(answer: Answer, other: Option) -> list[Swing]:
    """Return the assumptions that move the difference of two ways, the one that moves it most first."""
    best, named = answer.ranked[0], answer.question.terms.assumed.named
    swings = [
        Swing(
            name, one, *(_more(answer.question, best, other, {name: value}) for value in (one.low, one.high))
        )
        for name, one in named.items()
    ]
    return sorted((one for one in swings if one.width_usd), key=lambda one: -one.width_usd)


def worst_corner(answer: Answer, other: Option) -> Corner:
    """Return the corner that hurts an answer most, beside one other way.

    Each assumption is turned to the end that hurts more, one after the other, until none hurts more. Bills
    are sums of products of them, and a test holds the corner that is found to all of them.
    """
    best, question = answer.ranked[0], answer.question
    named = {name: one for name, one in question.terms.assumed.named.items() if one.low != one.high}
    at = {name: one.value for name, one in named.items()}
    least = _more(question, best, other, at)
    turned = True
    while turned:
        turned = False
        for name, one in named.items():
            for value in (one.low, one.high):
                more = _more(question, best, other, at | {name: value})
                if more < least:
                    at, least, turned = at | {name: value}, more, True
    moved = {name: value for name, value in at.items() if value != named[name].value}
    # The less Redshift costs, the sooner a saving matters.
    hurts = question.assuming(moved | ({RPUS: named[RPUS].low} if RPUS in named else {}))
    cheaper = option(hurts, other.estimate.candidate, other.policy).month.usd
    return Corner(other.way, least, moved, question.material.least_usd(cheaper + hurts.warehouse_usd))


def _more(question: Question, best: Option, other: Option, values: Mapping[str, Decimal]) -> Decimal:
    """Return how much more a month of the other way costs."""
    asked = question.assuming(values)
    costs = [option(asked, one.estimate.candidate, one.policy).month.usd for one in (other, best)]
    return costs[0] - costs[1]
