"""What probes cost: what the services bill, from the price list, and the warehouse's time."""

from collections.abc import Iterable
from decimal import Decimal

from orchbench.evaluation.price_keys import RPU_HOUR
from orchbench.evaluation.prices import PriceList
from orchbench.probes.probe import Probe

ASSUMED_RPU = 8
"""The smallest workgroup has 4."""
WAKING_SECONDS = 120
"""Two periods of activity of the 60 s that are billed at least: what runs first, and describe-keeps-awake."""


def services_usd(probes: Iterable[Probe], prices: PriceList) -> Decimal:
    """Return what the probes' own calls are billed, estimated: list prices, no free tier."""
    return sum(
        (prices[key].usd * Decimal(str(amount)) for probe in probes for key, amount in probe.uses.items()),
        Decimal(0),
    )


def warehouse_usd(probes: Iterable[Probe], prices: PriceList, rpu: int = ASSUMED_RPU) -> Decimal:
    """Return what a Serverless workgroup would be billed for the probes' statements, assumed."""
    return prices[RPU_HOUR].usd * rpu * warehouse_seconds(probes) / 3600


def warehouse_seconds(probes: Iterable[Probe]) -> int:
    """Return how long the probes should keep a warehouse active, its waking included."""
    seconds = sum(probe.warehouse_seconds for probe in probes)
    return seconds + WAKING_SECONDS if seconds else 0
