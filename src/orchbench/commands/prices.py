"""``orchbench prices``: a region's prices with their sources, and anew from AWS's own list."""

import argparse
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from orchbench.commands.brief import add_verbose, print_brief, print_next, small_table
from orchbench.commands.estimation import add_json, print_json, print_whole, region, today
from orchbench.commands.failure import UsageError
from orchbench.deployment.price_list import AnotherCurrency, Refreshed, pricing_client, refreshed
from orchbench.evaluation.prices import (
    FALLBACK_REGION,
    FOLDER,
    Price,
    check,
    known_regions,
    price_list,
    told_price,
)
from orchbench.evaluation.tariff import plain
from orchbench.trace import Json

FOLLOWING = "orchbench estimate --duration 1207s --runs-a-month 3000"
MAIN = (
    *("state_transition", "durable_operation", "lambda_request", "lambda_gb_second_x86_64"),
    *("logs_ingested", "redshift_rpu_hour"),
)
"""The prices that most of a bill is made of."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("prices")
    parser.add_argument(
        "--region",
        type=region,
        default=FALLBACK_REGION,
        help=f"one of {', '.join(known_regions())} (default: %(default)s)",
    )
    parser.add_argument(
        "--refresh", action="store_true", help="fetch AWS's price list first, with your credentials"
    )
    parser.add_argument("--profile", help="the profile of the AWS credentials")
    add_json(parser)
    add_verbose(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the prices, refreshed first if asked."""
    day = today()
    if arguments.refresh:
        said = refresh(arguments.region, pricing_client(arguments.profile), day)
        Console(stderr=True).print(said, highlight=False, soft_wrap=True)
    prices = price_list(arguments.region)
    document = {
        "schema": "orchbench.prices/1",
        "region": prices.region,
        "currency": "USD",
        "prices": {key: _shown(price, day) for key, price in prices.prices.items()},
        "notes": [*prices.notes, *prices.old(prices.prices, day)],
    }
    if arguments.json:
        print_json(document)
    elif arguments.verbose:
        _print(document)
        print_next(Console(), FOLLOWING)
    else:
        _print_brief(document)
    return 0


def refresh(region: str, client: Any, day: date, folder: Path = FOLDER) -> str:
    """Read a region's prices from AWS's list into its file, and say which were found.

    Args:
        region: that AWS knows; it needs no file yet.
        client: a boto3 client of ``pricing``.
        day: written beside each price that was found.
        folder: of the price files.

    Raises:
        UsageError: AWS's list has nothing of the region, or has it in another currency; nothing is written.
    """
    path = folder / f"{region}.json"
    pattern = json.loads((folder / f"{FALLBACK_REGION}.json").read_text())["prices"]
    try:
        made = refreshed(_document(path, region), pattern, client, today=day)
    except AnotherCurrency as error:
        raise UsageError(str(error)) from None
    if not made.found:
        raise UsageError(
            f"AWS's price list has no price of {region!r}: name a region that AWS has, such as "
            f"{FALLBACK_REGION}."
        )
    check(made.document)
    path.write_text(json.dumps(made.document, indent=2) + "\n")
    return _said(path.name, made)


def _document(path: Path, region: str) -> Json:
    """Return a region's file, or one to begin with: what is not found is then us-east-1's, assumed."""
    if path.exists():
        document: Json = json.loads(path.read_text())
        return document
    return {"region": region, "currency": "USD", "others_assumed_from": FALLBACK_REGION, "prices": {}}


def _said(name: str, made: Refreshed) -> str:
    every = len(made.found) + len(made.unclear) + len(made.unasked)
    said = [f"{name}: {len(made.found)} of {every} prices are AWS's of today."]
    if made.unclear:
        said.append(f"Kept as they were, as AWS's list has no single likely price: {_named(made.unclear)}.")
    if made.unasked:
        said.append(f"Not asked for, as nothing is known of them in AWS's list: {_named(made.unasked)}.")
    return " ".join(said)


def _named(keys: Sequence[str]) -> str:
    return ", ".join(map(told_price, keys))


def _shown(price: Price, day: date) -> Json:
    free = price.free_tier
    return {
        "value": plain(price.usd),
        "unit": f"USD/{price.unit}",
        "label": "assumed" if price.confidence == "assumed" else "quoted",
        "source": price.source,
        "date": price.date,
        "old": price.is_old(day),
        "confidence": price.confidence,
        "assumed_from": price.assumed_from,
        "tier": price.tier,
        "free_tier": f"{plain(free.quantity)} {free.unit} a {free.period}, {free.note}" if free else None,
        "note": price.note,
    }


def _print_brief(document: Json) -> None:
    """Print what most of a bill is made of, and how sure the rest is."""
    prices = document["prices"]
    table = small_table("price", ">USD", "for one", "confidence", "read")
    for key in MAIN:
        if one := prices.get(key):
            unit = one["unit"].partition("/")[2]
            table.add_row(told_price(key), one["value"], unit, one["confidence"], one["date"])
    assumed = sum(one["label"] == "assumed" for one in prices.values())
    old = sum(one["old"] for one in prices.values())
    sure = f"{assumed} assumed, {old} read more than a year ago"
    headline = f"{len(prices)} list prices of {document['region']}: {sure}."
    refresh = "`--refresh` fetches them again from AWS's own price list, with your credentials."
    print_brief(headline, [table], FOLLOWING, [refresh])


def _print(document: Json) -> None:
    console = Console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("price", "USD", "for one", "tier", "confidence", "date", "source"):
        table.add_column(title, no_wrap=True, justify="right" if title == "USD" else "left")
    for key, one in document["prices"].items():
        unit = one["unit"].partition("/")[2]
        table.add_row(key, one["value"], unit, one["tier"], one["confidence"], one["date"], one["source"])
    print_whole(console, table)
    for note in document["notes"]:
        console.print(note, style="dim", highlight=False, soft_wrap=True)
