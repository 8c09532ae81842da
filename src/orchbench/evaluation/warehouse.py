"""What Redshift itself costs while queries run: orchestration is seen beside what it orchestrates."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from orchbench.evaluation.assumptions import STATED, Assumption, Assumptions
from orchbench.evaluation.polling import Floats
from orchbench.evaluation.prices import Price
from orchbench.evaluation.tariff import plain
from orchbench.trace import Label

RPUS = "redshift_rpus"
"""The assumption that says how large a Redshift Serverless is."""
LEAST_SECONDS = 60
"""That Redshift Serverless bills for a period of activity (AWS guide, management/serverless-billing)."""
MINUTE = f"{LEAST_SECONDS} s at least a query"
NO_PAGE = "the price of an RPU-hour is quoted by others: no price page was read for it"
ALONE = "each query alone on it: what runs at the same time shares its cost"


@dataclass(frozen=True)
class Warehouse:
    """A Redshift whose hour has a price.

    Attributes:
        least_seconds: that a query is billed for.
        told: its size, in a few words.
        label: how well that and the price are known.
        note: what a report must say of the price; nothing where AWS's own page was read.
    """

    hour_usd: Decimal
    least_seconds: int
    told: str
    label: Label
    source: str
    note: str = ""

    @classmethod
    def serverless(cls, rpus: Assumption, rpu_hour: Price) -> "Warehouse":
        """Return Redshift Serverless of a size, at a price."""
        is_stated = rpus.source == STATED
        told = f"{plain(rpus.value)} RPU{'' if is_stated else ' assumed'}"
        if rpu_hour.assumed_from:
            told += f", at the price of {rpu_hour.assumed_from}"
        price = f"{plain(rpu_hour.usd)} USD an hour ({rpu_hour.told_source})"
        source = f"{plain(rpus.value)} RPU at {price}, {MINUTE}, {ALONE}"
        note = NO_PAGE if rpu_hour.confidence == "quoted" else ""
        if rpu_hour.assumed_from:
            note = f"{NO_PAGE}, and none of this region is known: that of {rpu_hour.assumed_from} is taken"
            source = f"{source}; the price of {rpu_hour.assumed_from}"
        return cls(rpus.value * rpu_hour.usd, LEAST_SECONDS, told, Label.ASSUMED, source, note)

    @classmethod
    def cluster(cls, hour_usd: Decimal) -> "Warehouse":
        """Return a cluster, of whose hour a query takes as much as it lasts."""
        told = f"a cluster of {plain(hour_usd)} USD an hour"
        return cls(hour_usd, 0, told, Label.ASSUMED, f"{told}, given by the caller, {ALONE}")

    def usd(self, durations_seconds: Floats, timeout_seconds: float | Floats) -> Decimal:
        """Return what one query costs, on average: no longer than its deadline, which cancels it."""
        billed = np.maximum(np.minimum(durations_seconds, timeout_seconds), self.least_seconds)
        microseconds = int(np.round(billed * 1_000_000).astype(np.int64).sum())
        return Decimal(microseconds) / 1_000_000 / len(billed) * self.hour_usd / 3600

    def usd_a_month(
        self, durations_seconds: Floats, timeout_seconds: float | Floats, runs: Decimal, assumed: Assumptions
    ) -> Decimal:
        """Return what a month of runs costs, those included that fail and are started anew."""
        return self.usd(durations_seconds, timeout_seconds) * runs * (1 + assumed["failed_runs_share"])
