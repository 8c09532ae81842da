"""Closed forms: counts, lag and cost of a way as functions of duration, policy, timeout, memory and prices.

Columns of NumPy, one row a scenario, for many scenarios at once; money is floating point here, to compare
and to search with. A figure that is shown comes from ``estimated_bill``, in Decimal. What AWS adds to a
delay is left out, as in a rehearsal, and the counts equal those of one. Faults and retries are left out too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from orchbench.evaluation.assumptions import Assumptions
from orchbench.evaluation.billed_time import (
    added_milliseconds,
    invocation_milliseconds,
    milliseconds_of_polls,
)
from orchbench.evaluation.cost import compute_quantity, data_retained, logs_quantity
from orchbench.evaluation.polling import (
    Counts,
    Floats,
    PolicyColumns,
    PollColumns,
    poll,
)
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.tariff import BYTES_A_GB, DAYS_A_MONTH, Quantity
from orchbench.evaluation.used import Used, most_polls, totals, used_by
from orchbench.platforms.meters import (
    CHECKPOINTS,
    DURABLE_OPERATIONS,
    HISTORY_EVENTS,
    STATE_TRANSITIONS,
    WRITTEN_BYTES,
)
from orchbench.trace import Label
from orchbench.ways.usage import Usage

Number = float | Floats
CLOSED_FORM = "closed form of the way's own counts"


@dataclass(frozen=True)
class Rates:
    """Prices in floating point, each a number or a column."""

    state_transition: Number
    lambda_request: Number
    lambda_gb_second: Number
    durable_operation: Number
    durable_data_written: Number
    durable_data_retained: Number
    logs_ingested: Number

    @classmethod
    def of(cls, prices: PriceList, architecture: str) -> "Rates":
        """Return the prices of a region for an architecture."""
        return cls(**{name: float(prices[price_key(name, architecture)].usd) for name in cls.names()})

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the prices' names."""
        return tuple(cls.__dataclass_fields__)


def price_key(name: str, architecture: str) -> str:
    """Return the key of a price list for one of the rates."""
    return f"{name}_{architecture}" if name == "lambda_gb_second" else name


def free_quantities(prices: PriceList, architecture: str) -> dict[str, float]:
    """Return what an account has free each month, by the rates' names."""
    found = {name: prices[price_key(name, architecture)].free_tier for name in Rates.names()}
    return {name: float(free.quantity) for name, free in found.items() if free}


@dataclass(frozen=True)
class Columns:
    """Scenarios for one way, a row each.

    Attributes:
        statement_seconds: from the statement's creation to its end, Redshift's queue included.
        memory_mb: of the functions, a number or a column.
    """

    statement_seconds: Floats
    timeout_seconds: Floats
    policies: PolicyColumns
    memory_mb: Number = 128.0


@dataclass(frozen=True)
class CostPart:
    """A part of the cost that one price and at most one assumption set: what a sensitivity turns."""

    name: str
    rate: str
    assumption: str | None
    usd: Any


@dataclass(frozen=True)
class Estimates:
    """What each scenario amounts to.

    Attributes:
        lag_seconds: detection lag; NaN where the deadline passed first, or a quota ended the execution.
        lag_mean_seconds: over every moment in which the query could have ended between its last two polls.
        lag_worst_seconds: the longest of those; NaN as ``lag_seconds`` is.
        replayed: operations that the invocations go over again.
        parts: of the cost.
    """

    polled: PollColumns
    state_transitions: Counts
    durable_operations: Counts
    history_events: Counts
    invocations: Counts
    checkpoints: Counts
    replayed: Counts
    written_bytes: Counts
    lag_seconds: Floats
    lag_mean_seconds: Floats
    lag_worst_seconds: Floats
    parts: tuple[CostPart, ...]

    @property
    def cost_usd(self) -> Floats:
        """Of one execution, each."""
        total: Floats = sum((part.usd for part in self.parts), np.zeros(1))
        return total

    @property
    def used_of_quota(self) -> Mapping[str, Counts]:
        """What an execution uses of the quotas that polling can run into."""
        return {"history events": self.history_events, "durable operations": self.durable_operations}


def estimate(
    usage: Usage, budget_polls: int, columns: Columns, rates: Rates, assumed: Assumptions
) -> Estimates:
    """Return what every scenario amounts to on one way.

    Args:
        usage: the way's own counts.
        budget_polls: how many polls its poll budget leaves one execution.
        columns: the scenarios.
        rates: prices, numbers or columns as long as the scenarios.
        assumed: durations, log bytes and retention.
    """
    polled = poll(
        columns.statement_seconds, columns.timeout_seconds, columns.policies, budget_polls, most_polls(usage)
    )
    used = used_by(polled, columns.policies, float(assumed["kept_warm_seconds"]))
    lag = polled.seen_at_seconds - columns.statement_seconds
    unseen = polled.timed_out | polled.died
    return Estimates(
        polled=polled,
        state_transitions=used.count(usage, STATE_TRANSITIONS),
        durable_operations=used.count(usage, DURABLE_OPERATIONS),
        history_events=used.count(usage, HISTORY_EVENTS),
        invocations=used.invocations(usage),
        checkpoints=used.count(usage, CHECKPOINTS),
        replayed=used.replayed(usage),
        written_bytes=used.count(usage, WRITTEN_BYTES),
        lag_seconds=np.where(unseen, np.nan, lag),
        lag_mean_seconds=np.where(unseen, np.nan, polled.last_delay_seconds / 2),
        lag_worst_seconds=np.where(unseen, np.nan, polled.last_delay_seconds),
        parts=cost_parts(
            usage,
            used,
            rates,
            columns.memory_mb,
            assumed,
            billed_of_polls=_of_polls(usage, assumed, columns.memory_mb, polled.begun),
        ),
    )


def _of_polls(usage: Usage, assumed: Assumptions, memory_mb: Number, begun: Counts) -> Counts:
    """Return the milliseconds that all polls of each row are billed for."""
    if np.ndim(memory_mb) == 0:
        return milliseconds_of_polls(usage, assumed, int(memory_mb), begun)
    billed = np.zeros(len(begun), dtype=np.int64)
    sizes = np.asarray(memory_mb)
    for size in np.unique(sizes):
        rows = sizes == size
        billed[rows] = milliseconds_of_polls(usage, assumed, int(size), begun[rows])
    return billed


def cost_parts(
    usage: Usage, used: Used, rates: Rates, memory_mb: Number, assumed: Assumptions, *, billed_of_polls: Any
) -> tuple[CostPart, ...]:
    """Return the cost of each row in parts, each of which one price and at most one assumption set.

    Args:
        usage: the way's own counts.
        used: a row a scenario, or the mean of many.
        rates: prices.
        memory_mb: of the functions.
        assumed: durations, log bytes and retention.
        billed_of_polls: milliseconds of all polls' invocations, each rounded up, checkpoints apart.
    """
    value = {name: float(one.value) for name, one in assumed.named.items()}
    invocations = used.invocations(usage)
    parts = [CostPart("requests", "lambda_request", None, invocations * rates.lambda_request)]
    if usage.suspends:
        written_gb = used.count(usage, WRITTEN_BYTES) / float(BYTES_A_GB)
        kept = written_gb * value["retention_days"] / float(DAYS_A_MONTH)
        operations = used.count(usage, DURABLE_OPERATIONS) * rates.durable_operation
        retained = kept * rates.durable_data_retained
        parts += [
            CostPart("durable operations", "durable_operation", None, operations),
            CostPart("data written", "durable_data_written", None, written_gb * rates.durable_data_written),
            CostPart("data retained", "durable_data_retained", "retention_days", retained),
        ]
    else:
        transitions = used.count(usage, STATE_TRANSITIONS) * rates.state_transition
        parts.append(CostPart("state transitions", "state_transition", None, transitions))
    second_usd = rates.lambda_gb_second * (np.asarray(memory_mb) / 1024)
    of_a_core = np.minimum(1.0, np.asarray(memory_mb) / value["full_core_memory_mb"])
    parts += [
        CostPart(f"GB-seconds: {name}", "lambda_gb_second", name, seconds * second_usd)
        for name, seconds in _seconds(usage, used, of_a_core, value)
    ]
    unrounded = sum(part.usd for part in parts if part.rate == "lambda_gb_second")
    billed = _billed_seconds(usage, used, memory_mb, assumed, billed_of_polls) * second_usd
    parts.append(CostPart("GB-seconds: rounding up", "lambda_gb_second", None, billed - unrounded))
    byte_usd = rates.logs_ingested / float(BYTES_A_GB)
    log_lines = {
        "log_bytes_a_piece_of_work": used.work,
        "log_bytes_a_check": used.polls,
        "log_bytes_an_invocation": invocations,
    }
    parts += [
        CostPart(f"logs: {name}", "logs_ingested", name, times * value[name] * byte_usd)
        for name, times in log_lines.items()
    ]
    return tuple(parts)


def _billed_seconds(
    usage: Usage, used: Used, memory_mb: Number, assumed: Assumptions, billed_of_polls: Any
) -> Any:
    """Return the billed seconds of all functions together, every invocation rounded up."""
    cold = sum(used.cold_starts_of(usage, name) for name in usage.functions)
    checkpoints = used.count(usage, CHECKPOINTS) if usage.suspends else 0
    others = used.invocations(usage) - used.begun
    each = _of_sizes(
        memory_mb,
        lambda size: invocation_milliseconds(assumed, size, replayed=0, durable=usage.suspends),
    )
    added = cold * added_milliseconds(assumed, 1, 0) + checkpoints * added_milliseconds(assumed, 0, 1)
    return (others * each + billed_of_polls + added) / 1000


def _of_sizes(memory_mb: Number, of_one: Callable[[int], int]) -> Any:
    """Return what a function says of each memory size."""
    sizes, index = np.unique(np.asarray(memory_mb), return_inverse=True)
    found = np.array([of_one(int(size)) for size in sizes])[index]
    return found if np.ndim(memory_mb) else found.item()


def _seconds(usage: Usage, used: Used, of_a_core: Any, value: Mapping[str, float]) -> list[tuple[str, Any]]:
    """Return the billed seconds of all functions together, by the assumption that makes them."""
    invocations = used.invocations(usage)
    cold = sum(used.cold_starts_of(usage, name) for name in usage.functions)
    seconds = [
        ("invocation_wait_seconds", invocations * value["invocation_wait_seconds"]),
        ("invocation_cpu_seconds", invocations * (value["invocation_cpu_seconds"] / of_a_core)),
        ("initialization_seconds", cold * value["initialization_seconds"]),
    ]
    if usage.suspends:
        replayed = value["replayed_operation_cpu_seconds"] / of_a_core
        seconds += [
            ("suspension_seconds", invocations * value["suspension_seconds"]),
            ("checkpoint_seconds", used.count(usage, CHECKPOINTS) * value["checkpoint_seconds"]),
            ("replayed_operation_cpu_seconds", used.replayed(usage) * replayed),
        ]
    return seconds


def estimated_quantities(
    usage: Usage, used: Used, *, memory_mb: int, architecture: str, assumed: Assumptions
) -> list[Quantity]:
    """Return what executions are billed for on average, as line items for ``tariff.priced``.

    Args:
        usage: the way's own counts.
        used: a row a scenario.
        memory_mb: of the functions.
        architecture: of the functions.
        assumed: durations, log bytes and retention.
    """
    summed, rows = totals(used)
    mean = Used(*(getattr(summed, name) / rows for name in Used.__dataclass_fields__))
    quantities = list(_service_quantities(usage, mean, assumed))
    for name in usage.functions:
        invocations = Decimal(mean.invocations_of(usage, name))
        if not invocations:
            continue
        polls_here = name in usage.poll.invocations
        warm = invocation_milliseconds(assumed, memory_mb, replayed=0, durable=usage.suspends)
        billed = _whole((invocations - (mean.begun if polls_here else 0)) * rows) * warm
        if polls_here:
            billed += int(milliseconds_of_polls(usage, assumed, memory_mb, used.begun).sum())
        cold = _whole(mean.cold_starts_of(usage, name) * rows)
        checkpoints = _whole(mean.count(usage, CHECKPOINTS) * rows) if polls_here else 0
        billed += added_milliseconds(assumed, cold, checkpoints)
        seconds = Decimal(billed) / 1000 / rows
        quantities += [
            Quantity(f"{name}: requests", "lambda_request", invocations, Label.ESTIMATED, CLOSED_FORM),
            compute_quantity(name, seconds, memory_mb, price_key("lambda_gb_second", architecture)),
        ]
    all_invocations = Decimal(mean.invocations(usage))
    return [*quantities, logs_quantity(mean.work, mean.polls, all_invocations, assumed)]


def _whole(number: Any) -> int:
    """Return the whole number that a mean times its rows is."""
    return round(Decimal(number))


def _service_quantities(usage: Usage, mean: Used, assumed: Assumptions) -> list[Quantity]:
    if not usage.suspends:
        amount = Decimal(mean.count(usage, STATE_TRANSITIONS))
        return [Quantity("state transitions", "state_transition", amount, Label.ESTIMATED, CLOSED_FORM)]
    operations = Decimal(mean.count(usage, DURABLE_OPERATIONS))
    written = Decimal(mean.count(usage, WRITTEN_BYTES)) / BYTES_A_GB
    bytes_source = "bytes as rehearsed, times polls"
    return [
        Quantity("durable operations", "durable_operation", operations, Label.ESTIMATED, CLOSED_FORM),
        Quantity("data written", "durable_data_written", written, Label.ESTIMATED, bytes_source),
        data_retained(written, assumed),
    ]
