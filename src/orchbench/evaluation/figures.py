"""A figure as a report writes it: its value with its unit, its label and its source; and how it is told."""

import math
from collections.abc import Iterable
from decimal import Decimal

from orchbench.trace import Json, Label

GIVEN = "given by the caller"
NOTHING = "–"  # noqa: RUF001 - a dash for a figure that there is not


def figure(value: object, unit: str, label: Label, source: str) -> Json:
    """Return one figure as JSON values; one without a value is missing. Money is text, to lose no digit."""
    known = Label.MISSING if value is None else label
    return {"value": value, "unit": unit, "label": known.value, "source": source}


def given(value: object, unit: str, usual: object = None) -> Json:
    """Return one figure that whoever asks has stated; one that is the default is told as that."""
    source = GIVEN if usual is None or value != usual else "the default, or given by the caller as the same"
    return figure(value, unit, Label.ASSUMED, source)


def told_usd(amount: Decimal, places: int = 4) -> str:
    """Write an amount with so many decimals, and with more where they would leave less than three digits."""
    if not amount:
        return "0"
    return f"{amount:.{max(places, 2 - amount.adjusted()) if amount.adjusted() < -1 else places}f}"


def told_names(names: Iterable[str]) -> str:
    """Write names, of which there is one at least, as a sentence has them."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def told_money(amount: Decimal) -> str:
    """Write an amount rounded to what matters: dollars, cents below a thousand, two digits below a cent."""
    if not amount or abs(amount) >= 1000:
        return f"{amount:,.0f}"
    return f"{amount:.{2 if abs(amount) >= Decimal('0.01') else 1 - amount.adjusted()}f}"


def told_excess(factor: float) -> str:
    """Write a factor above 1 rounded up, with as many digits as tell it from 1."""
    if factor >= 100:
        return f"{math.ceil(factor):,}"
    digits = 2 if factor >= 1.01 else min(9, math.ceil(-math.log10(max(factor - 1, 1e-9))))
    rounded = math.ceil(round(factor * 10**digits, 6)) / 10**digits
    return f"{rounded:.{digits}f}".rstrip("0").rstrip(".")


def told_share(share: float) -> str:
    """Write a share in percent that is never rounded to none or to all; of more than all without decimals."""
    if share >= 1.0005:
        return f"{share:,.0%}" if share >= 1.01 else f"{share:.1%}"
    if share in {0, 1} or 0.0005 <= share <= 0.9995:
        return f"{share:.1%}"
    return "under 0.1%" if share < 0.5 else "over 99.9%"
