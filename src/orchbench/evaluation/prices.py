"""Price lists: one JSON file a region, every price with its unit, tier, source, date and confidence.

``price_schema.json`` says what a file holds. Adding a region is adding a file; a region without one is
charged at another's prices, each of which then says what it is assumed from.
"""

import json
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "prices"
SCHEMA_FILE = Path(__file__).with_name("price_schema.json")
FALLBACK_REGION = "us-east-1"
_AMOUNT = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?")


class InvalidPrices(ValueError):
    """A price file that cannot be read, in one sentence."""


@dataclass(frozen=True)
class FreeTier:
    """What an account has free each month."""

    quantity: Decimal
    unit: str
    period: str
    note: str = ""


@dataclass(frozen=True)
class Price:
    """One price.

    Attributes:
        usd: for one ``unit``.
        confidence: ``seen`` on AWS's page or in its price list, ``quoted`` by others, or ``assumed``.
        tier: which tier of AWS's price it is.
        assumed_from: the region or the fact that an assumed price is taken from.
    """

    usd: Decimal
    unit: str
    source: str
    date: str
    confidence: str
    note: str = ""
    tier: str = ""
    free_tier: FreeTier | None = None
    assumed_from: str | None = None

    @property
    def told_source(self) -> str:
        """The source with its date, as a report shows it."""
        return f"{self.source}, {self.date}"


@dataclass(frozen=True)
class PriceList:
    """The prices of one region; ``requested_region`` differs where there is no list of its own."""

    region: str
    requested_region: str
    prices: dict[str, Price]

    def __getitem__(self, key: str) -> Price:
        return self.prices[key]

    @property
    def notes(self) -> list[str]:
        """What a report must say of prices that are not known for the region, a sentence each."""
        told = dict.fromkeys(
            price.note for price in self.prices.values() if price.confidence == "assumed" and price.note
        )
        return [f"{note[0].upper()}{note[1:]}." for note in told]


def known_regions(folder: Path = FOLDER) -> list[str]:
    """Return the regions there is a price list for."""
    return sorted(path.stem for path in folder.glob("*.json"))


def price_list(region: str, folder: Path = FOLDER) -> PriceList:
    """Read a region's prices; a region without a list takes us-east-1's, and each price says so.

    Raises:
        InvalidPrices: in one sentence that names the file.
    """
    used = region if region in known_regions(folder) else FALLBACK_REGION
    path = folder / f"{used}.json"
    try:
        prices = prices_from_json(json.loads(path.read_text()))
    except OSError as error:
        raise InvalidPrices(f"{path} cannot be read: {error.strerror}.") from None
    except InvalidPrices as error:
        raise InvalidPrices(f"{path} {error}") from None
    except (ValueError, RecursionError):
        raise InvalidPrices(f"{path} is no JSON: it takes what {SCHEMA_FILE.name} describes.") from None
    if used != region:
        prices = {key: _assumed(price, used, region) for key, price in prices.items()}
    return PriceList(used, region, prices)


def prices_from_json(document: Any) -> dict[str, Price]:
    """Read the prices of a file's document.

    Raises:
        InvalidPrices: the rest of a sentence, behind what the document is.
    """
    listed = document.get("prices") if isinstance(document, dict) else None
    if not isinstance(listed, dict) or not listed:
        raise InvalidPrices("has no 'prices': it takes an object with a price for each name.")
    return {key: _price(key, value) for key, value in listed.items()}


def _price(key: str, value: Any) -> Price:
    try:
        free = value.get("free_tier")
        read = Price(
            **value
            | {
                "usd": _amount(value["usd"]),
                "free_tier": FreeTier(**free | {"quantity": _amount(free["quantity"])}) if free else None,
            }
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InvalidPrices(
            f"has a price {key[:60]!r} that is not as {SCHEMA_FILE.name} describes."
        ) from None
    texts = (
        read.unit,
        read.source,
        read.date,
        read.confidence,
        read.note,
        read.tier,
        read.assumed_from or "",
    )
    if not all(isinstance(text, str) for text in texts):
        raise InvalidPrices(f"has a price {key[:60]!r} with something else than text where text belongs.")
    return read


def _amount(text: Any) -> Decimal:
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _assumed(price: Price, used: str, region: str) -> Price:
    if price.confidence == "assumed":
        return price
    note = f"there is no price list for {region}: that of {used} is taken"
    return replace(price, confidence="assumed", assumed_from=used, note=note)
