"""Price lists: one JSON file a region, every price with its unit, source, date and confidence."""

import json
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "prices"


@dataclass(frozen=True)
class Price:
    """One price.

    Attributes:
        usd: for one ``unit``.
        confidence: ``seen`` on AWS's page or in its price list, ``quoted`` by others, or ``assumed``.
    """

    usd: Decimal
    unit: str
    source: str
    date: str
    confidence: str
    note: str = ""


@dataclass(frozen=True)
class PriceList:
    """The prices of one region; ``requested_region`` differs where there is no list of its own."""

    region: str
    requested_region: str
    prices: dict[str, Price]

    def __getitem__(self, key: str) -> Price:
        return self.prices[key]


def known_regions() -> list[str]:
    """Return the regions there is a price list for."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def price_list(region: str) -> PriceList:
    """Read a region's prices; a region without a list takes us-east-1's, and the list says so."""
    used = region if region in known_regions() else "us-east-1"
    document: dict[str, Any] = json.loads((FOLDER / f"{used}.json").read_text())
    names = {one.name for one in fields(Price)}
    prices = {
        key: Price(**{name: value[name] for name in names & value.keys()} | {"usd": Decimal(value["usd"])})
        for key, value in document["prices"].items()
    }
    return PriceList(used, region, prices)
