"""Arguments that the estimating commands share, and what they make of them."""

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orchbench.commands.failure import UsageError
from orchbench.commands.options import ways_of, whole_number
from orchbench.evaluation.assumptions import Assumptions, UnknownAssumption, stated
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.estimate import LOST
from orchbench.evaluation.figures import GIVEN
from orchbench.evaluation.month import with_small_prices
from orchbench.evaluation.price_keys import RPU_HOUR
from orchbench.evaluation.prices import FALLBACK_REGION, InvalidPrices, PriceList, price_list, price_list_in
from orchbench.evaluation.warehouse import RPUS, Warehouse
from orchbench.evaluation.workload import (
    LONGEST_SECONDS,
    InvalidWorkload,
    Workload,
    from_distribution,
    from_file,
)
from orchbench.trace import Json
from orchbench.ways.durations import InvalidDuration, parse_duration

MOST = 1_000_000_000


def add_workload(
    parser: "argparse._ActionsContainer", *, required: bool = True
) -> "argparse._MutuallyExclusiveGroup":
    """Add what says how long the queries take, and return the group of its arguments."""
    group = parser.add_mutually_exclusive_group(required=required)
    group.add_argument(
        "--durations", type=Path, metavar="FILE", help="past durations: one per line, CSV or a JSON list"
    )
    parser.add_argument("--column", metavar="NAME", help="column of --durations, if it has several")
    group.add_argument(
        "--duration",
        metavar="TEXT",
        help="how long a query takes: 20m, lognormal:median=20m,p95=2h or uniform:1m,2h",
    )
    return group


def region(text: str) -> str:
    """Read a region's name, an argument type."""
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-[0-9]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a region: it takes a name such as us-east-1")
    return text


def today() -> date:
    """Return the day, by which prices are old or not."""
    return datetime.now(UTC).date()


def add_deployment(parser: argparse.ArgumentParser) -> None:
    """Add what the cost depends on besides the polling."""
    parser.add_argument(
        "--region",
        type=region,
        default=FALLBACK_REGION,
        help=f"region of the prices and quotas (default: {FALLBACK_REGION})",
    )
    parser.add_argument(
        "--memory",
        type=whole_number(128, 10_240),
        default=128,
        metavar="MB",
        help="memory of the functions (default: 128)",
    )
    parser.add_argument("--architecture", choices=["x86_64", "arm64"], default="x86_64")
    parser.add_argument(
        "--timeout",
        metavar="DURATION",
        help="the batch's timeout (default: a tenth more than the longest query, 1h at least, 24h at most)",
    )
    add_assume(parser)


def add_assume(parser: "argparse._ActionsContainer") -> None:
    """Add values in the place of assumptions."""
    parser.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value for one of the assumptions; may be given several times",
    )


def add_lost_events(parser: "argparse._ActionsContainer") -> None:
    """Add how often the event of a statement's end never comes."""
    parser.add_argument(
        "--lost-events",
        metavar="SHARE",
        help="share of statement events that never arrive (default: 0.1%%, assumed without a source)",
    )


def lost_events(text: str) -> Decimal:
    """Return the share of the events that never come."""
    return share_of(text, "--lost-events")


def add_warehouse(parser: argparse.ArgumentParser) -> None:
    """Add what Redshift itself costs."""
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--redshift-rpus",
        metavar="N",
        help="size of the Redshift Serverless workgroup (default: 8, assumed)",
    )
    size.add_argument(
        "--redshift-hour-usd", metavar="USD", help="or the price of an hour of a provisioned cluster"
    )
    size.add_argument("--no-redshift", action="store_true", help="leave out Redshift's own cost")
    parser.add_argument(
        "--redshift-rpu-hour-usd", metavar="USD", help="price of an RPU-hour (default: the region's)"
    )


def warehouse_of(
    arguments: argparse.Namespace, prices: PriceList, assumed: Assumptions
) -> tuple[Warehouse | None, Assumptions]:
    """Return what the queries run on, None where it is left out; and the assumptions with its size."""
    price_given = arguments.redshift_rpu_hour_usd
    if arguments.no_redshift or arguments.redshift_hour_usd is not None:
        if price_given is not None:
            raise UsageError("--redshift-rpu-hour-usd is the price of Redshift Serverless: leave it out.")
        if arguments.no_redshift:
            return None, assumed
        return Warehouse.cluster(amount_of(arguments.redshift_hour_usd, "--redshift-hour-usd")), assumed
    if arguments.redshift_rpus is not None:
        assumed = assumed.with_values({RPUS: amount_of(arguments.redshift_rpus, "--redshift-rpus")})
    price = with_rpu_hour(prices, price_given)[RPU_HOUR]
    return Warehouse.serverless(assumed.named[RPUS], price), assumed


def with_rpu_hour(prices: PriceList, given_usd: str | None) -> PriceList:
    """Return prices with that of an RPU-hour as the caller states it; None leaves them as they are."""
    prices = with_small_prices(prices)
    if given_usd is None:
        return prices
    stated = replace(
        prices[RPU_HOUR],
        usd=amount_of(given_usd, "--redshift-rpu-hour-usd"),
        source=GIVEN,
        date="",
        confidence="given",
        assumed_from=None,
    )
    return replace(prices, prices=prices.prices | {RPU_HOUR: stated})


def add_prices(parser: argparse.ArgumentParser) -> None:
    """Add which prices count."""
    parser.add_argument(
        "--prices", type=Path, metavar="FILE", help="a price file instead of the region's own"
    )


def prices_of(arguments: argparse.Namespace, region: str) -> PriceList:
    """Return a region's prices, or those of the file that the arguments name.

    Raises:
        InvalidPrices: there are none of the region, or the file is not as the schema describes.
    """
    if arguments.prices is None:
        return price_list(region)
    named = f"--prices {str(arguments.prices)!r}"
    prices = price_list_in(arguments.prices, region, named=named)
    try:
        prices.hold_to(today())
    except InvalidPrices as error:
        raise InvalidPrices(f"{named} is not a price file: {error}") from None
    return prices


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the choice of the output."""
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def workload_of(arguments: argparse.Namespace) -> Workload:
    """Return the workload that the arguments name."""
    try:
        # Not every command that takes durations takes a column of them.
        column = getattr(arguments, "column", None)
        if arguments.durations:
            return from_file(arguments.durations, column)
        if column is not None:
            raise UsageError("--column names a column of a file: give --durations with it.")
        return from_distribution(arguments.duration)
    except InvalidWorkload as error:
        raise UsageError(str(error)) from None


def assumptions_of(arguments: argparse.Namespace) -> Assumptions:
    """Return the assumptions, with what the arguments state."""
    try:
        found = stated(arguments.assume)
    except UnknownAssumption as error:
        raise UsageError(str(error)) from None
    lost = getattr(arguments, "lost_events", None)
    return found if lost is None else found.with_values({LOST: lost_events(lost)})


def timeout_of(arguments: argparse.Namespace, workload: Workload) -> int:
    """Return the batch's own timeout in whole seconds."""
    if arguments.timeout is None:
        return int(min(LONGEST_SECONDS, max(3_600, -(-workload.durations_seconds.max() * 11 // 10))))
    return timeout_seconds(arguments.timeout)


def timeout_seconds(text: str) -> int:
    """Return a batch's timeout as a batch takes it: whole seconds, 24 h at most."""
    seconds = duration_of(text)
    if seconds != int(seconds) or not 1 <= seconds <= LONGEST_SECONDS:
        raise UsageError(f"--timeout {text!r} is not from 1 second to 24h in whole seconds.")
    return int(seconds)


def duration_of(text: str) -> float:
    """Return the seconds of an argument."""
    try:
        return parse_duration(text)
    except InvalidDuration as error:
        raise UsageError(str(error)) from None


def amount_of(text: str, name: str, least: int = 0) -> Decimal:
    """Return a number from ``least`` to a billion."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(least - 1)
    if not amount.is_finite() or not least <= amount <= MOST:
        raise UsageError(f"{name} {text!r} is not a number from {least} to {MOST:,}.")
    return amount


def share_of(text: str, name: str) -> Decimal:
    """Return a share that is written in percent, or as a number up to 1."""
    percent = text.strip().endswith("%")
    amount = amount_of(text.strip().removesuffix("%"), name)
    share = amount / 100 if percent else amount
    if share > 1:
        raise UsageError(f"{name} {text!r} is more than all: give 0 to 100%.")
    return share


def candidates(names: Sequence[str] | None) -> list[Candidate]:
    """Return the ways that estimates can be made of, or those that are named."""
    return [Candidate.of(way) for way in ways_of(names)]


def considered(names: Sequence[str] | None) -> list[Candidate]:
    """Return the ways to decide among: those that are named, or all but those that are off by default."""
    return [Candidate.of(way) for way in ways_of(names) if names or not way.switch]


def described(queries: Json, median: Json, longest: Json) -> str:
    """Say what a workload is: how many durations, and how long they are."""
    shown = [
        f"{one['value']:,.6g}" if one["value"] < 1e6 else f"{one['value']:,.0f}" for one in (median, longest)
    ]
    return f"{queries['source']}: median {shown[0]} s, longest {shown[1]} s."


def print_whole(console: Console, table: Table) -> None:
    """Print a table without cutting a column off, however narrow the terminal is."""
    width = max(console.width, Console(width=1000).measure(table).maximum)
    Console(file=console.file, width=width).print(table)


def print_json(document: Json) -> None:
    """Print a command's answer as one JSON document; NaN and infinity are none."""
    print(json.dumps(document, indent=2, allow_nan=False))  # noqa: T201 - the command's answer


def sentence(note: str) -> str:
    """Write a note as a sentence."""
    return f"{note[0].upper()}{note[1:].rstrip('.')}."
