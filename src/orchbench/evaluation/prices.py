"""Price lists: one JSON file a region, every price with its unit, tier, source, date and confidence.

``price_schema.json`` says what a file holds, and every file is held to it. A file may list some prices only
and say that the others are those of us-east-1: each of them is then assumed, and says so.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from orchbench.evaluation.figures import told_names
from orchbench.trace import Json

FOLDER = Path(__file__).parent / "prices"
SCHEMA_FILE = Path(__file__).with_name("price_schema.json")
FALLBACK_REGION = "us-east-1"
DURABLE = "durable_"
"""What the keys of durable prices begin with."""
ARCHITECTURES = ("x86_64", "arm64")


class InvalidPrices(ValueError):
    """A price file that cannot be read, or a region without one, in one sentence."""


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
        date: when it was read: a year, a month or a day.
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

    @cached_property
    def told_source(self) -> str:
        """The source with its date, as a report shows it."""
        return ", ".join(filter(None, (self.source, self.date)))

    def is_old(self, today: dt.date) -> bool:
        """Tell whether it was read more than a year before a day."""
        latest = self.date + "-12-31"[len(self.date) - 4 :]
        return latest < f"{today.year - 1}{today:-%m-%d}"

    def is_of_the_future(self, today: dt.date) -> bool:
        """Tell whether it claims to be read after a day."""
        return self.date > today.isoformat()[: len(self.date)]


@dataclass(frozen=True)
class PriceList:
    """The prices of one region."""

    region: str
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

    def told(self, keys: Iterable[str]) -> str:
        """Name the region for a headline, and which of these prices are another region's."""
        asked = list(dict.fromkeys(keys))
        assumed = [key for key in asked if self[key].assumed_from == FALLBACK_REGION]
        if not assumed:
            return self.region
        known = [key for key in asked if key not in assumed]
        if len(known) < len(assumed):
            what = f"all but {told_names(map(told_price, known))}" if known else "all"
        else:
            durable = [key for key in assumed if key.startswith(DURABLE)]
            if durable and not any(key.startswith(DURABLE) for key in known):
                assumed = ["durable prices", *(key for key in assumed if key not in durable)]
            what = told_names(map(told_price, assumed))
        return f"{self.region} ({what} assumed from {FALLBACK_REGION})"

    def hold_to(self, today: dt.date) -> None:
        """Refuse prices that nobody can have read yet.

        Raises:
            InvalidPrices: in one sentence without its subject.
        """
        for key, price in self.prices.items():
            if price.is_of_the_future(today):
                raise InvalidPrices(f"its price of {told_price(key)} is dated {price.date}, after today.")

    def old(self, keys: Iterable[str], today: dt.date) -> list[str]:
        """Say which of these prices are more than a year old, in a sentence; nothing where none is."""
        found = [key for key in dict.fromkeys(keys) if self[key].is_old(today)]
        if not found:
            return []
        told = told_names(f"{told_price(key)} ({self[key].date})" for key in found)
        return [f"Read more than a year ago, and so perhaps out of date: the price of {told}."]


def told_price(key: str) -> str:
    """Write a price's name for people."""
    for architecture in ARCHITECTURES:
        if key.endswith(f"_{architecture}"):
            name = key.removesuffix(f"_{architecture}").replace("_", " ")
            return f"{name.replace('lambda gb second', 'Lambda GB-second')} on {architecture}"
    return key.replace("lambda_", "Lambda ").replace("redshift_rpu", "Redshift RPU").replace("_", " ")


def known_regions(folder: Path = FOLDER) -> list[str]:
    """Return the regions there is a price list for."""
    return sorted(path.stem for path in folder.glob("*.json"))


def price_list(region: str, folder: Path = FOLDER) -> PriceList:
    """Read a region's prices; what its list leaves out is us-east-1's, and says so.

    Raises:
        InvalidPrices: in one sentence: there is no list of the region, or it cannot be read.
    """
    regions = known_regions(folder)
    if region not in regions:
        raise InvalidPrices(
            f"No prices are known of the region {region[:60]!r}: name one of {', '.join(regions)}, or read "
            "them from AWS with `orchbench prices --refresh --region NAME`."
        )
    return price_list_in(folder / f"{region}.json", region, folder=folder)


def price_list_in(path: Path, region: str, *, named: str = "", folder: Path = FOLDER) -> PriceList:
    """Read the prices of a region from a file.

    Args:
        path: of the file.
        region: that it must be of.
        named: what the file is called in a sentence; its path by default.
        folder: of the project's own lists, for what this one leaves out.

    Raises:
        InvalidPrices: in one sentence that names the file.
    """
    named = named or str(path)
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise InvalidPrices(f"{named} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise InvalidPrices(f"{named} is not a price file: it is not valid JSON.") from None
    try:
        prices = prices_from_json(document)
    except InvalidPrices as error:
        raise InvalidPrices(f"{named} is not a price file: {error}") from None
    if document["region"] != region:
        raise InvalidPrices(
            f"{named} holds the prices of {document['region']}, where those of {region} belong."
        )
    if "others_assumed_from" in document:
        others = price_list(document["others_assumed_from"], folder)
        note = f"prices that are not known of {region} are assumed to be those of {others.region}"
        taken = {
            key: price if price.confidence == "assumed" else _assumed(others, key, note)
            for key, price in others.prices.items()
        }
        prices = {key: prices.get(key, price) for key, price in taken.items()}
    return PriceList(region, prices)


def completed(prices: PriceList, keys: Collection[str]) -> PriceList:
    """Return a price list that has all of these prices: what it lacks is us-east-1's, and says so."""
    lacking = sorted(set(keys) - prices.prices.keys())
    if not lacking:
        return prices
    known = price_list(FALLBACK_REGION)
    note = f"not known for {prices.region}: that of {known.region} is taken"
    return replace(prices, prices=prices.prices | {key: _assumed(known, key, note) for key in lacking})


def prices_from_json(document: Any) -> dict[str, Price]:
    """Read the prices that a file's document lists.

    Raises:
        InvalidPrices: the document is not as the schema describes; the rest of a sentence.
    """
    check(document)
    return {key: _price(value) for key, value in document["prices"].items()}


def check(document: Any) -> None:
    """Hold a price file's document to the schema.

    Raises:
        InvalidPrices: the rest of a sentence.
    """
    # It takes a moment to import, which a command without prices should not wait for.
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    error = best_match(_validator().iter_errors(document))
    if error is not None:
        raise InvalidPrices(_told(error))


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))


def _told(error: Any) -> str:
    """Say in words what of a document is not as the schema describes."""
    where = "its " + ".".join(str(part)[:60] for part in error.absolute_path) if error.absolute_path else "it"
    found = f"{where} is {repr(error.instance)[:60]}"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{where} has no {missing!r}."
    if error.validator == "additionalProperties":
        unknown = next(name for name in error.instance if name not in error.schema["properties"])
        return f"{where} has {str(unknown)[:60]!r}, which is not known."
    if error.validator == "const":
        return f"{found}, where {error.validator_value!r} belongs."
    if error.validator == "enum":
        return f"{found}, where one of {', '.join(error.validator_value)} belongs."
    return f"{found}, which is not as {SCHEMA_FILE.name} describes."


def _price(value: Json) -> Price:
    free = value["free_tier"]
    taken = FreeTier(**free | {"quantity": Decimal(free["quantity"])}) if free else None
    return Price(**value | {"usd": Decimal(value["usd"]), "free_tier": taken})


def _assumed(others: PriceList, key: str, note: str) -> Price:
    """Return another region's price as what is assumed here."""
    return replace(others[key], confidence="assumed", assumed_from=others.region, note=note)
