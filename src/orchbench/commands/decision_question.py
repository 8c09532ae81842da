"""What is asked of a decision, from its arguments, and its answer with every figure behind it."""

import argparse

from orchbench.commands.estimation import (
    amount_of,
    assumptions_of,
    candidates,
    duration_of,
    timeout_of,
    today,
)
from orchbench.commands.failure import UsageError
from orchbench.evaluation.advice import Advice
from orchbench.evaluation.decision import Decision, Question
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.rates import Rates, free_quantities, price_keys
from orchbench.evaluation.workload import LONGEST_SECONDS, Workload
from orchbench.trace import Json


def decide(arguments: argparse.Namespace, workload: Workload, prices: PriceList) -> Json:
    """Return the answer with every figure behind it.

    Args:
        arguments: of ``orchbench decide``, their defaults filled in.
        workload: that they name.
        prices: that they name.
    """
    runs = amount_of(arguments.runs_a_month, "--runs-a-month", 1)
    lag = duration_of(arguments.acceptable_lag)
    if not 1 <= lag <= LONGEST_SECONDS:
        raise UsageError(f"--acceptable-lag {arguments.acceptable_lag!r} is not from 1 second to 24h.")
    question = Question(
        durations_seconds=workload.durations_seconds,
        runs_a_month=float(runs),
        acceptable_lag_seconds=lag,
        timeout_seconds=timeout_of(arguments, workload),
        memory_mb=arguments.memory,
        rates=Rates.of(prices, arguments.architecture),
        assumed=assumptions_of(arguments),
        region=prices.region,
        peak_factor=float(amount_of(arguments.peak_factor, "--peak-factor", 1)),
        free_quantities=free_quantities(prices, arguments.architecture) if arguments.free_tier else {},
    )
    advice = Advice(
        decision=Decision(question, candidates(arguments.way)),
        workload=workload,
        prices=prices,
        architecture=arguments.architecture,
        runs=runs,
        budget_usd=None if arguments.budget_usd is None else amount_of(arguments.budget_usd, "--budget-usd"),
        free_tier=arguments.free_tier,
    )
    document = advice.document()
    keys = price_keys((one.usage for one in advice.decision.candidates), arguments.architecture)
    document["notes"] += prices.old(keys, today())
    return document
