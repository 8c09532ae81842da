"""``orchbench estimate``: counts, lag and cost in closed form, for one duration or for a whole workload."""

import argparse
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from orchbench.commands.alternatives_table import print_alternatives
from orchbench.commands.brief import add_verbose, print_next
from orchbench.commands.estimate_brief import print_estimate
from orchbench.commands.estimation import (
    add_deployment,
    add_json,
    add_lost_events,
    add_warehouse,
    add_workload,
    amount_of,
    assumptions_of,
    candidates,
    described,
    print_json,
    print_whole,
    sentence,
    share_of,
    timeout_of,
    today,
    warehouse_of,
    workload_of,
)
from orchbench.commands.failure import UsageError
from orchbench.commands.options import add_polls, add_ways, policies_of
from orchbench.evaluation.alternatives import Alternative, Queries
from orchbench.evaluation.candidate import Candidate, kept_policies
from orchbench.evaluation.counts import counted_meters
from orchbench.evaluation.estimate import CLOSED_FORM, LOST, USUAL_MEMORY_MB, Terms, estimate_way
from orchbench.evaluation.events import both_ends, lag_figures
from orchbench.evaluation.figures import NOTHING, figure, given, told_money, told_share, told_usd
from orchbench.evaluation.latency import TIMED_OUT
from orchbench.evaluation.month import SMALL_PRICES, Month, month_of, with_small_prices
from orchbench.evaluation.other_solutions import ALTERNATIVES
from orchbench.evaluation.polling import PollColumns
from orchbench.evaluation.price_keys import RPU_HOUR, price_keys
from orchbench.evaluation.prices import FALLBACK_REGION, price_list
from orchbench.evaluation.tariff import Bill, bill_to_json, each_once, plain, weakest
from orchbench.evaluation.variants import parent_of, told_ratio
from orchbench.evaluation.warehouse import Warehouse
from orchbench.evaluation.workload import Workload
from orchbench.trace import Json, Label
from orchbench.ways.durations import Policy

NO_LATENCY = "what AWS adds to a delay is left out"
OF_AN_EVENT = (
    "Of ways that wait for an event ({ways}), counts are those of one that comes. Mean lag and cost are what "
    "is expected, with {lost} of the events lost; the worst lag is that of a lost one, whose end the slow "
    "poll finds"
)
COSTS = ("cost_when_it_comes", "cost_when_lost")
POLICIES = ("fixed:10s", "adaptive")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("estimate")
    add_workload(parser).add_argument("--benchmark", nargs="?", const="", help=argparse.SUPPRESS)
    add_polls(parser, POLICIES)
    parser.add_argument(
        "--fallback",
        metavar="POLICY",
        help="how ways that wait for an event poll behind it, like --poll (default: fixed:30m)",
    )
    add_lost_events(parser)
    parser.add_argument(
        "--no-poll-budget", action="store_true", help="let polling run into the orchestrator's quota"
    )
    parser.add_argument(
        "--runs-a-month",
        metavar="N",
        help="runs per month; adds what a month costs besides (default: one run)",
    )
    parser.add_argument(
        "--failures", metavar="SHARE", help="share of a month's runs that fail and are restarted: 2%%"
    )
    parser.add_argument(
        "--retries", metavar="SHARE", help="share of a month's calls that are made twice: 0.5%%"
    )
    parser.add_argument("--free-tier", action="store_true", help="subtract the account's monthly free tier")
    add_warehouse(parser)
    parser.add_argument(
        "--alternatives", action="store_true", help="show what else could run it (never run here)"
    )
    add_ways(parser)
    add_deployment(parser)
    add_json(parser)
    add_verbose(parser)
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class _Asked:
    """What the arguments ask for, read once."""

    workload: Workload
    timeout_seconds: int
    terms: Terms
    runs: Decimal
    of_a_month: bool
    free_tier: bool
    redshift: Warehouse | None

    @property
    def month_notes(self) -> list[str]:
        """What must be said of the prices that a month is billed at besides its runs."""
        prices = with_small_prices(self.terms.prices)
        of_a_month = sorted(SMALL_PRICES - {RPU_HOUR})
        return each_once(prices[key].note for key in of_a_month if prices[key].confidence == "assumed")


def run(arguments: argparse.Namespace, alternatives: Sequence[Alternative] = ALTERNATIVES) -> int:
    """Estimate what the arguments say, and print it."""
    if arguments.benchmark is not None:
        raise UsageError("`orchbench estimate --benchmark` is now `python benchmarks/estimate.py`.")
    asked = _asked(arguments)
    policies = policies_of(arguments.poll or POLICIES, budget=not arguments.no_poll_budget)
    ways = candidates(arguments.way)
    if arguments.fallback is not None:
        first, *more = policies_of([arguments.fallback], budget=True, option="--fallback")
        if more:
            raise UsageError(f"--fallback {arguments.fallback!r} is more than one policy: give one.")
        ways = [one.polling(first) for one in ways]
    rows = [estimate_of(candidate, policy, asked) for candidate, policy in kept_policies(ways, policies)]
    keys = price_keys((one.usage for one in ways), asked.terms.architecture)
    document: Json = {
        "schema": "orchbench.estimate/1",
        "workload": _described(asked.workload),
        "timeout_seconds": figure(
            asked.timeout_seconds, "s", Label.ASSUMED, "given, or from the longest query"
        ),
        "memory_mb": given(asked.terms.memory_mb, "MB", USUAL_MEMORY_MB),
        "architecture": asked.terms.architecture,
        "region": asked.terms.prices.region,
        "list_prices": asked.terms.prices.told(keys),
        "free_tier": asked.free_tier,
        "estimates": rows,
        "notes": [
            "What AWS adds to a delay is left out of every estimate. Faults and retries count "
            f"{_faults_told(asked)}.",
            *_of_events([one.name for one in ways if one.is_woken], asked.terms.assumed[LOST]),
            *asked.terms.prices.old(keys, today()),
            *([sentence(asked.redshift.note)] if asked.redshift and asked.redshift.note else []),
            *(map(sentence, asked.month_notes) if asked.of_a_month else ()),
        ],
        "assumptions": {
            name: figure(plain(one.value), one.unit, Label.ASSUMED, one.source)
            for name, one in asked.terms.assumed.named.items()
        },
    }
    if arguments.alternatives:
        queries = asked.workload.durations_seconds
        question = Queries(queries, asked.timeout_seconds, policies[0], asked.terms)
        document["alternatives"] = [
            one.estimated(question, asked.runs, free_tier=asked.free_tier) for one in alternatives
        ]
    if arguments.json:
        print_json(document)
    elif arguments.verbose:
        _print_table(document)
        print_next(Console(), _following(arguments))
    else:
        print_estimate(document, following=_following(arguments), month=asked.of_a_month)
    return 0


def _of_events(woken: Sequence[str], lost: Decimal) -> list[str]:
    return [OF_AN_EVENT.format(ways=", ".join(woken), lost=told_share(float(lost)))] if woken else []


def _following(arguments: argparse.Namespace) -> str:
    """Return the command that decides on the same workload."""
    workload = (
        ["--durations", str(arguments.durations)]
        if arguments.durations
        else ["--duration", arguments.duration]
    )
    column = ["--column", arguments.column] if arguments.column else []
    region = [] if arguments.region == FALLBACK_REGION else ["--region", arguments.region]
    runs = ["--runs-a-month", arguments.runs_a_month or "3000"]
    return shlex.join(["orchbench", "decide", *workload, *column, *runs, "--acceptable-lag", "1m", *region])


def _faults_told(asked: _Asked) -> str:
    if asked.of_a_month:
        return "in 'what goes wrong' of a month and in Redshift's cost, and nowhere else"
    return "in none of its figures"


def _asked(arguments: argparse.Namespace) -> _Asked:
    workload = workload_of(arguments)
    assumed, prices = assumptions_of(arguments), price_list(arguments.region)
    rates = {"failures": "failed_runs_share", "retries": "retried_calls_share"}
    stated = {
        name: share_of(text, f"--{option}")
        for option, name in rates.items()
        if (text := getattr(arguments, option)) is not None
    }
    if stated and arguments.runs_a_month is None:
        raise UsageError("--failures and --retries are of a month's runs: give --runs-a-month with them.")
    warehouse, assumed = warehouse_of(arguments, prices, assumed.with_values(stated))
    return _Asked(
        workload=workload,
        timeout_seconds=timeout_of(arguments, workload),
        terms=Terms(prices, arguments.architecture, arguments.memory, assumed),
        runs=amount_of(arguments.runs_a_month or "1", "--runs-a-month", 1),
        of_a_month=arguments.runs_a_month is not None,
        free_tier=arguments.free_tier,
        redshift=warehouse,
    )


def _described(workload: Workload) -> Json:
    durations = workload.durations_seconds
    return {
        "queries": figure(len(durations), "queries", workload.label, workload.source),
        "median": figure(float(np.median(durations)), "s", workload.label, workload.source),
        "longest": figure(float(durations.max()), "s", workload.label, workload.source),
    }


def estimate_of(candidate: Candidate, policy: Policy, asked: _Asked) -> Json:
    """Return one way's figures with a policy that it keeps: means over the workload."""
    estimated = estimate_way(
        candidate, asked.workload.durations_seconds, policy, asked.terms, asked.timeout_seconds
    )
    found, polled = estimated.followed, estimated.polled
    bill = estimated.bill_of(asked.runs, free_tier=asked.free_tier)
    month = month_of(estimated, asked.runs, free_tier=asked.free_tier) if asked.of_a_month else None

    def of_known(values: Any, unit: str, reduced: Callable[[Any], Any] = np.mean) -> Json:
        known = values[~np.isnan(values.astype(float))]
        return _estimated(float(reduced(known)) if len(known) else None, unit)

    mean = of_known
    died = bool(polled.died.any())
    return {
        "way": candidate.name,
        "poll": policy.shown,
        "poll_budget": policy.budget,
        "outcome": outcome_of(candidate, polled),
        "makespan": mean(polled.seen_at_seconds, "s"),
        "died_share": mean(polled.died, "of the runs"),
        "died_at": of_known(polled.seen_at_seconds[polled.died], "s", np.min),
        "death": death_of(candidate) if died else None,
        "polls": mean(polled.polls, "polls"),
        **{meter.key: mean(found.of(meter), meter.unit) for meter in counted_meters()},
        "invocations": mean(found.invocations, "invocations"),
        "detection_lag": mean(found.watched.lag_seconds, "s"),
        **lag_figures(estimated),
        "timed_out_share": mean(polled.timed_out, "of the runs"),
        "poll_budget_stretches": estimated.followed.stretched,
        "longest_delay": _estimated(float(polled.last_delay_seconds.max()), "s"),
        "event": both_ends(estimated),
        "cost": figure(plain(bill.total_usd), "USD", bill.label, "the sum of the bill's lines"),
        "bill": bill_to_json(bill),
        **_beside(month.bill if month else bill, asked),
        **(_of_a_month(month) if month else {}),
    }


def _estimated(value: float | None, unit: str) -> Json:
    rounded = None if value is None else round(value, 6)
    return figure(rounded, unit, Label.ESTIMATED, f"{CLOSED_FORM}; {NO_LATENCY}")


def _beside(bill: Bill, asked: _Asked) -> Json:
    """Return what Redshift costs beside a bill of runs or of a month, and the bill's share of the whole."""
    if asked.redshift is None:
        return {}
    queries = asked.workload.durations_seconds, asked.timeout_seconds
    usd = (
        asked.redshift.usd_a_month(*queries, asked.runs, asked.terms.assumed)
        if asked.of_a_month
        else asked.redshift.usd(*queries)
    )
    whole = usd + bill.total_usd
    share = float(bill.total_usd / whole) if whole else None
    label = weakest((bill.label, asked.redshift.label))
    return {
        "redshift": figure(plain(round(usd, 9)), "USD", asked.redshift.label, asked.redshift.source),
        "share_of_the_whole": figure(share, "of the whole bill", label, "ratio of the two"),
    }


def _of_a_month(month: Month) -> Json:
    """Return what a month costs, with its parts."""
    parts = {"total": month.bill, **month.parts}
    return {
        "month": {
            name: figure(plain(part.total_usd), "USD", part.label, "the sum of the bill's lines")
            for name, part in parts.items()
        }
    }


def outcome_of(candidate: Candidate, polled: PollColumns) -> str:
    """Return how the runs end, in a rehearsal's words; with their shares where they end differently."""
    shares = {
        "SUCCEEDED": float((~polled.timed_out & ~polled.died).mean()),
        f"FAILED: {TIMED_OUT}": float(polled.timed_out.mean()),
        f"FAILED: {candidate.usage.death}": float(polled.died.mean()),
    }
    ways = {outcome: share for outcome, share in shares.items() if share}
    return next(iter(ways)) if len(ways) == 1 else ", ".join(f"{one} {told_share(ways[one])}" for one in ways)


def death_of(candidate: Candidate) -> str:
    """Return what a quota ends an execution with, in a rehearsal's words."""
    quota = candidate.usage.quota
    if quota is None:
        return ""
    return f"The execution reached the maximum number of {quota.meter.unit} ({quota.limit})."


def _print_table(document: Json) -> None:
    console = Console()
    workload = document["workload"]
    console.print(
        f"{described(workload['queries'], workload['median'], workload['longest'])} Timeout "
        f"{document['timeout_seconds']['value']:,} s, {document['memory_mb']['value']} MB "
        f"{document['architecture']}, list prices of {document['list_prices']}\n",
        highlight=False,
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("way", "poll", "outcome"):
        table.add_column(title, no_wrap=True)
    counts = {
        "polls": "polls",
        **{one.key: one.column for one in counted_meters()},
        "invocations": "invocations",
    }
    beside = any("redshift" in row for row in document["estimates"])
    lags = ("lag, s", "mean, s", "p95, s", "worst, s")
    for title in (*counts.values(), *lags, "USD", *(["of the whole"] if beside else [])):
        table.add_column(title, justify="right", no_wrap=True)
    varied = any(parent_of(row["way"]) for row in document["estimates"])
    if varied:
        table.add_column("USD ratio", no_wrap=True)
    for row in document["estimates"]:
        table.add_row(
            row["way"],
            _polled(row),
            row["outcome"],
            *(f"{row[name]['value']:.10g}" for name in counts),
            *(_lag(row[f"detection_lag{name}"]["value"]) for name in ("", "_mean", "_p95", "_worst")),
            told_usd(Decimal(row["cost"]["value"]), 6),
            *([told_share(row["share_of_the_whole"]["value"] or 0)] if beside else []),
            *([told_ratio(row["way"], _costs(document, row))] if varied else []),
        )
    print_whole(console, table)
    console.print(
        "Lag is that of these very durations; mean, p95 and worst are of ends at any moment between polls. "
        "Counts and lag are estimated, the cost is assumed where its durations and log bytes are.",
        style="dim",
        soft_wrap=True,
    )
    for said in _proportions(document):
        console.print(said, highlight=False, soft_wrap=True)
    for row in document["estimates"]:
        if row["event"]:
            console.print(_told_event(row), highlight=False, soft_wrap=True)
        if row["poll_budget_stretches"]:
            console.print(_stretched(row), highlight=False, soft_wrap=True)
        if row["death"]:
            console.print(_died(row), highlight=False, soft_wrap=True)
    notes = [line["note"] for row in document["estimates"] for line in row["bill"]["lines"] if line["note"]]
    for note in each_once([*document["notes"], *notes]):
        console.print(sentence(note), style="dim", highlight=False, soft_wrap=True)
    print_alternatives(console, document.get("alternatives", ()))


def _told_event(row: Json) -> str:
    """Say what a way that waits for an event does when that comes, and when it is lost."""
    event = row["event"]
    came, lost = (told_usd(Decimal(event[name]["value"]), 6) for name in COSTS)
    late = event["worst_lag_when_lost"]["value"]
    return (
        f"{row['way']}: {_lag(event['lag_when_it_comes']['value'])} s late for ${came} when its event comes; "
        f"up to {late:,.0f} s late for ${lost} when it is lost, with {event['fallback']} behind it. The "
        f"probe {event['probe']} tests the first."
    )


def _lag(seconds: float | None) -> str:
    return NOTHING if seconds is None else f"{seconds:.2f}"


def _proportions(document: Json) -> list[str]:
    """Say what Redshift costs beside it, and what a month costs besides the runs."""
    rows, said = document["estimates"], []
    if rows and "redshift" in rows[0]:
        redshift = rows[0]["redshift"]
        usd = told_money(Decimal(redshift["value"]))
        said.append(
            f"Redshift costs ${usd} for the same queries ({redshift['label']}: {redshift['source']})."
        )
    for row in rows:
        if "month" in row:
            parts = {name: told_money(Decimal(one["value"])) for name, one in row["month"].items()}
            said.append(
                f"A month of {row['way']}, {row['poll']}: ${parts['total']}, of which ${parts['runs']} for "
                f"its runs, ${parts['faults']} for what goes wrong, and ${parts['besides']} for traces, "
                "metrics, alarms and the sweep."
            )
    return said


def _costs(document: Json, row: Json) -> dict[str, Decimal]:
    """Return what each way costs with the policy of a row."""
    return {
        one["way"]: Decimal(one["cost"]["value"])
        for one in document["estimates"]
        if one["poll"] == row["poll"]
    }


def _polled(row: Json) -> str:
    """Return a row's policy, marked where it is not what is asked for."""
    if not row["poll_budget"]:
        return f"{row['poll']}, no budget"
    return f"{row['poll']}, stretched" if row["poll_budget_stretches"] else str(row["poll"])


def _stretched(row: Json) -> str:
    delay = row["longest_delay"]["value"]
    return (
        f"{row['way']}, {row['poll']}: the poll budget stretches it, so that polls up to the timeout fit its "
        f"quota; the longest delay before a last poll is {delay:g} s."
    )


def _died(row: Json) -> str:
    share = (
        ""
        if row["died_share"]["value"] == 1
        else f" {told_share(row['died_share']['value'])} of the runs, the first"
    )
    return f"{row['way']}, {row['poll']}:{share} died at {row['died_at']['value']:,.0f} s. {row['death']}"
