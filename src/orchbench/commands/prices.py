"""``orchbench prices``: a region's prices with their sources, and anew from AWS's own list."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orchbench.commands.estimation import add_json, print_whole, region
from orchbench.commands.failure import CommandFailed
from orchbench.deployment.price_list import pricing_client, refreshed
from orchbench.evaluation.prices import FALLBACK_REGION, FOLDER, Price, known_regions, price_list
from orchbench.evaluation.tariff import plain
from orchbench.trace import Json


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("prices")
    parser.add_argument(
        "--region",
        type=region,
        default=FALLBACK_REGION,
        help=f"there are {', '.join(known_regions())} (default: %(default)s)",
    )
    parser.add_argument(
        "--refresh", action="store_true", help="read AWS's price list first, with your credentials"
    )
    parser.add_argument("--profile", help="the profile of the AWS credentials")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the prices, refreshed first if asked."""
    if arguments.refresh:
        _refresh(arguments.region, arguments.profile)
    prices = price_list(arguments.region)
    document = {
        "schema": "orchbench.prices/1",
        "region": prices.region,
        "requested_region": prices.requested_region,
        "currency": "USD",
        "prices": {key: _shown(price) for key, price in prices.prices.items()},
        "notes": prices.notes,
    }
    if arguments.json:
        print(json.dumps(document, indent=2, allow_nan=False))  # noqa: T201 - the command's answer
    else:
        _print(document)
    return 0


def _refresh(region: str, profile: str | None) -> None:
    path = FOLDER / f"{region}.json"
    start = path if path.exists() else FOLDER / f"{FALLBACK_REGION}.json"
    document = _for_region(json.loads(start.read_text()), region)
    changed, missing = refreshed(document, pricing_client(profile), today=datetime.now(UTC).date())
    if len(missing) == len(changed["prices"]):
        raise CommandFailed(f"AWS's price list answers for nothing in {region!r}: is it a region?")
    _write(path, changed)
    told = f"; kept as they were, without one clear answer: {', '.join(missing)}" if missing else ""
    Console(stderr=True).print(f"{path.name} is refreshed{told}", highlight=False, soft_wrap=True)


def _for_region(document: Json, region: str) -> Json:
    """Return a file's document to begin with; another region's prices are assumptions there."""
    if document["region"] == region:
        return document
    used = document["region"]
    note = f"there is no price of {region}: that of {used} is taken"
    prices = {
        key: one | {"confidence": "assumed", "assumed_from": used, "note": note}
        for key, one in document["prices"].items()
    }
    return document | {"region": region, "prices": prices}


def _write(path: Path, document: Json) -> None:
    path.write_text(json.dumps(document, indent=2) + "\n")


def _shown(price: Price) -> Json:
    free = price.free_tier
    return {
        "value": plain(price.usd),
        "unit": f"USD/{price.unit}",
        "label": "assumed" if price.confidence == "assumed" else "quoted",
        "source": price.source,
        "date": price.date,
        "confidence": price.confidence,
        "assumed_from": price.assumed_from,
        "tier": price.tier,
        "free_tier": f"{plain(free.quantity)} {free.unit} a {free.period}, {free.note}" if free else None,
        "note": price.note,
    }


def _print(document: Json) -> None:
    console = Console()
    if document["region"] != document["requested_region"]:
        console.print(
            f"There is no price list for {document['requested_region']}: {document['region']} is taken.",
            highlight=False,
        )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("price", "USD", "for one", "tier", "confidence", "date", "source"):
        table.add_column(title, no_wrap=True, justify="right" if title == "USD" else "left")
    for key, one in document["prices"].items():
        unit = one["unit"].partition("/")[2]
        table.add_row(key, one["value"], unit, one["tier"], one["confidence"], one["date"], one["source"])
    print_whole(console, table)
    for note in document["notes"]:
        console.print(note, style="dim", highlight=False, soft_wrap=True)
