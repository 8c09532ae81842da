"""Closed forms: counts, lag and cost of a way as functions of duration, policy, timeout, memory and prices.

Columns of NumPy, one row a scenario, for many scenarios at once; money is floating point here, to compare
and to search with. A figure that is shown comes from ``estimated_bill``, in Decimal. What AWS adds to a
delay is left out, as in a rehearsal, and the counts equal those of one. Faults and retries are left out too.
"""

from collections.abc import Callable, Iterator, Mapping
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
from orchbench.evaluation.cost import compute_quantity, logs_quantity, metered_quantities
from orchbench.evaluation.polling import (
    Counts,
    Floats,
    PolicyColumns,
    PollColumns,
    poll,
    woken,
)
from orchbench.evaluation.rates import GB_SECOND, LOGS, REQUEST, Number, Rates, price_key
from orchbench.evaluation.tariff import BYTES_A_GB, DAYS_A_MONTH, SECONDS_A_DAY, Quantity
from orchbench.evaluation.used import Used, most_polls, totals, used_by
from orchbench.platforms.meters import CHECKPOINTS, Meter
from orchbench.trace import Label
from orchbench.ways.usage import Usage
from orchbench.ways.way import Waits

CLOSED_FORM = "closed form of the way's own counts"
AS_REHEARSED = "bytes as rehearsed, times polls"


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
        metered: of each meter that the way uses.
        replayed: operations that the invocations go over again.
        lag_seconds: detection lag; NaN where the deadline passed first, or a quota ended the execution.
        lag_mean_seconds: over every moment in which the query could have ended between its last two polls.
        lag_worst_seconds: the longest of those; NaN as ``lag_seconds`` is.
        parts: of the cost.
    """

    polled: PollColumns
    metered: Mapping[Meter, Counts]
    invocations: Counts
    replayed: Counts
    lag_seconds: Floats
    lag_mean_seconds: Floats
    lag_worst_seconds: Floats
    parts: tuple[CostPart, ...]

    def of(self, meter: Meter) -> Counts:
        """Return the amounts of a meter, none where the way does not use it."""
        return self.metered.get(meter, np.zeros_like(self.polled.polls))

    @property
    def cost_usd(self) -> Floats:
        """Of one execution, each."""
        total: Floats = sum((part.usd for part in self.parts), np.zeros(1))
        return total


def followed(usage: Usage, budget_polls: int | None, columns: Columns, waits: Waits) -> PollColumns:
    """Return how the statements of scenarios are followed on one way."""
    seconds = columns.statement_seconds
    polled = poll(seconds, columns.timeout_seconds, columns.policies, budget_polls, most_polls(usage))
    return woken(polled, seconds) if waits is Waits.FOR_AN_EVENT else polled


def estimate(
    usage: Usage,
    budget_polls: int | None,
    columns: Columns,
    rates: Rates,
    assumed: Assumptions,
    *,
    waits: Waits = Waits.BY_POLLING,
) -> Estimates:
    """Return what every scenario amounts to on one way.

    Args:
        usage: the way's own counts.
        budget_polls: how many polls its poll budget leaves one execution; None where none limits them.
        columns: the scenarios.
        rates: prices, numbers or columns as long as the scenarios.
        assumed: durations, log bytes and retention.
        waits: how the way learns of the end. Of one that waits for an event the policies are the slow poll's:
            the mean lag is that of an event that arrives, the worst that of one that is lost.
    """
    polled = followed(usage, budget_polls, columns, waits)
    used = used_by(polled, columns.policies, float(assumed["kept_warm_seconds"]), waits)
    lag = polled.seen_at_seconds - columns.statement_seconds
    unseen = polled.timed_out | polled.died
    mean = lag if waits is Waits.FOR_AN_EVENT else polled.last_delay_seconds / 2
    return Estimates(
        polled=polled,
        metered={meter: used.count(usage, meter) for meter in usage.meters},
        invocations=used.invocations(usage),
        replayed=used.replayed(usage),
        lag_seconds=np.where(unseen, np.nan, lag),
        lag_mean_seconds=np.where(unseen, np.nan, mean),
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
    parts = [CostPart("requests", REQUEST, None, invocations * rates[REQUEST])] if usage.functions else []
    for meter in usage.meters:
        parts += _metered_parts(meter, used.count(usage, meter), rates, value, used.seconds)
    of_functions = _function_parts(usage, used, rates, memory_mb, assumed, billed_of_polls=billed_of_polls)
    return (*parts, *of_functions)


def _metered_parts(
    meter: Meter, amount: Any, rates: Rates, value: Mapping[str, float], seconds: Any
) -> Iterator[CostPart]:
    """Yield what the service that meters it charges."""
    if meter.price is None:
        return
    priced = amount / float(meter.units_a_price)
    yield CostPart(meter.line, meter.price, None, priced * rates[meter.price])
    if meter.retention is not None:
        kept = meter.retention
        kept_usd = priced * rates[kept.price] / float(DAYS_A_MONTH)
        during = f"{kept.billed_as} during the execution"
        yield CostPart(during, kept.price, None, kept_usd * seconds / float(SECONDS_A_DAY))
        yield CostPart(kept.billed_as, kept.price, kept.days, kept_usd * value[kept.days])


def _function_parts(
    usage: Usage, used: Used, rates: Rates, memory_mb: Number, assumed: Assumptions, *, billed_of_polls: Any
) -> Iterator[CostPart]:
    """Yield what functions cost besides their requests; nothing where a way has none."""
    if not usage.functions:
        return
    value = {name: float(one.value) for name, one in assumed.named.items()}
    invocations = used.invocations(usage)
    second_usd = rates[GB_SECOND] * (np.asarray(memory_mb) / 1024)
    of_a_core = np.minimum(1.0, np.asarray(memory_mb) / value["full_core_memory_mb"])
    computed = [
        CostPart(f"GB-seconds: {name}", GB_SECOND, name, seconds * second_usd)
        for name, seconds in _seconds(usage, used, of_a_core, value)
    ]
    yield from computed
    unrounded = sum(part.usd for part in computed)
    billed = _billed_seconds(usage, used, memory_mb, assumed, billed_of_polls) * second_usd
    yield CostPart("GB-seconds: rounding up", GB_SECOND, None, billed - unrounded)
    byte_usd = rates[LOGS] / float(BYTES_A_GB)
    log_lines = {
        "log_bytes_a_piece_of_work": used.work(usage),
        "log_bytes_a_check": used.checks(usage),
        "log_bytes_an_invocation": invocations,
    }
    for name, times in log_lines.items():
        yield CostPart(f"logs: {name}", LOGS, name, times * value[name] * byte_usd)


def _billed_seconds(
    usage: Usage, used: Used, memory_mb: Number, assumed: Assumptions, billed_of_polls: Any
) -> Any:
    """Return the billed seconds of all functions together, every invocation rounded up."""
    cold = sum(used.cold_starts_of(usage, name) for name in usage.functions)
    checkpoints = used.count(usage, CHECKPOINTS)
    others = used.invocations(usage) - (used.begun if usage.look.invocations else 0)
    each = _of_sizes(
        memory_mb,
        lambda size: invocation_milliseconds(assumed, size, replayed=0, suspends=usage.suspends),
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
        seconds.append(("suspension_seconds", invocations * value["suspension_seconds"]))
    if CHECKPOINTS in usage.meters:
        seconds.append(("checkpoint_seconds", used.count(usage, CHECKPOINTS) * value["checkpoint_seconds"]))
    if usage.replays:
        replayed = value["replayed_operation_cpu_seconds"] / of_a_core
        seconds.append(("replayed_operation_cpu_seconds", used.replayed(usage) * replayed))
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
    mean = summed.reduced(lambda column: column / rows)
    quantities = [
        quantity
        for meter in usage.meters
        for quantity in metered_quantities(
            meter,
            Decimal(mean.count(usage, meter)),
            Label.ESTIMATED,
            AS_REHEARSED if meter.is_size else CLOSED_FORM,
            assumed,
            seconds=_seconds_each(used.count(usage, meter), used.seconds),
        )
    ]
    for name in usage.functions:
        invocations = Decimal(mean.invocations_of(usage, name))
        if not invocations:
            continue
        polls_here = name in usage.look.invocations
        warm = invocation_milliseconds(assumed, memory_mb, replayed=0, suspends=usage.suspends)
        billed = _whole((invocations - (mean.begun if polls_here else 0)) * rows) * warm
        if polls_here:
            billed += int(milliseconds_of_polls(usage, assumed, memory_mb, used.begun).sum())
        cold = _whole(mean.cold_starts_of(usage, name) * rows)
        checkpoints = _whole(mean.count(usage, CHECKPOINTS) * rows) if polls_here else 0
        billed += added_milliseconds(assumed, cold, checkpoints)
        seconds = Decimal(billed) / 1000 / rows
        quantities += [
            Quantity(f"{name}: requests", REQUEST, invocations, Label.ESTIMATED, CLOSED_FORM),
            compute_quantity(name, seconds, memory_mb, price_key(GB_SECOND, architecture)),
        ]
    if usage.functions:
        all_invocations = Decimal(mean.invocations(usage))
        quantities.append(logs_quantity(mean.work(usage), mean.checks(usage), all_invocations, assumed))
    return quantities


def _seconds_each(amounts: Any, seconds: Floats) -> Decimal:
    """Return how long executions take, each counted by how much of something it uses."""
    total = float(np.sum(amounts))
    return Decimal(str(float(np.dot(amounts, seconds)) / total if total else 0.0))


def _whole(number: Any) -> int:
    """Return the whole number that a mean times its rows is."""
    return round(Decimal(number))
