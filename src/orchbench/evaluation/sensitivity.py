"""What turns a decision: a price, an assumption or the workload itself, and the factor on it.

Prices and assumptions are changed one at a time, the plans' intervals kept. How far the workload may grow is
looked for in its quotas, and the answer beyond that is decided anew.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from orchbench.evaluation.decision import LONGEST_SECONDS, Decision, Option

LARGEST_FACTOR = 100
"""A factor beyond this, or below its inverse, is not told: nobody is so wrong."""
RUNS = "runs a month"


@dataclass(frozen=True)
class Turn:
    """Something, and the factor on it that makes another way the cheapest."""

    name: str
    factor: float
    instead: str


@dataclass(frozen=True)
class Growth:
    """How far something of the workload can grow before the plan is none any more.

    Attributes:
        factor: up to which the plan holds.
        because: what it meets there.
        instead: the answer beyond it; None where nothing fits.
    """

    name: str
    factor: float
    because: str
    instead: Option | None


@dataclass(frozen=True)
class _Line:
    """What one price makes of a month's bill: linear in a factor, what is free taken off."""

    constant: float
    slope: float
    free: float

    def charged(self, factor: float) -> float:
        return max(0.0, self.constant + self.slope * factor - self.free)

    @property
    def bend(self) -> float | None:
        return (self.free - self.constant) / self.slope if self.free and self.slope else None


def turns(decision: Decision, best: Sequence[Option]) -> list[Turn]:
    """Return what, changed by which factor, makes another way the cheapest, the nearest first."""
    found: dict[str, Turn] = {}
    others = [one for one in best[1:] if not decision.exceeded(one)]
    for other in others:
        for name in _names(decision, (best[0], other)):
            factor = _turning_factor(_lines(decision, best[0], name), _lines(decision, other, name))
            known = found.get(name)
            if factor and (known is None or abs(math.log(factor)) < abs(math.log(known.factor))):
                found[name] = Turn(name, factor, other.way)
    return sorted(found.values(), key=lambda turn: abs(math.log(turn.factor)))


def _names(decision: Decision, options: Sequence[Option]) -> list[str]:
    parts = [part for option in options for part in option.parts]
    names = [name for part in parts for name in (f"price of {part.rate}", part.assumption) if name]
    return list(dict.fromkeys([*names, *([RUNS] if decision.question.free_quantities else [])]))


def _lines(decision: Decision, option: Option, name: str) -> list[_Line]:
    question = decision.question
    lines = []
    for rate in dict.fromkeys(part.rate for part in option.parts):
        of_rate = [part for part in option.parts if part.rate == rate]
        usd = sum(float(part.usd) for part in of_rate) * question.runs_a_month
        free = question.free_quantities.get(rate, 0.0) * float(question.rates[rate])
        if name == f"price of {rate}":
            lines.append(_Line(0.0, max(0.0, usd - free), 0.0))
            continue
        scaled = sum(float(part.usd) for part in of_rate if part.assumption == name) * question.runs_a_month
        slope = usd if name == RUNS else scaled
        lines.append(_Line(usd - slope, slope, free))
    return lines


def _turning_factor(winner: Sequence[_Line], other: Sequence[_Line]) -> float | None:
    """Return the factor nearest to 1 beyond which the other costs less; None where there is none.

    Between the bends, where something free is used up, the difference of two bills is linear.
    """

    def gap(factor: float) -> float:
        return sum(one.charged(factor) for one in other) - sum(one.charged(factor) for one in winner)

    bends = {bend for line in (*winner, *other) if (bend := line.bend)}
    within = {one for one in bends if 1 / LARGEST_FACTOR < one < LARGEST_FACTOR}
    points = sorted({1 / LARGEST_FACTOR, 1.0, float(LARGEST_FACTOR), *within})
    upwards = [one for one in points if one >= 1]
    downwards = [one for one in reversed(points) if one <= 1]
    found = [factor for way in (upwards, downwards) for factor in _crossing([(one, gap(one)) for one in way])]
    return min(found, key=lambda factor: abs(math.log(factor)), default=None)


def _crossing(points: Sequence[tuple[float, float]]) -> Iterator[float]:
    """Yield where the first of two neighbours with a gap below zero between them crosses it."""
    # What is equal but for the rounding of sums has not crossed.
    least = -1e-12 * max(abs(gap) for _, gap in points)
    for (before, gap_before), (after, gap_after) in pairwise(points):
        if gap_after < least:
            factor = before + (after - before) * gap_before / (gap_before - gap_after)
            if factor > 0 and not math.isclose(factor, 1.0, rel_tol=1e-9):
                yield factor
            return


def growths(decision: Decision, plan: Option) -> list[Growth]:
    """Return how far the workload can grow with a plan, the nearest first; what has no end is left out."""
    found = [
        growth
        for name, field in (("peak factor", "peak_factor"), (RUNS, "runs_a_month"))
        for growth in _until_a_quota(decision, plan, name, field)
    ]
    found += _until_stretched(decision, plan)
    return sorted(found, key=lambda growth: growth.factor)


def _until_a_quota(decision: Decision, plan: Option, name: str, field: str) -> Iterator[Growth]:
    value = getattr(decision.question, field)

    def changed(factor: float) -> Decision:
        return decision.with_question(**{field: value * factor})

    low, high = 1.0, float(LARGEST_FACTOR)
    if not changed(high).exceeded(plan):
        return
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (low, middle) if changed(middle).exceeded(plan) else (middle, high)
    beyond = changed(high * (1 + 1e-6))
    quota = beyond.exceeded(plan)[0]
    yield Growth(name, low, f"{quota.quota}, {quota.limit:,} {quota.unit}", _answer(beyond))


def _until_stretched(decision: Decision, plan: Option) -> Iterator[Growth]:
    timeout, budget = decision.question.timeout_seconds, plan.candidate.budget_polls
    if budget is None:
        return
    longest = budget * plan.polled.policy.minimum_seconds
    if timeout <= longest < LONGEST_SECONDS:
        beyond = decision.with_question(timeout_seconds=longest + 1)
        because = f"the poll budget of {budget:,} polls stretches the interval"
        yield Growth("timeout", longest / timeout, because, _answer(beyond))


def _answer(decision: Decision) -> Option | None:
    best = decision.best[:1]
    return best[0] if best and not decision.exceeded(best[0]) else None
