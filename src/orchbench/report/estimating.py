"""Estimates as a report needs them: one query of a duration, with one policy, on one way."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from orchbench.evaluation.decision import Candidate
from orchbench.evaluation.estimate import Columns, Estimates, estimate, estimated_quantities
from orchbench.evaluation.limits import Reach, is_stretched, longest_delay, policy_rows
from orchbench.evaluation.polling import Floats
from orchbench.evaluation.rates import Rates
from orchbench.evaluation.tariff import Bill, priced
from orchbench.evaluation.used import used_by
from orchbench.report.reading import Given
from orchbench.ways.durations import Policy

LONGEST_SECONDS = 86_400


@dataclass(frozen=True)
class Estimate:
    """What one query comes to.

    Attributes:
        lag_mean_seconds: over every moment in which the query could have ended between its last two polls.
        timeout_seconds: the batch's own.
        longest_delay_seconds: of the schedule up to the timeout: what an end can stay unseen at worst.
        stretched: whether the poll budget makes delays longer than the policy's.
    """

    bill: Bill
    polls: int
    lag_mean_seconds: float
    timeout_seconds: float
    longest_delay_seconds: float
    stretched: bool


def timeouts(durations_seconds: Floats) -> Floats:
    """Return the batch's own timeout as the other commands take it: a tenth more, an hour at least."""
    more = np.ceil(np.round(durations_seconds * 1.1, 6))
    longest: Floats = np.minimum(LONGEST_SECONDS, np.maximum(3_600.0, more))
    return longest


def columns_of(durations_seconds: Floats, policy: Policy, given: Given) -> Columns:
    """Return durations as scenarios."""
    rows = policy_rows(policy, len(durations_seconds))
    return Columns(durations_seconds, timeouts(durations_seconds), rows, float(given.memory_mb))


def estimates(candidate: Candidate, durations_seconds: Floats, policy: Policy, given: Given) -> Estimates:
    """Return many durations at once, money in floating point."""
    rates = Rates.of(given.prices, given.architecture)
    columns = columns_of(durations_seconds, candidate.kept(policy), given)
    return estimate(
        candidate.usage, candidate.budget_polls, columns, rates, given.assumed, waits=candidate.waits
    )


def estimate_one(candidate: Candidate, duration_seconds: float, policy: Policy, given: Given) -> Estimate:
    """Return one duration, money in Decimal."""
    durations, policy = np.array([float(duration_seconds)]), candidate.kept(policy)
    columns = columns_of(durations, policy, given)
    found = estimates(candidate, durations, policy, given)
    kept_warm = float(given.assumed["kept_warm_seconds"])
    used = used_by(found.polled, columns.policies, kept_warm, candidate.waits)
    quantities = estimated_quantities(
        candidate.usage,
        used,
        memory_mb=given.memory_mb,
        architecture=given.architecture,
        assumed=given.assumed,
    )
    timeout = float(columns.timeout_seconds[0])
    return Estimate(
        bill=priced(quantities, given.prices, runs=Decimal(1)),
        polls=int(found.polled.polls[0]),
        lag_mean_seconds=float(found.lag_mean_seconds[0]),
        timeout_seconds=timeout,
        longest_delay_seconds=longest_delay(policy, timeout, candidate.budget_polls),
        stretched=is_stretched(timeout, policy, candidate.budget_polls),
    )


def ends_early(found: Reach) -> bool:
    """Tell whether a quota ends an execution without a poll budget before the longest query would end."""
    return found.without_budget_seconds < LONGEST_SECONDS
