"""Which way, polling how often, for a workload: one pure function of a question.

What is promised is promised of a query that may end at any moment. The bill falls as the interval grows, so
the cheapest interval that keeps the promise is the acceptable lag itself. The one exception is where
environments go cold, so the longest interval below that is looked at too. What does not fit every quota is no
answer. Where the cheapest way saves too little to matter, what is left decides: lag, limits, and what must be
operated and read. The pair comes before its variants where lag and room are alike.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.estimate import EVENT_SECONDS, Estimate, Terms, estimate_way
from orchbench.evaluation.followed import Followed, Schedule, Watched, follow
from orchbench.evaluation.loads import FITS, Load, loads
from orchbench.evaluation.month import Month, month_of
from orchbench.evaluation.polling import Floats
from orchbench.evaluation.variants import parent_of
from orchbench.evaluation.warehouse import RPUS, Warehouse
from orchbench.evaluation.workload import LONGEST_SECONDS
from orchbench.trace import Json
from orchbench.ways.durations import Policy, shown_duration

SECONDS_A_MONTH = 30 * 86_400
USUAL_PEAK_FACTOR = 10.0
SHORTEST_SHARED_SECONDS = 2
"""The first delay where the lag may be a share of the duration: no end is seen sooner."""
ROOMY = 0.5
"""Up to this share of its nearest quota a plan has room, and more room is worth nothing."""


@dataclass(frozen=True)
class Promise:
    """How long an end may stay unseen at any moment: so many seconds, or a share of the time it took.

    Delays are whole seconds, so a share is promised rounded up to the next one. Whoever waits for an event
    keeps that when the event comes; when it is lost, an end may stay unseen for longer.

    Attributes:
        bearable_seconds: so long; None for what the fallback of each way makes of it.
    """

    seconds: float | None = None
    share: float | None = None
    bearable_seconds: float | None = None

    def bearable(self, candidate: Candidate) -> float:
        """Return how long an end may stay unseen whose event is lost: never less than what is wanted."""
        usual = candidate.fallback.maximum_seconds if candidate.fallback else 0
        return max(self.seconds or 0, usual if self.bearable_seconds is None else self.bearable_seconds)

    def policies(self, candidate: Candidate, timeout_seconds: int, kept_warm_seconds: float) -> list[Policy]:
        """Return the policies that keep it and may be the cheapest; the second keeps environments warm."""
        warm = max(1, int(kept_warm_seconds))
        if self.share is not None and not candidate.is_woken:
            longest = (LONGEST_SECONDS, max(SHORTEST_SHARED_SECONDS, warm))
            return [Policy(self.share, SHORTEST_SHARED_SECONDS, one) for one in longest]
        longest_seconds = self.bearable(candidate) if candidate.is_woken else self.seconds or 1
        interval = int(min(longest_seconds, timeout_seconds))
        return [Policy.fixed(one) for one in dict.fromkeys((interval, min(interval, warm)))]

    def is_kept(self, estimate: Estimate) -> bool:
        """Tell whether it holds wherever a query ends up to its timeout."""
        if estimate.followed.stretched:
            return False
        longest = estimate.followed.longest_delay_seconds
        if estimate.candidate.is_woken:
            return longest <= self.bearable(estimate.candidate) and self.is_kept_by_event(estimate.terms)
        if self.share is not None:
            return estimate.policy.minimum_seconds <= SHORTEST_SHARED_SECONDS
        return longest <= (self.seconds or 0)

    def is_kept_by_event(self, terms: Terms) -> bool:
        """Tell whether it holds where an event tells of the end."""
        wanted = SHORTEST_SHARED_SECONDS if self.seconds is None else self.seconds
        return terms.assumed[EVENT_SECONDS] <= wanted

    @property
    def told(self) -> str:
        """The promise in words."""
        if self.share is not None:
            least = f"{SHORTEST_SHARED_SECONDS} s at least"
            return f"{self.share * 100:g} % of the query's time, rounded up to the next second ({least})"
        seconds = self.seconds or 0
        return shown_duration(seconds).replace(" m", " min") if seconds % 60 == 0 else f"{seconds:g} s"


@dataclass(frozen=True)
class Material:
    """What a month must save for cost to decide: an amount, and a share of the whole bill, both."""

    usd: Decimal = Decimal(10)
    share: Decimal = Decimal("0.01")

    def least_usd(self, whole_usd: Decimal) -> Decimal:
        """Return the saving that matters where a month costs so much, Redshift included."""
        return max(self.usd, self.share * whole_usd)


@dataclass(frozen=True)
class Question:
    """What is to be decided.

    Attributes:
        durations_seconds: of the queries, each as likely as the other.
        promise: how long an end may stay unseen.
        peak_factor: how many times the average the busiest moment is.
        warehouse: what the queries run on; None where it is left out.
        followed: queries that were followed already; what prices alone change is not followed again.
        watched: the same by the schedule, which ways share.
    """

    durations_seconds: Floats
    runs_a_month: Decimal
    promise: Promise
    timeout_seconds: int
    terms: Terms
    peak_factor: float = USUAL_PEAK_FACTOR
    free_tier: bool = False
    warehouse: Warehouse | None = None
    material: Material = field(default_factory=Material)
    followed: dict[tuple[Any, ...], Followed] = field(default_factory=dict, compare=False, repr=False)
    watched: dict[tuple[int, int], dict[Schedule, Watched]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def warehouse_usd(self) -> Decimal:
        """What Redshift costs a month, runs that are started anew included."""
        if self.warehouse is None:
            return Decimal(0)
        return self.warehouse.usd_a_month(
            self.durations_seconds, self.timeout_seconds, self.runs_a_month, self.terms.assumed
        )

    @cached_property
    def seconds(self) -> float:
        """How long a statement runs on average, its deadline considered."""
        return float(np.minimum(self.durations_seconds, self.timeout_seconds).mean())

    @property
    def none_ends(self) -> bool:
        """Tell whether every query runs into the timeout."""
        return bool(self.durations_seconds.min() > self.timeout_seconds)

    def assuming(self, values: Mapping[str, Decimal]) -> "Question":
        """Return it with other assumptions; Redshift's size is one of them where it is Serverless."""
        assumed = self.terms.assumed
        warehouse = self.warehouse
        if warehouse and warehouse.least_seconds and RPUS in values and assumed[RPUS]:
            warehouse = replace(warehouse, hour_usd=warehouse.hour_usd * values[RPUS] / assumed[RPUS])
        return replace(
            self, warehouse=warehouse, terms=replace(self.terms, assumed=assumed.with_values(values))
        )


@dataclass(frozen=True)
class Option:
    """A way with a policy, and what a month of it amounts to, each looked at where somebody asks for it."""

    question: Question
    estimate: Estimate

    @cached_property
    def month(self) -> Month:
        """What it costs."""
        return month_of(self.estimate, self.question.runs_a_month, free_tier=self.question.free_tier)

    @cached_property
    def loads(self) -> Sequence[Load]:
        """How much of each quota the busiest moment uses, the nearest first."""
        question, followed = self.question, self.estimate.followed
        polls, most_polls = followed.watched.mean_and_most_polls
        return loads(
            followed.candidate,
            question.terms.prices.region,
            starts_a_second=float(question.runs_a_month) / SECONDS_A_MONTH * question.peak_factor,
            statement_seconds=question.seconds,
            makespan_seconds=followed.watched.mean_makespan_seconds,
            polls=polls,
            most_polls=most_polls,
        )

    @property
    def way(self) -> str:
        """The way's name."""
        return self.candidate.name

    @property
    def candidate(self) -> Candidate:
        """The way, as estimates see it."""
        return self.estimate.candidate

    @property
    def policy(self) -> Policy:
        """How it polls, or what polls behind its event."""
        return self.estimate.policy

    @property
    def told(self) -> str:
        """How it learns of ends, in words."""
        return (
            f"its event, with {self.policy.told} behind it" if self.candidate.is_woken else self.policy.told
        )

    @property
    def input(self) -> Json:
        """What an execution's input says of that."""
        return {"fallback" if self.candidate.is_woken else "poll": self.policy.to_input()}

    @property
    def exceeded(self) -> list[Load]:
        """The quotas that the busiest moment does not fit."""
        return [load for load in self.loads if load.share > FITS]

    @property
    def merits(self) -> tuple[Any, ...]:
        """What is weighed where cost does not decide, the better the smaller.

        A way that varies one of the pair comes behind both where it sees an end as soon and all have room: it
        saves too little to matter, and nobody has confirmed on AWS what it saves.
        """
        candidate, nearest = self.candidate, float(self.loads[0].share)
        room = 0.0 if nearest <= ROOMY else nearest
        lag = round(self.estimate.lag.mean_seconds or 0.0, 3)
        varies = parent_of(self.way) is not None
        return lag, room, varies, candidate.parts, candidate.works, self.month.usd, self.way


@dataclass(frozen=True)
class Answer:
    """What a question is answered with.

    Attributes:
        ranked: what keeps the promise and fits every quota, the recommended one first.
        beyond: what keeps the promise and does not fit, the cheapest first.
        left_out: what does not keep the promise, with the shortest lag that it can promise.
        alike: how many of the first cost as much, as far as it matters.
        instead: ways that wait for an event, which keep it when that comes, and fit, the cheapest first.
    """

    question: Question
    ranked: Sequence[Option]
    beyond: Sequence[Option]
    left_out: Sequence[tuple[Candidate, float]]
    alike: int
    least_usd: Decimal
    instead: Sequence[Option] = ()

    @property
    def recommended(self) -> Option | None:
        """The answer; None where nothing keeps the promise and fits."""
        return self.ranked[0] if self.ranked else None

    @property
    def way(self) -> str | None:
        """The way that is recommended."""
        return self.ranked[0].way if self.ranked else None

    @property
    def cost_decides(self) -> bool:
        """Tell whether cost alone singles one out."""
        return self.alike == 1 < len(self.ranked)


def option(question: Question, candidate: Candidate, policy: Policy) -> Option:
    """Return a way with a policy; its queries are followed when somebody looks at it."""
    seconds, timeout = question.durations_seconds, question.timeout_seconds
    warm = float(question.terms.assumed["kept_warm_seconds"])
    candidate = candidate.polling(policy)
    key = (id(seconds), candidate.name, candidate.kept(policy), warm, timeout)
    if key not in question.followed:
        watched = question.watched.setdefault((id(seconds), timeout), {})
        timeouts = np.full(len(seconds), float(timeout))
        question.followed[key] = follow(
            candidate, policy, seconds, timeouts, kept_warm_seconds=warm, known=watched
        )
    return Option(question, Estimate(question.followed[key], question.terms))


def best_of(question: Question, candidate: Candidate) -> Option | None:
    """Return a way's cheapest option that keeps the promise, one that fits first; None where none does."""
    if question.none_ends:
        return None
    warm = float(question.terms.assumed["kept_warm_seconds"])
    policies = question.promise.policies(candidate, question.timeout_seconds, warm)
    options = (option(question, candidate, policy) for policy in policies)
    kept = [one for one in options if question.promise.is_kept(one.estimate)]
    if len(kept) < 2:
        return kept[0] if kept else None
    return min(kept, key=lambda one: (bool(one.exceeded), one.month.usd))


def to_rank(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """Return the ways to choose among: those that wait for an event only where nothing else is asked about.

    How soon that event comes, and how often it is lost, nobody has seen on AWS: they stand beside the answer.
    """
    return [one for one in candidates if not one.is_woken] or candidates


def answer(question: Question, candidates: Sequence[Candidate]) -> Answer:
    """Answer a question: each way with the interval that costs least, whatever its lag; then ranked."""
    best, left_out, ranking = [], [], to_rank(candidates)
    for candidate in candidates:
        if planned := best_of(question, candidate):
            best.append(planned)
        else:
            left_out.append((candidate, _shortest_lag(question, candidate)))
    best.sort(key=lambda one: (one.month.usd, one.way))
    ranks = {one.name for one in ranking}
    fitting = [one for one in best if not one.exceeded and one.way in ranks]
    beyond = [one for one in best if one.exceeded and one.way in ranks]
    instead = [one for one in best if not one.exceeded and one.way not in ranks]
    if not fitting:
        return Answer(question, [], beyond, left_out, 0, Decimal(0), instead)
    least = fitting[0].month.usd
    matters = question.material.least_usd(least + question.warehouse_usd)
    alike = [one for one in fitting if one is fitting[0] or one.month.usd - least < matters]
    ranked = [*sorted(alike, key=lambda one: one.merits), *fitting[len(alike) :]]
    return Answer(question, ranked, beyond, left_out, len(alike), matters, instead)


def _shortest_lag(question: Question, candidate: Candidate) -> float:
    if candidate.is_woken and not question.promise.is_kept_by_event(question.terms):
        return float(question.terms.assumed[EVENT_SECONDS])
    candidate = candidate.polling(Policy.fixed(1))
    shortest = candidate.kept(Policy.fixed(1))
    return estimate_way(
        candidate, question.durations_seconds[:1], shortest, question.terms, question.timeout_seconds
    ).followed.longest_delay_seconds


def shortest_interval(
    question: Question, candidates: Sequence[Candidate], is_right: Callable[[Option], bool]
) -> Option | None:
    """Return the right option of the shortest interval from the promised one on; None where none is.

    What is right at one interval is so at every longer one.
    """

    def best_at(seconds: int) -> Option | None:
        asked = replace(question, promise=replace(question.promise, seconds=seconds))
        found = answer(asked, candidates)
        right = [one for one in (*found.ranked, *found.beyond) if is_right(one)]
        return min(right, key=lambda one: (one.month.usd, one.way), default=None)

    low, high = int(question.promise.seconds or 1) - 1, question.timeout_seconds
    found = best_at(high)
    while found and high - low > 1:
        middle = (low + high) // 2
        if better := best_at(middle):
            high, found = middle, better
        else:
            low = middle
    return found
