"""Figures as a report shows them: so many digits, a unit, and where the number comes from."""

from dataclasses import replace
from decimal import Decimal

from orchbench.evaluation.figures import NOTHING, told_money, told_share
from orchbench.report.model import Figure, Text
from orchbench.trace import Json, Label
from orchbench.ways.durations import Policy, shown_duration

RUNS = 1_000
"""Money is shown for so many runs: a single one costs too little to read."""


def seconds(value: float, label: Label | str, source: str, file: str) -> Figure:
    """Return a duration in seconds, with two digits behind the point unless it is long or whole."""
    digits = 0 if value >= 100 or float(value).is_integer() else 2
    return Figure(value, decimals(value, digits), "s", str(label), source, file)


def lag_seconds(value: float, label: Label | str, source: str, file: str) -> Figure:
    """Return a lag that is computed and not measured: no digit stands behind the point that says nothing."""
    found = seconds(value, label, source, file)
    return replace(found, shown=found.shown.rstrip("0").rstrip(".") if "." in found.shown else found.shown)


def with_unit(lag: Figure) -> Text:
    """Return seconds with their unit, in minutes where they are a few whole ones."""
    minutes = float(lag.value or 0) / 60
    if minutes < 2 or not minutes.is_integer():
        return (lag, " s")
    return (replace(lag, value=minutes, shown=decimals(minutes, 0), unit="min"), " min")


def count(value: float, unit: str, label: Label | str, source: str, file: str) -> Figure:
    """Return a number of things."""
    digits = 0 if float(value).is_integer() else 1
    return Figure(value, decimals(value, digits), unit, str(label), source, file)


def share(value: float, label: Label | str, source: str, file: str) -> Figure:
    """Return a share, shown in per cent, never rounded to none or to all."""
    return Figure(value, told_share(value), "", str(label), source, file)


def usd_of_runs(one_run_usd: Decimal, label: Label | str, source: str, file: str) -> Figure:
    """Return what a thousand runs cost."""
    return usd(one_run_usd * RUNS, f"per {RUNS:,} runs", label, source, file)


def usd(amount_usd: Decimal, per: str, label: Label | str, source: str, file: str) -> Figure:
    """Return an amount, ``per`` saying what it is for: a month, so many runs."""
    return Figure(amount_usd, f"${told_money(amount_usd)}", f"USD {per}", str(label), source, file)


def hours(seconds_long: float, label: Label | str, source: str, file: str) -> Figure:
    """Return a long duration in hours."""
    value = seconds_long / 3_600
    return Figure(value, decimals(value, 0 if value.is_integer() else 1), "h", str(label), source, file)


def money(amount_usd: Decimal) -> str:
    """Write an amount with four digits that count, and never an exponent."""
    if amount_usd == 0:
        return "0"
    digits = max(2, 3 - amount_usd.adjusted())
    return f"{amount_usd:,.{min(digits, 8)}f}"


def decimals(value: float, digits: int) -> str:
    """Write a number with thousands apart."""
    return f"{value:,.{digits}f}"


def times(value: float, label: Label | str, source: str, file: str) -> Figure:
    """Return how many times as much something is."""
    digits = 2 if value < 1 else 1 if value < 100 else 0
    return Figure(value, decimals(value, digits), "times", str(label), source, file)


def spread(document: Json | None, digits: int, file: str) -> Text:
    """Return the median of several runs, and the smallest and the largest where they differ."""
    if not document:
        return (NOTHING,)

    def one(key: str) -> Figure:
        return Figure(
            document[key],
            f"{document[key]:,.{digits}f}",
            document["unit"],
            document["label"],
            f"{key} of {document['count']} runs; {document['source']}",
            file,
        )

    middle, low, high = one("median"), one("minimum"), one("maximum")
    return (middle,) if low.shown == high.shown else (middle, " (", low, " to ", high, ")")


def told_duration(seconds_long: float) -> str:
    """Write a duration for people: 20 s, 15 min, 4 h."""
    text = shown_duration(seconds_long)
    return f"{text}in" if text.endswith(" m") else text


def told_poll(policy: Policy) -> str:
    """Write a policy in a few words: every 10 s, adaptively."""
    return f"every {told_duration(policy.minimum_seconds)}" if policy.is_fixed else "adaptively"
