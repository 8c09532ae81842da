"""The hour that the page's answer is about: one query of an hour, polled every 10 s, on each way.

All of it is estimated, by closed forms that tests hold to rehearsals of the same hour. The way that is chosen
is the one of the pair that ``orchbench decide`` recommends for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.decision import Answer, Promise, Question, answer
from orchbench.evaluation.estimate import Estimate, estimate_way
from orchbench.evaluation.limits import Reach, reach
from orchbench.evaluation.month import with_small_prices
from orchbench.evaluation.price_keys import RPU_HOUR
from orchbench.evaluation.variants import parent_of
from orchbench.evaluation.warehouse import RPUS, Warehouse
from orchbench.report.figures import RUNS, count, hours, seconds, share, usd_of_runs
from orchbench.report.model import Figure
from orchbench.report.reading import QUOTAS_IN, Given
from orchbench.trace import Label
from orchbench.ways.durations import Policy

DURATION_SECONDS, INTERVAL_SECONDS = 3_600, 10
FORM = "closed form of the way's own counts, at list prices"


@dataclass(frozen=True)
class Hour:
    """The hour on one way, each figure with its origin."""

    candidate: Candidate
    estimate: Estimate
    without_budget: Reach
    redshift_usd: Decimal
    given: Given

    @property
    def way(self) -> str:
        """The way's name."""
        return self.candidate.name

    @property
    def files(self) -> str:
        """The files that its cost comes from."""
        return self.given.estimated_in(self.way)

    @property
    def usd(self) -> Decimal:
        """What one run costs."""
        return self.estimate.bill.total_usd

    @property
    def cost(self) -> Figure:
        """What a thousand runs cost."""
        return usd_of_runs(self.usd, self.estimate.bill.label, FORM, self.files)

    @property
    def share(self) -> Figure:
        """Its share of the whole bill, Redshift included."""
        whole = self.usd + self.redshift_usd
        part = float(self.usd / whole) if whole else 0.0
        return share(
            part, self.estimate.bill.label, "orchestration over orchestration and Redshift", self.files
        )

    @property
    def mean_lag(self) -> Figure:
        """How long an end stays unseen on average."""
        source = f"{FORM.partition(',')[0]}: half the delay before the last poll"
        lag = self.estimate.lag.mean_seconds or 0.0
        return seconds(lag, Label.ESTIMATED, source, self.given.files[self.way])

    @property
    def worst_lag(self) -> Figure:
        """How long an end stays unseen at worst."""
        source = f"{FORM.partition(',')[0]}: the longest delay up to the timeout"
        return seconds(self.estimate.lag.worst_seconds, Label.ESTIMATED, source, self.given.files[self.way])

    @property
    def longest(self) -> Figure:
        """The longest query that is seen to end at this interval, unstretched."""
        source = f"closed form over the way's own counts and {self.without_budget.limited_by}"
        seen = self.without_budget.without_budget_seconds
        return hours(seen, Label.ESTIMATED, source, f"{self.given.files[self.way]}; {QUOTAS_IN}")

    @property
    def promised(self) -> Figure:
        """The longest timeout up to which its poll budget leaves the interval alone."""
        source = "polls that the way's own poll budget leaves, times the interval"
        polls = self.candidate.budget_polls
        day = self.without_budget.with_budget_seconds
        seen = day if polls is None else min(day, float(polls * INTERVAL_SECONDS))
        return hours(seen, Label.ESTIMATED, source, f"{self.given.files[self.way]}; {QUOTAS_IN}")

    @property
    def parts(self) -> Figure:
        """What must be operated: its functions, and its definition where it has one."""
        return count(
            self.candidate.parts, "parts", Label.MEASURED, "the way's own", self.given.files[self.way]
        )


@dataclass(frozen=True)
class Hours:
    """The hour on every way."""

    each: Sequence[Hour]
    question: Question
    warehouse: Warehouse
    given: Given

    @property
    def pair(self) -> list[Hour]:
        """The two that the comparison is about."""
        return [one for one in self.each if parent_of(one.way) is None]

    @cached_property
    def _answer(self) -> Answer:
        """What is decided between the pair, or between all where there is none."""
        return answer(self.question, [one.candidate for one in self.pair or self.each])

    @cached_property
    def chosen(self) -> Hour:
        """The one of the pair to choose; the cheapest where nothing keeps the promise."""
        pair = self.pair or list(self.each)
        cheapest = min(pair, key=lambda one: (one.usd, one.way))
        return next((one for one in pair if one.way == self._answer.way), cheapest)

    @property
    def cost_decides(self) -> bool:
        """Tell whether the pair's costs differ by as much as matters."""
        return bool(self.pair) and self._answer.cost_decides

    @property
    def told_material(self) -> str:
        """Say what of the whole bill is taken not to matter."""
        return f"the two differ by less than {float(self.question.material.share):.0%} of the whole bill"

    @cached_property
    def cheaper(self) -> Hour | None:
        """The variant that polls as the chosen one does, for less; None where none does."""
        best = self.chosen
        found = [
            one
            for one in self.each
            if one.candidate.polls
            and one is not best
            and one not in self.pair
            and one.usd < best.usd
            and one.estimate.lag.worst_seconds <= best.estimate.lag.worst_seconds
        ]
        return min(found, key=lambda one: (one.usd, one.way), default=None)

    @property
    def by_event(self) -> list[Hour]:
        """Those that need no poll, the cheapest first."""
        found = [one for one in self.each if one.candidate.is_woken]
        return sorted(found, key=lambda one: (one.usd, one.way))

    @property
    def redshift(self) -> Figure:
        """What Redshift costs for a thousand such queries."""
        usd = self.warehouse.usd(np.array([float(DURATION_SECONDS)]), DURATION_SECONDS)
        return usd_of_runs(usd, self.warehouse.label, self.warehouse.source, self.given.prices_file)


def hours_of(given: Given) -> Hours:
    """Return the hour on every way."""
    policy = Policy.fixed(INTERVAL_SECONDS)
    rpu_hour = with_small_prices(given.prices)[RPU_HOUR]
    warehouse = Warehouse.serverless(given.assumed.named[RPUS], rpu_hour)
    durations = np.array([float(DURATION_SECONDS)])
    usd = warehouse.usd(durations, DURATION_SECONDS)
    found = [_hour(one, policy, usd, given) for one in given.candidates]
    timeout = int(max(one.estimate.followed.longest_timeout_seconds for one in found))
    question = Question(
        durations_seconds=durations,
        runs_a_month=Decimal(RUNS),
        promise=Promise(INTERVAL_SECONDS),
        timeout_seconds=timeout,
        terms=given.terms,
        warehouse=warehouse,
    )
    return Hours(found, question, warehouse, given)


def _hour(candidate: Candidate, policy: Policy, redshift_usd: Decimal, given: Given) -> Hour:
    unlimited = candidate.kept(Policy.fixed(INTERVAL_SECONDS, budget=False))
    return Hour(
        candidate,
        estimate_way(candidate, DURATION_SECONDS, policy, given.terms),
        reach(candidate.name, candidate.usage, candidate.budget_polls, unlimited),
        redshift_usd,
        given,
    )
