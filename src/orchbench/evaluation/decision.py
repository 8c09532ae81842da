"""Which way, and how often it should poll, for a workload: the answer, the runner-up, and what turns it.

The rule: of the ways that see every query end within the acceptable lag, at the interval that is cheapest
for each, the cheapest one whose busiest moment fits every quota. An interval counts for a way only if its
poll budget does not stretch it. The budget also keeps every execution inside its own quota.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from orchbench.durations import Policy
from orchbench.evaluation.assumptions import Assumptions
from orchbench.evaluation.estimate import CostPart, Rates, cost_parts
from orchbench.evaluation.limits import policy_rows
from orchbench.evaluation.loads import Load, Peak, loads
from orchbench.evaluation.polling import Floats, poll
from orchbench.evaluation.used import Used, used_by
from orchbench.usage import Usage

SECONDS_A_MONTH = 30 * 86_400
LONGEST_SECONDS = 86_400
EVERY_INTERVAL_UP_TO = 600
LONGEST_INTERVAL = 3_600
FURTHER_INTERVALS = 60


@dataclass(frozen=True)
class Candidate:
    """A way, with what estimates ask of it."""

    name: str
    usage: Usage
    budget_polls: int


@dataclass(frozen=True)
class Question:
    """What is to be decided.

    Attributes:
        durations_seconds: of the queries, each as likely as the other.
        acceptable_lag_seconds: the longest that an end may stay unseen.
        region: whose quotas hold.
        peak_factor: how many times the average the busiest moment is.
    """

    durations_seconds: Floats
    runs_a_month: float
    acceptable_lag_seconds: float
    timeout_seconds: int
    memory_mb: int
    rates: Rates
    assumed: Assumptions
    region: str
    peak_factor: float

    @cached_property
    def seconds(self) -> float:
        """How long a statement runs on average, its deadline considered."""
        return float(np.minimum(self.durations_seconds, self.timeout_seconds).mean())

    @property
    def none_ends(self) -> bool:
        """Tell whether every query runs into the timeout."""
        return bool(self.durations_seconds.min() > self.timeout_seconds)


@dataclass(frozen=True)
class Polled:
    """What a workload's polling amounts to with one policy: means over its queries.

    Attributes:
        used: means, as ``cost_parts`` takes them.
        most_polls: of one query.
        lag_mean_seconds: of the queries that are seen to end, as all lags; None where none is.
        longest_delay_seconds: before the last poll of any query.
    """

    policy: Policy
    used: Used
    mean_polls: float
    most_polls: int
    timed_out_share: float
    lag_mean_seconds: float | None
    lag_p95_seconds: float | None
    lag_worst_seconds: float | None
    longest_delay_seconds: float
    stretched: bool


@dataclass(frozen=True)
class Option:
    """A way with a policy, and what a month of it costs."""

    candidate: Candidate
    polled: Polled
    parts: Sequence[CostPart]
    runs_a_month: float

    @property
    def way(self) -> str:
        """The way's name."""
        return self.candidate.name

    @property
    def usd_a_run(self) -> float:
        """What one run costs on average."""
        return float(sum(float(part.usd) for part in self.parts))

    @property
    def usd_a_month(self) -> float:
        """What a month costs."""
        return self.usd_a_run * self.runs_a_month


@dataclass(frozen=True)
class Flip:
    """Where the cheapest way changes: from this interval on, it is another.

    Attributes:
        upwards: whether the interval grows towards it, or shrinks.
        instead: the way that is cheapest there; None where no way polls so often.
    """

    interval_seconds: int
    upwards: bool
    instead: str | None
    because: str


@dataclass(frozen=True)
class Turn:
    """An assumption or price, and the factor on it that changes the decision."""

    name: str
    factor: float
    instead: str


class Decision:
    """Answers one question; everything is computed when it is asked for, and once."""

    def __init__(self, question: Question, candidates: Sequence[Candidate]) -> None:
        self.question = question
        self.candidates = candidates
        self._polled: dict[tuple[Policy, int | None], Polled] = {}

    def option(self, candidate: Candidate, policy: Policy) -> Option:
        """Return what a way with a policy amounts to."""
        polled = self._poll(policy, candidate.budget_polls)
        question = self.question
        parts = cost_parts(
            candidate.usage, polled.used, question.rates, float(question.memory_mb), question.assumed
        )
        return Option(candidate, polled, parts, question.runs_a_month)

    def _poll(self, policy: Policy, budget_polls: int) -> Polled:
        """Poll the workload; ways whose budgets do not matter share the answer."""
        question = self.question
        needed = question.timeout_seconds / policy.minimum_seconds
        key = (policy, budget_polls if policy.budget and needed > budget_polls - 1 else None)
        if key not in self._polled:
            self._polled[key] = summarized(question, policy, budget_polls)
        return self._polled[key]

    @cached_property
    def intervals(self) -> list[int]:
        """The fixed intervals that are looked at: every one to ten minutes, and some beyond."""
        longest = max(LONGEST_INTERVAL, 2 * math.ceil(self.question.acceptable_lag_seconds))
        further = np.geomspace(EVERY_INTERVAL_UP_TO, longest, FURTHER_INTERVALS).astype(int)
        every = range(1, EVERY_INTERVAL_UP_TO + 1)
        wanted = max(1, math.floor(self.question.acceptable_lag_seconds))
        # Longer delays than an environment is kept cost more than shorter ones: each poll starts cold.
        kept = int(self.question.assumed["kept_warm_seconds"])
        found = {*every, *(int(one) for one in further), wanted, kept, kept + 1}
        return sorted(one for one in found if 1 <= one <= LONGEST_SECONDS)

    def feasible(self, option: Option) -> bool:
        """Tell whether every query that ends by itself is seen to end in time, polled as often as it says."""
        if self.question.none_ends or option.polled.stretched:
            return False
        return option.polled.longest_delay_seconds <= self.question.acceptable_lag_seconds

    def loads(self, option: Option) -> list[Load]:
        """Return how much of each quota the busiest moment uses, the nearest first."""
        question, polled = self.question, option.polled
        makespan = question.seconds + (polled.lag_mean_seconds or 0.0)
        starts = question.runs_a_month / SECONDS_A_MONTH * question.peak_factor
        return loads(
            option.candidate.usage,
            question.region,
            Peak(executions=max(1.0, starts * makespan), starts_a_second=starts),
            makespan_seconds=makespan,
            polls=polled.mean_polls,
            most_polls=polled.most_polls,
        )

    def exceeded(self, option: Option) -> list[Load]:
        """Return the quotas that the busiest moment does not fit."""
        return [load for load in self.loads(option) if load.share > 1]

    def _preferred(self, options: Sequence[Option]) -> list[Option]:
        """Return those that fit every quota; all of them where none does."""
        return [one for one in options if not self.exceeded(one)] or list(options)

    @cached_property
    def best(self) -> list[Option]:
        """Each way at its cheapest interval within the lag, the cheapest first; others are left out.

        What fits every quota comes before what does not.
        """
        found = []
        for candidate in self.candidates:
            options = [
                option
                for interval in self.intervals
                if interval <= self.question.acceptable_lag_seconds
                if self.feasible(option := self.option(candidate, Policy.fixed(interval)))
            ]
            if options:
                # Of equal costs the shorter lag.
                found.append(
                    min(
                        self._preferred(options),
                        key=lambda one: (one.usd_a_month, one.polled.policy.minimum_seconds),
                    )
                )
        return sorted(found, key=lambda one: (bool(self.exceeded(one)), one.usd_a_month, one.way))

    def at(self, interval_seconds: int) -> list[Option]:
        """Return every way that really polls so often: those whose budget does not stretch it."""
        options = [self.option(candidate, Policy.fixed(interval_seconds)) for candidate in self.candidates]
        return [one for one in options if not one.polled.stretched]

    def cheapest_at(self, interval_seconds: int) -> Option | None:
        """Return the cheapest way that really polls so often, None where every budget stretches it."""
        kept = self._preferred(self.at(interval_seconds))
        return min(kept, key=lambda one: (one.usd_a_month, one.way), default=None)

    def shortest(self, longer_than: int, accepted: Callable[[Option], bool]) -> Option | None:
        """Return the shortest interval beyond one at which a way is accepted, to the second.

        The grid of intervals finds it, and bisection between two of the grid the second: fewer polls cost
        less and need less of a quota.
        """

        def found_at(interval: int) -> Option | None:
            options = [one for one in self.at(interval) if accepted(one)]
            return min(options, key=lambda one: (one.usd_a_month, one.way), default=None)

        timeout = self.question.timeout_seconds
        further = np.geomspace(LONGEST_INTERVAL, max(timeout, LONGEST_INTERVAL + 1), FURTHER_INTERVALS)
        grid = sorted({*self.intervals, *(int(one) for one in further), timeout})
        low = longer_than
        for high in (one for one in grid if longer_than < one <= timeout):
            if found_at(high):
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (low, middle) if found_at(middle) else (middle, high)  # noqa: PLW2901
                return found_at(high)
            low = high
        return None

    def flips(self, way: str, interval_seconds: int) -> list[Flip]:
        """Return where, going up and going down from an interval, another way becomes the answer."""
        upwards = [one for one in self.intervals if one > interval_seconds]
        downwards = [one for one in reversed(self.intervals) if one < interval_seconds]
        flips = (
            self._first_flip(way, interval_seconds, upwards),
            self._first_flip(way, interval_seconds, downwards),
        )
        return [flip for flip in flips if flip]

    def _first_flip(self, way: str, start: int, intervals: Sequence[int]) -> Flip | None:
        before = start
        for interval in intervals:
            if self._is_other(way, interval):
                step = 1 if interval > start else -1
                exact = next(
                    one for one in range(before + step, interval + step, step) if self._is_other(way, one)
                )
                return self._flip(way, exact, upwards=step > 0)
            before = interval
        return None

    def _is_other(self, way: str, interval: int) -> bool:
        cheapest = self.cheapest_at(interval)
        return cheapest is None or cheapest.way != way

    def _flip(self, way: str, interval: int, *, upwards: bool) -> Flip:
        cheapest = self.cheapest_at(interval)
        candidate = next(one for one in self.candidates if one.name == way)
        stretched = self.option(candidate, Policy.fixed(interval)).polled.stretched
        because = "its poll budget stretches the interval" if stretched else "the other way is cheaper"
        if not stretched and self.exceeded(self.option(candidate, Policy.fixed(interval))):
            because = "it does not fit a quota there"
        return Flip(interval, upwards, cheapest.way if cheapest else None, because)

    def turns(self, best: Sequence[Option]) -> list[Turn]:
        """Return what, changed by which factor, makes another way the cheapest, the nearest first."""
        if not best:
            return []
        winner, others = best[0], best[1:]
        turns: dict[str, Turn] = {}
        for other in others:
            for name, factor in _turning_factors(winner, other):
                known = turns.get(name)
                if known is None or abs(math.log(factor)) < abs(math.log(known.factor)):
                    turns[name] = Turn(name, factor, other.way)
        return sorted(turns.values(), key=lambda turn: abs(math.log(turn.factor)))

    def with_question(self, **changes: object) -> "Decision":
        """Return the decision on a changed question."""
        return Decision(replace(self.question, **changes), self.candidates)  # type: ignore[arg-type]


def summarized(question: Question, policy: Policy, budget_polls: int) -> Polled:
    """Return what polling a workload with one policy amounts to."""
    durations = question.durations_seconds
    rows = len(durations)
    policies = policy_rows(policy, rows)
    timeout = np.full(rows, float(question.timeout_seconds))
    polled = poll(durations, timeout, policies, budget_polls)
    used = used_by(polled, policies, float(question.assumed["kept_warm_seconds"]))
    seen = ~polled.timed_out
    lag = np.sort((polled.seen_at_seconds - durations)[seen])
    longest = float(polled.last_delay_seconds.max())
    return Polled(
        policy=policy,
        used=Used(*(np.mean(getattr(used, name)) for name in Used.__dataclass_fields__)),
        mean_polls=float(polled.polls.mean()),
        most_polls=int(polled.polls.max()),
        timed_out_share=float(polled.timed_out.mean()),
        lag_mean_seconds=float(lag.mean()) if len(lag) else None,
        lag_p95_seconds=float(lag[max(0, math.ceil(0.95 * len(lag)) - 1)]) if len(lag) else None,
        lag_worst_seconds=float(polled.last_delay_seconds[seen].max()) if len(lag) else None,
        longest_delay_seconds=longest,
        stretched=longest > policy.maximum_seconds,
    )


def _turning_factors(winner: Option, other: Option) -> Iterator[tuple[str, float]]:
    """Yield each price and assumption with the factor on it at which two costs are equal.

    Costs are sums of products, so the difference is linear in each one by itself.
    """
    gap = other.usd_a_run - winner.usd_a_run
    shares: dict[str, float] = {}
    for sign, option in ((1.0, winner), (-1.0, other)):
        for part in option.parts:
            names = (f"price of {part.rate}", *([part.assumption] if part.assumption else []))
            for name in names:
                shares[name] = shares.get(name, 0.0) + sign * float(part.usd)
    for name, share in shares.items():
        if share:
            factor = 1 + gap / share
            if factor > 0:
                yield name, factor
