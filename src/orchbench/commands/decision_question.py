"""What is asked of a decision, from its arguments, and its answer with every figure behind it."""

import argparse
from collections.abc import Iterable
from decimal import Decimal

from orchbench.commands.estimation import (
    amount_of,
    assumptions_of,
    considered,
    duration_of,
    share_of,
    timeout_of,
    today,
    warehouse_of,
)
from orchbench.commands.failure import UsageError
from orchbench.evaluation.alternatives import USUAL_POLICY, Alternative, Queries
from orchbench.evaluation.decision import USUAL_PEAK_FACTOR, Material, Promise, Question, answer
from orchbench.evaluation.decision_document import decision_document
from orchbench.evaluation.estimate import Terms
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.workload import LONGEST_SECONDS, Workload
from orchbench.report.decision_said import said
from orchbench.trace import Json
from orchbench.ways.durations import parse_policy

OPTIONAL = {
    **dict.fromkeys(("bearable_lag", "lost_events", "budget_usd", "material")),
    **dict.fromkeys(("redshift_rpus", "redshift_hour_usd", "redshift_rpu_hour_usd")),
    **dict.fromkeys(("free_tier", "no_redshift"), False),
    "peak_factor": f"{USUAL_PEAK_FACTOR:g}",
}
"""What may be asked besides, and what holds where it is not: a record names what was."""


def can_be_done(document: Json) -> bool:
    """Tell whether an answer is one: a way is recommended, and within the budget where there is one."""
    budget = document["within_budget"]
    return document["recommended"] is not None and (budget is None or budget["fits"])


def decide(
    arguments: argparse.Namespace, workload: Workload, prices: PriceList, *, weighed: bool = True
) -> Json:
    """Return the answer with every figure behind it.

    Args:
        arguments: of ``orchbench decide``, their defaults filled in.
        workload: that they name.
        prices: that they name.
        weighed: with what turns the answer, and its ranges.
    """
    assumed = assumptions_of(arguments)
    warehouse, assumed = warehouse_of(arguments, prices, assumed)
    question = Question(
        durations_seconds=workload.durations_seconds,
        runs_a_month=amount_of(arguments.runs_a_month, "--runs-a-month", 1),
        promise=promise_of(arguments.acceptable_lag, arguments.bearable_lag),
        timeout_seconds=timeout_of(arguments, workload),
        terms=Terms(prices, arguments.architecture, arguments.memory, assumed),
        peak_factor=float(amount_of(arguments.peak_factor, "--peak-factor", 1)),
        free_tier=arguments.free_tier,
        warehouse=warehouse,
        material=_material(arguments.material),
    )
    asked = considered(arguments.way)
    budget = None if arguments.budget_usd is None else amount_of(arguments.budget_usd, "--budget-usd")
    found = answer(question, asked)
    document = decision_document(found, asked, workload, budget, weighed=weighed)
    document["said"] = said(found, len(asked), document["would_fit"], budget)
    keys = price_keys((one.usage for one in asked), arguments.architecture)
    document["notes"] += prices.old(keys, today())
    return document


def beside(
    document: Json,
    arguments: argparse.Namespace,
    workload: Workload,
    prices: PriceList,
    alternatives: Iterable[Alternative],
) -> list[Json]:
    """Return what a month of each alternative costs; one that polls does so as the way that is recommended.

    Args:
        document: of the decision, whose question the arguments are.
        arguments: as above.
        workload: as above.
        prices: as above.
        alternatives: to be told of.
    """
    best = document["recommended"]
    asked = Queries(
        workload.durations_seconds,
        timeout_of(arguments, workload),
        parse_policy(best["poll"]) if best else USUAL_POLICY,
        Terms(prices, arguments.architecture, arguments.memory, assumptions_of(arguments)),
    )
    runs = amount_of(arguments.runs_a_month, "--runs-a-month", 1)
    return [one.estimated(asked, runs, free_tier=arguments.free_tier) for one in alternatives]


def add_bearable_lag(parser: "argparse._ActionsContainer") -> None:
    """Add the second of the two lags."""
    parser.add_argument(
        "--bearable-lag",
        metavar="DURATION",
        help="the same for a way whose event is lost (default: its fallback, 30m)",
    )


def bearable_seconds(text: str) -> float:
    """Return how long an end may stay unseen whose event is lost.

    Raises:
        UsageError: it is not a time, or out of bounds.
    """
    return _lag_of(text, "--bearable-lag")


def promise_of(text: str, bearable: str | None = None) -> Promise:
    """Return how long an end may stay unseen: a time, or a share of the query's.

    Args:
        text: that says so.
        bearable: how long where an event is lost; None for each way's own fallback.

    Raises:
        UsageError: it is neither, or out of bounds, or more is wanted than bearable.
    """
    second = None if bearable is None else bearable_seconds(bearable)
    if text.strip().endswith("%"):
        share = float(share_of(text, "--acceptable-lag"))
        if not 0 < share <= 1:
            raise UsageError(f"--acceptable-lag {text!r} is not a share of a query's time: give up to 100%.")
        return Promise(share=share, bearable_seconds=second)
    lag = _lag_of(text, "--acceptable-lag")
    if second is not None and second < lag:
        raise UsageError(
            f"--bearable-lag {bearable!r} is shorter than --acceptable-lag {text!r}: it is for lost events, "
            "so give as much or more."
        )
    return Promise(lag, bearable_seconds=second)


def _lag_of(text: str, option: str) -> float:
    lag = duration_of(text)
    if not 1 <= lag <= LONGEST_SECONDS:
        raise UsageError(f"{option} {text!r} is not from 1 second to 24h.")
    return lag


def _material(texts: list[str] | None) -> Material:
    """Read amounts and shares; the last of each holds."""
    usual = Material()
    usd, share = usual.usd, usual.share
    for text in texts or ():
        if text.strip().endswith("%"):
            share = share_of(text, "--material")
        else:
            usd = amount_of(text, "--material", 0)
    return Material(Decimal(usd), share)
