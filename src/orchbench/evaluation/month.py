"""What a month of one way costs: its runs, what goes wrong, traces, and what is paid without a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from orchbench.evaluation.estimate import Estimate
from orchbench.evaluation.price_keys import GB_SECOND, LOGS, REQUEST, RPU_HOUR, price_key
from orchbench.evaluation.prices import PriceList, completed
from orchbench.evaluation.tariff import (
    BYTES_A_GB,
    DAYS_A_MONTH,
    SECONDS_A_DAY,
    Bill,
    Quantity,
    free_quantities,
    priced,
)
from orchbench.trace import Label

CUSTOM_METRICS = 5
"""That checks write of a way: functions/telemetry.py."""
WAKE_METRICS = 1
"""Executions that an event woke, of a way that waits for one."""
SHARED_METRICS = 2
"""Statements that the cancel and the sweep function stopped."""
OWN_CANCELS = 1
"""The same metric of a durable function, under its own service's name: it stops statements itself."""
SHARED_ALARMS = 4
SWEEPS = Decimal(30 * 24 * 60) / 15
SWEEP_LOOKS = 3
"""One for each status of a statement that runs."""
MONITORED = "monitoring.yaml and functions/telemetry.py: as if each way were deployed alone"
SMALL_PRICES = {RPU_HOUR, "xray_trace", "custom_metric", "alarm", "dashboard"}
TRACES_ALWAYS = DAYS_A_MONTH * SECONDS_A_DAY
"""That X-Ray records of a month's: one a second, taken to be begun evenly over the month."""


@dataclass(frozen=True)
class Month:
    """A month of one way, Redshift apart.

    Attributes:
        runs: the bill of the runs themselves.
        faults: of what goes wrong in them.
        besides: of the rest.
    """

    runs: Bill
    faults: Bill
    besides: Bill

    @property
    def parts(self) -> dict[str, Bill]:
        """What it consists of, by name."""
        return {"runs": self.runs, "faults": self.faults, "besides": self.besides}

    @cached_property
    def bill(self) -> Bill:
        """Of everything."""
        return Bill((*self.runs.charges, *self.faults.charges, *self.besides.charges))

    @cached_property
    def usd(self) -> Decimal:
        """Everything together."""
        return self.bill.total_usd


def month_of(estimate: Estimate, runs: Decimal, *, free_tier: bool) -> Month:
    """Return a month of so many runs."""
    prices = with_small_prices(estimate.terms.prices)
    free = free_quantities(prices, free_tier=free_tier)
    return Month(
        priced(estimate.quantities, prices, runs=runs, free=free),
        priced(_faults(estimate, runs), prices, free=free),
        priced([*_traces(estimate, runs), *fixed_quantities(estimate)], prices, free=free),
    )


def with_small_prices(prices: PriceList) -> PriceList:
    """Return a price list that has all prices of a month: what it lacks is another region's, and says so."""
    return completed(prices, SMALL_PRICES)


def _faults(estimate: Estimate, runs: Decimal) -> Iterator[Quantity]:
    """Yield what is used for runs that are made anew and calls that are made twice."""
    assumed = estimate.terms.assumed
    more = (1 + assumed["failed_runs_share"]) * (1 + assumed["retried_calls_share"]) - 1
    for one in estimate.quantities if more else ():
        source = f"a share of {one.what}: failed_runs_share and retried_calls_share"
        yield Quantity(f"faults: {one.what}", one.price_key, one.amount * runs * more, Label.ASSUMED, source)


def _traces(estimate: Estimate, runs: Decimal) -> Iterator[Quantity]:
    """Yield the traces: a resume is an invocation and begins one, a state machine's run is one."""
    usage, assumed = estimate.candidate.usage, estimate.terms.assumed
    totals = [(share, followed.watched.total) for share, followed in estimate.ends]
    each = sum((share * total.invocations(usage) / total.runs for share, total in totals), Decimal(0))
    begun = (each if usage.suspends else Decimal(1)) * runs * (1 + assumed["failed_runs_share"])
    always = min(begun, TRACES_ALWAYS)
    amount = always + (begun - always) * assumed["traces_recorded_share"]
    source = "one an invocation" if usage.suspends else "one a run"
    yield Quantity(
        "traces recorded",
        "xray_trace",
        amount,
        Label.ASSUMED,
        f"{source}, all of them up to one a second and a share of the rest: traces_recorded_share",
    )


def fixed_quantities(estimate: Estimate) -> Iterator[Quantity]:
    """Yield what is paid however often it runs; an empty dead-letter queue costs nothing."""
    alarms = estimate.candidate.alarms + SHARED_ALARMS
    way = estimate.candidate
    metrics = CUSTOM_METRICS + SHARED_METRICS
    metrics += (OWN_CANCELS if way.usage.suspends else 0) + (WAKE_METRICS if way.is_woken else 0)
    for what, key, amount in (
        ("custom metrics", "custom_metric", metrics),
        ("alarms", "alarm", alarms),
        ("dashboard", "dashboard", 1),
    ):
        yield Quantity(what, key, Decimal(amount), Label.ESTIMATED, MONITORED)
    terms, assumed = estimate.terms, estimate.terms.assumed
    source = f"{SWEEPS:,.0f} sweeps a month, one every 15 minutes"
    seconds = (
        assumed.invocation_seconds(terms.memory_mb, suspends=False)
        + (SWEEP_LOOKS - 1) * assumed["invocation_wait_seconds"]
        + assumed["initialization_seconds"]
    )
    compute = SWEEPS * seconds * terms.memory_mb / 1024
    logged = SWEEPS * (assumed["log_bytes_a_piece_of_work"] + assumed["log_bytes_an_invocation"])
    yield Quantity("sweep: requests", REQUEST, SWEEPS, Label.ESTIMATED, source)
    yield Quantity(
        "sweep: GB-seconds", price_key(GB_SECOND, terms.architecture), compute, Label.ASSUMED, source
    )
    yield Quantity("sweep: logs ingested", LOGS, logged / BYTES_A_GB, Label.ASSUMED, source)
