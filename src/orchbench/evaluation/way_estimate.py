"""The estimate of one way: queries followed with one policy, what that amounts to, and its bill.

Whoever shows an estimate takes it from here, so that a command, a page and a question before a comparison say
the same.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from orchbench.evaluation.assumptions import Assumptions
from orchbench.evaluation.decision import Candidate
from orchbench.evaluation.estimate import Columns, Estimates, estimate, estimated_quantities
from orchbench.evaluation.limits import is_stretched, longest_delay, policy_rows
from orchbench.evaluation.polling import Floats
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.rates import Rates
from orchbench.evaluation.tariff import Bill, priced
from orchbench.evaluation.used import used_by
from orchbench.evaluation.workload import LONGEST_SECONDS
from orchbench.ways.durations import Policy


@dataclass(frozen=True)
class Terms:
    """What an estimate is made with, besides a way, its queries and its policy."""

    prices: PriceList
    architecture: str
    memory_mb: int
    assumed: Assumptions


@dataclass(frozen=True)
class WayEstimate:
    """What queries come to on one way.

    Attributes:
        policy: as the way keeps it.
        columns: a row a query.
        estimates: what each query amounts to, money in floating point.
    """

    candidate: Candidate
    policy: Policy
    columns: Columns
    estimates: Estimates
    terms: Terms

    @cached_property
    def bill(self) -> Bill:
        """The bill of one run, on average over the queries."""
        return self.bill_of(Decimal(1))

    def bill_of(self, runs: Decimal, *, free_tier: bool = False) -> Bill:
        """Return the bill of so many runs, in Decimal.

        Args:
            runs: of a query, each as likely as the other.
            free_tier: whether to take off what an account has free each month; ``runs`` is a month's then.
        """
        candidate, terms = self.candidate, self.terms
        kept_warm = float(terms.assumed["kept_warm_seconds"])
        quantities = estimated_quantities(
            candidate.usage,
            used_by(self.estimates.polled, self.columns.policies, kept_warm, candidate.waits),
            memory_mb=terms.memory_mb,
            architecture=terms.architecture,
            assumed=terms.assumed,
        )
        return priced(quantities, terms.prices, runs=runs, free_tier=free_tier)

    @property
    def timeout_seconds(self) -> float:
        """The batch's own, the longest where queries have several."""
        return float(self.columns.timeout_seconds.max())

    @cached_property
    def longest_delay_seconds(self) -> float:
        """The longest delay of the schedule up to the timeout: what an end can stay unseen at worst."""
        return longest_delay(self.policy, self.timeout_seconds, self.candidate.budget_polls)

    @property
    def stretched(self) -> bool:
        """Tell whether the poll budget makes delays longer than the policy's."""
        return is_stretched(self.timeout_seconds, self.policy, self.candidate.budget_polls)


def estimate_way(
    candidate: Candidate,
    durations_seconds: float | Floats,
    policy: Policy,
    terms: Terms,
    timeout_seconds: float | None = None,
) -> WayEstimate:
    """Return what queries come to on one way.

    Args:
        candidate: the way.
        durations_seconds: of the queries, one or a column.
        policy: as it is asked for; the way may keep another.
        terms: prices, functions and assumptions.
        timeout_seconds: the batch's own; else what each query usually has.
    """
    durations = np.atleast_1d(np.asarray(durations_seconds, dtype=np.float64))
    kept = candidate.kept(policy)
    timeouts = (
        usual_timeouts(durations)
        if timeout_seconds is None
        else np.full(len(durations), float(timeout_seconds))
    )
    columns = Columns(durations, timeouts, policy_rows(kept, len(durations)), float(terms.memory_mb))
    rates = Rates.of(terms.prices, terms.architecture)
    found = estimate(
        candidate.usage, candidate.budget_polls, columns, rates, terms.assumed, waits=candidate.waits
    )
    return WayEstimate(candidate, kept, columns, found, terms)


def usual_timeouts(durations_seconds: Floats) -> Floats:
    """Return the timeouts of batches whose own are not given: a tenth more, 1 h at least, 24 h at most."""
    more = np.ceil(np.round(durations_seconds * 1.1, 6))
    timeouts: Floats = np.minimum(LONGEST_SECONDS, np.maximum(3_600.0, more))
    return timeouts
