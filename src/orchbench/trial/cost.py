"""What the warehouse of a trial should cost: closed forms over prices that nobody here has paid.

Where a region's price list has no price of its own of an RPU-hour, that of the region which its other prices
are taken from is taken, as everywhere. What a trial really takes depends on the queries.
"""

from dataclasses import dataclass
from decimal import Decimal

from orchbench.evaluation.month import with_small_prices
from orchbench.evaluation.price_keys import RPU_HOUR
from orchbench.evaluation.prices import price_list
from orchbench.evaluation.warehouse import LEAST_SECONDS

SECONDS_BESIDE_A_RUN = 60
"""Taken for looking at the mart before and after a run."""
SECONDS_TO_PREPARE = 300
"""Taken for tables, rows, grants and the look at all of it."""
SECONDS_A_STACK = 300
"""Taken for deploying a stack, and for deleting it."""
SECRET_USD_A_MONTH = Decimal("0.40")
"""Of Secrets Manager, for the admin's password; from general knowledge of its price page."""


@dataclass(frozen=True)
class WarehouseCost:
    """What a warehouse should cost.

    Attributes:
        rpu_hour_usd: the price.
        assumed_from: the region whose price it is; None where it is this region's own.
        expected_seconds: of activity.
        expected_usd: for them.
        most_usd_a_day: what the usage limit allows.
    """

    rpu_hour_usd: Decimal
    assumed_from: str | None
    expected_seconds: int
    expected_usd: Decimal
    most_usd_a_day: Decimal


def comparison_seconds(runs: int, query_seconds: int) -> int:
    """Return how long the tables, the checks and the runs should keep a warehouse active.

    Args:
        runs: of all ways together.
        query_seconds: what a run's query is taken to need.
    """
    a_run = max(query_seconds, LEAST_SECONDS) + SECONDS_BESIDE_A_RUN
    return SECONDS_TO_PREPARE + runs * a_run


def warehouse_cost(region: str, rpu: int, seconds: int, rpu_hours_a_day: int) -> WarehouseCost:
    """Return what a trial should cost.

    Args:
        region: whose price counts.
        rpu: the capacity.
        seconds: of activity.
        rpu_hours_a_day: the usage limit.
    """
    hour = with_small_prices(price_list(region))[RPU_HOUR]
    return WarehouseCost(
        hour.usd, hour.assumed_from, seconds, hour.usd * rpu * seconds / 3600, hour.usd * rpu_hours_a_day
    )
