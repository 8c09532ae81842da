"""What the page's answer is about, on each way: an hour polled every 10 s, or a reader's workload.

All of it is estimated, by closed forms that tests hold to rehearsals. The way that is chosen is the one of
the pair that ``orchbench decide`` recommends for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.decision import Answer, Option, Question, answer
from orchbench.evaluation.estimate import EVENT_SECONDS, Estimate
from orchbench.evaluation.events import OF_EVENTS
from orchbench.evaluation.limits import Reach, reach
from orchbench.evaluation.month import with_small_prices
from orchbench.evaluation.polling import moment_after
from orchbench.evaluation.price_keys import RPU_HOUR
from orchbench.evaluation.tariff import Bill, weakest
from orchbench.evaluation.variants import parent_of
from orchbench.evaluation.warehouse import RPUS, Warehouse
from orchbench.evaluation.workload import LONGEST_SECONDS
from orchbench.report.asked import Asked
from orchbench.report.figures import count, hours, lag_seconds, share, usd
from orchbench.report.model import Figure
from orchbench.report.reading import QUOTAS_IN, Given
from orchbench.trace import Label

FORM = "closed form of the way's own counts, at list prices"
PARTS = "the functions and state machines of a stack that holds this way alone"


@dataclass(frozen=True)
class Hour:
    """What is asked, on one way, each figure with its origin."""

    planned: Option
    without_budget: Reach
    redshift_usd: Decimal
    redshift_label: Label
    given: Given

    @property
    def candidate(self) -> Candidate:
        """The way, as estimates see it."""
        return self.estimate.candidate

    @property
    def estimate(self) -> Estimate:
        """Of its queries."""
        return self.planned.estimate

    @property
    def way(self) -> str:
        """The way's name."""
        return self.candidate.name

    @property
    def files(self) -> str:
        """The files that its cost comes from."""
        return self.given.estimated_in(self.way)

    @property
    def asked(self) -> Asked:
        """The question."""
        return self.given.asked

    @cached_property
    def bill(self) -> Bill:
        """The bill of everything that is asked about."""
        return self.asked.bill(self.planned)

    @property
    def usd(self) -> Decimal:
        """What that costs."""
        return self.bill.total_usd

    @property
    def cost(self) -> Figure:
        """What that costs, with its origin."""
        return usd(self.usd, self.asked.per, self.bill.label, FORM, self.files)

    @property
    def share(self) -> Figure:
        """Its share of the whole bill, Redshift included."""
        whole = self.usd + self.redshift_usd
        part = float(self.usd / whole) if whole else 0.0
        label = weakest((self.bill.label, self.redshift_label))
        return share(part, label, "orchestration over orchestration and Redshift", self.files)

    @property
    def mean_lag(self) -> Figure:
        """How long an end stays unseen on average."""
        lag, files = self.estimate.lag.mean_seconds or 0.0, self.given.files[self.way]
        if self.candidate.is_woken:
            return lag_seconds(lag, Label.ASSUMED, OF_EVENTS, files)
        source = f"{FORM.partition(',')[0]}: half the delay before the last poll"
        return lag_seconds(lag, Label.ESTIMATED, source, files)

    @property
    def event_lag(self) -> Figure:
        """How long an end stays unseen whose event comes."""
        event = self.given.assumed.named[EVENT_SECONDS]
        return lag_seconds(float(event.value), event.label, event.source, self.given.files[self.way])

    @property
    def worst_lag(self) -> Figure:
        """How long an end stays unseen at worst, its event lost where one is waited for."""
        source = f"{FORM.partition(',')[0]}: the longest delay up to the timeout"
        return lag_seconds(
            self.estimate.lag.worst_seconds, Label.ESTIMATED, source, self.given.files[self.way]
        )

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
        day = float(LONGEST_SECONDS)
        seen = day if polls is None else min(day, moment_after(self.planned.policy, polls))
        return hours(seen, Label.ESTIMATED, source, f"{self.given.files[self.way]}; {QUOTAS_IN}")

    @property
    def parts(self) -> Figure:
        """What must be operated: its functions, and its definition where it has one."""
        return count(self.candidate.parts, "parts", Label.MEASURED, PARTS, self.given.files[self.way])


@dataclass(frozen=True)
class Hours:
    """What is asked, on every way."""

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
        """What Redshift costs for it."""
        amount = self.given.asked.redshift_usd(self.question)
        return usd(
            amount, self.given.asked.per, self.warehouse.label, self.warehouse.source, self.given.prices_file
        )


def hours_of(given: Given) -> Hours:
    """Return what is asked, on every way."""
    rpu_hour = with_small_prices(given.prices)[RPU_HOUR]
    warehouse = Warehouse.serverless(given.assumed.named[RPUS], rpu_hour)
    question = given.asked.question(given.terms, warehouse)
    redshift_usd = given.asked.redshift_usd(question)
    redshift = (redshift_usd, warehouse.label)
    found = [_hour(one, question, redshift, given) for one in given.candidates]
    return Hours(found, question, warehouse, given)


def _hour(candidate: Candidate, question: Question, redshift: tuple[Decimal, Label], given: Given) -> Hour:
    planned = given.asked.planned(question, candidate)
    unlimited = planned.candidate.kept(replace(planned.policy, budget=False))
    return Hour(
        planned,
        reach(candidate, unlimited),
        *redshift,
        given,
    )
