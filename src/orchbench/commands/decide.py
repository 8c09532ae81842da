"""``orchbench decide``: which way, polling how often, for a workload; and what would change the answer."""

import argparse
import json
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from orchbench.commands.estimation import (
    add_deployment,
    add_json,
    add_ways,
    add_workload,
    amount_of,
    assumptions_of,
    candidates,
    duration_of,
    print_whole,
    sentence,
    timeout_of,
    workload_of,
)
from orchbench.commands.failure import UsageError
from orchbench.evaluation.advice import Advice
from orchbench.evaluation.decision import Decision, Question
from orchbench.evaluation.estimate import Rates
from orchbench.evaluation.prices import price_list
from orchbench.trace import Json


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("decide", help="recommend a way and a polling interval for a workload")
    add_workload(parser)
    parser.add_argument("--runs-a-month", required=True, metavar="N", help="how often a query is run")
    parser.add_argument(
        "--acceptable-lag",
        required=True,
        metavar="DURATION",
        help="the longest that a query's end may stay unseen",
    )
    parser.add_argument("--budget-usd", metavar="USD", help="for orchestrating, a month")
    parser.add_argument(
        "--peak-factor",
        default="10",
        metavar="N",
        help="how many times the average the busiest moment is, assumed (default: 10)",
    )
    parser.add_argument("--free-tier", action="store_true", help="show what a month costs with the free tier")
    add_ways(parser)
    add_deployment(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Answer, and return 1 where no way can do what is asked."""
    document = decide(arguments)
    if arguments.json:
        print(json.dumps(document, indent=2))  # noqa: T201 - the command's answer
    else:
        _print(document)
    return 0 if document["recommended"] else 1


def decide(arguments: argparse.Namespace) -> Json:
    """Return the answer with every figure behind it."""
    workload = workload_of(arguments)
    prices = price_list(arguments.region)
    runs = amount_of(arguments.runs_a_month, "--runs-a-month")
    lag = duration_of(arguments.acceptable_lag)
    if lag < 1:
        raise UsageError(f"--acceptable-lag {arguments.acceptable_lag!r} is less than the second of a poll.")
    question = Question(
        durations_seconds=workload.durations_seconds,
        runs_a_month=float(runs),
        acceptable_lag_seconds=lag,
        timeout_seconds=timeout_of(arguments, workload),
        memory_mb=arguments.memory,
        rates=Rates.of(prices, arguments.architecture),
        assumed=assumptions_of(arguments),
    )
    advice = Advice(
        decision=Decision(question, candidates(arguments.way)),
        workload=workload,
        prices=prices,
        architecture=arguments.architecture,
        runs=runs,
        peak_factor=amount_of(arguments.peak_factor, "--peak-factor"),
        budget_usd=amount_of(arguments.budget_usd, "--budget-usd") if arguments.budget_usd else None,
        free_tier=arguments.free_tier,
    )
    return advice.document()


def _print(document: Json) -> None:
    console = Console()
    console.print(document["said"], style="bold", highlight=False, soft_wrap=True)
    options = [document["recommended"], document["runner_up"], *document["others"], document["adaptive"]]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("way", "poll"):
        table.add_column(title, no_wrap=True)
    for title in ("polls a run", "lag, s", "p95", "worst", "USD a month", "label"):
        table.add_column(title, justify="right", no_wrap=True)
    for option in filter(None, options):
        table.add_row(
            option["way"],
            option["poll"],
            f"{option['polls']['value']:.1f}",
            *(f"{option[f'detection_lag_{name}']['value']:.1f}" for name in ("mean", "p95", "worst")),
            f"{Decimal(option['usd_a_month']['value']):.4f}",
            option["usd_a_month"]["label"],
        )
    if table.row_count:
        print_whole(console, table)
    for line in _sentences(document):
        console.print(line, highlight=False, style="dim", soft_wrap=True)


def _sentences(document: Json) -> list[str]:
    said = []
    if document["runner_up"]:
        runner_up = document["runner_up"]
        said.append(f"Runner-up: {runner_up['why']}.")
    said += [
        f"{one['way']} is left out: {one['why']} ({one['shortest_lag']['value']:g} s at least)."
        for one in document["left_out"]
    ]
    for flip in document["flips"]:
        way = flip["way"] or "no way at all"
        edge = "or longer" if flip["direction"] == "longer" else "or shorter"
        said.append(f"At {flip['interval']['value']} s {edge} the answer is {way}: {flip['why']}.")
    said += [
        f"It turns to {one['way']} where {one['what']} is {one['factor']['value']:.3g} times what is taken."
        for one in document["sensitivity"][:4]
    ]
    if document["recommended"] and not document["sensitivity"]:
        said.append("No single price or assumption turns it, changed up to a hundred times.")
    if document["limits"]:
        nearest = document["limits"][0]
        said.append(
            f"Nearest quota: {nearest['quota']}, {nearest['share']['value']:.1%} of "
            f"{nearest['limit']['value']:,} ({nearest['scope']})."
        )
    if document["within_budget"] and not document["within_budget"]["fits"]:
        interval = document["within_budget"]["shortest_interval_within_it"]
        fits = f"a poll every {interval['value']} s fits" if interval else "no interval fits"
        said.append(f"It does not fit the budget: {fits}.")
    return [*said, *map(sentence, document["notes"])]
