"""From quantities to money: what was used, at a region's prices, as line items. Decimal throughout.

List prices; a free tier only where it is asked for. Where the quantities come from (a trace, an estimate)
is not known here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from orchbench.evaluation.prices import Price, PriceList
from orchbench.trace import Json, Label

BYTES_A_GB = Decimal(10**9)
"""Decimal gigabytes, as AWS's own worked bill of durable functions counts them; of logs it is assumed."""
DAYS_A_MONTH = Decimal(30)
SECONDS_A_DAY = Decimal(86_400)
STRENGTH = (Label.MEASURED, Label.REHEARSED, Label.ESTIMATED, Label.ASSUMED, Label.MISSING)
"""From what is known best to what is not known."""


@dataclass(frozen=True)
class Quantity:
    """So much of something that is billed.

    Attributes:
        price_key: of the price list.
        label: how the quantity came to be.
        source: where it comes from.
    """

    what: str
    price_key: str
    amount: Decimal
    label: Label
    source: str
    note: str = ""


@dataclass(frozen=True)
class BillLine:
    """One dimension of the bill.

    Attributes:
        quantity: that is charged for, the free one taken off.
        label: how the amount came to be: estimated at best, for no bill of AWS was read; ``assumed`` where
            the quantity or the price is.
        price_source: where the price comes from, with its date.
        source: where the quantity comes from.
        quantity_label: how the quantity came to be.
        free_quantity: what the free tier takes off.
    """

    what: str
    quantity: Decimal
    unit: str
    price_usd: Decimal
    amount_usd: Decimal
    free_quantity: Decimal
    label: Label
    quantity_label: Label
    source: str
    price_source: str
    note: str


class Charge(NamedTuple):
    """A quantity at its price: so much is charged for, so much is free."""

    quantity: Quantity
    price: Price
    charged: Decimal
    free: Decimal


@dataclass(frozen=True)
class Bill:
    """What an execution, or a month of them, costs.

    A decision compares thousands of totals and shows few bills: lines are written where somebody reads them.
    """

    charges: tuple[Charge, ...]

    @cached_property
    def lines(self) -> tuple[BillLine, ...]:
        """Its lines."""
        return tuple(_line(*charge) for charge in self.charges)

    @property
    def total_usd(self) -> Decimal:
        """The sum of the lines."""
        return sum((one.charged * one.price.usd for one in self.charges), Decimal(0))

    @property
    def label(self) -> Label:
        """The weakest label of a line: a sum is known no better than its parts."""
        return weakest(_label(one.quantity, one.price) for one in self.charges)

    @property
    def notes(self) -> list[str]:
        """The lines' notes, each once."""
        return each_once(line.note for line in self.lines if line.note)


def each_once(notes: Iterable[str]) -> list[str]:
    """Return notes without repeating one that is part of another."""
    whole = list(dict.fromkeys(notes))
    told: dict[str, None] = {}
    for note in whole:
        parts = note.split("; ")
        told |= dict.fromkeys(parts if set(parts) & set(whole) else [note])
    return list(told)


def weakest(labels: Iterable[Label]) -> Label:
    """Return the label of what is known least."""
    return max(labels, key=STRENGTH.index, default=Label.MISSING)


def priced(
    quantities: Iterable[Quantity],
    prices: PriceList,
    *,
    runs: Decimal = Decimal(1),
    free: dict[str, Decimal] | None = None,
) -> Bill:
    """Return the bill for so many times these quantities.

    Args:
        quantities: of one execution.
        prices: of the region.
        runs: how often it is run.
        free: what is free by unit, ``runs`` being a month's then; what is used of it is taken off.
    """
    left, charges = {} if free is None else free, []
    for one in quantities:
        price = prices[one.price_key]
        used = one.amount * runs
        taken = min(used, left.get(price.unit, Decimal(0))) if price.free_tier else Decimal(0)
        if taken:
            left[price.unit] -= taken
        charges.append(Charge(one, price, used - taken, taken))
    return Bill(tuple(charges))


def free_quantities(prices: PriceList, *, free_tier: bool) -> dict[str, Decimal]:
    """Return what an account has free each month, by unit; nothing where that is not asked for.

    The free GB-seconds are of both architectures together.
    """
    tiers = (price.free_tier for price in prices.prices.values()) if free_tier else ()
    return {tier.unit: tier.quantity for tier in tiers if tier}


def _label(one: Quantity, price: Price) -> Label:
    priced_at = Label.ASSUMED if price.confidence == "assumed" else Label.ESTIMATED
    return weakest((one.label, priced_at))


def _line(one: Quantity, price: Price, charged: Decimal, free: Decimal) -> BillLine:
    note = one.note
    if price.confidence == "assumed":
        note = "; ".join(part for part in (note, price.note) if part)
    return BillLine(
        what=one.what,
        quantity=charged,
        unit=price.unit,
        amount_usd=charged * price.usd,
        label=_label(one, price),
        quantity_label=one.label,
        price_source=price.told_source,
        note=note,
        source=one.source,
        price_usd=price.usd,
        free_quantity=free,
    )


def bill_to_json(bill: Bill) -> Json:
    """Return a bill as JSON values; money and quantities are text, so that no digit is lost."""
    return {
        "total_usd": plain(bill.total_usd),
        "label": bill.label.value,
        "source": "the sum of the lines",
        "lines": [{name: _written(value) for name, value in vars(line).items()} for line in bill.lines],
    }


def _written(value: Decimal | str) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)


def plain(number: Decimal) -> str:
    """Write a decimal number without an exponent and without zeros behind it."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
