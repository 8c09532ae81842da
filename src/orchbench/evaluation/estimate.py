"""Closed forms: counts, lag and cost of a way as functions of duration, policy, timeout, memory and prices.

Columns of NumPy, one row a scenario, for many scenarios at once; money is floating point here, to compare
and to search with. A figure that is shown comes from ``estimated_bill``, in Decimal. What AWS adds to a
delay is left out, as in a rehearsal, and the counts equal those of one. Faults and retries are left out too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from orchbench.evaluation.assumptions import Assumptions
from orchbench.evaluation.cost import assumed_seconds, compute_quantity, data_retained, logs_quantity
from orchbench.evaluation.polling import Counts, Floats, PolicyColumns, PollColumns, poll, slow_delays
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.tariff import BYTES_A_GB, DAYS_A_MONTH, Quantity
from orchbench.trace import Label
from orchbench.usage import Amounts, Ending, Usage

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
    usd: Floats


@dataclass(frozen=True)
class Estimates:
    """What each scenario amounts to.

    Attributes:
        lag_seconds: detection lag; NaN where the deadline passed first.
        lag_mean_seconds: over every moment in which the query could have ended between its last two polls.
        lag_worst_seconds: the longest of those.
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
    polled = poll(columns.statement_seconds, columns.timeout_seconds, columns.policies, budget_polls)
    counter = _Counter(usage, polled)
    polls = polled.polls
    replayed = usage.replayed_by_first_poll * polls + usage.replayed_more_each_poll * (
        polls * (polls - 1) // 2
    )
    lag = polled.seen_at_seconds - columns.statement_seconds
    return Estimates(
        polled=polled,
        state_transitions=counter.count("transitions"),
        durable_operations=counter.count("operations"),
        history_events=counter.count("history_events"),
        invocations=counter.count("all_invocations"),
        checkpoints=counter.count("checkpoints"),
        replayed=replayed,
        written_bytes=counter.count("written_bytes"),
        lag_seconds=np.where(polled.timed_out, np.nan, lag),
        lag_mean_seconds=polled.last_delay_seconds / 2,
        lag_worst_seconds=polled.last_delay_seconds,
        parts=_cost_parts(counter, replayed, columns, rates, assumed),
    )


class _Counter:
    """Counts one of the amounts over all rows."""

    def __init__(self, usage: Usage, polled: PollColumns) -> None:
        self.usage = usage
        self.polled = polled

    def count(self, name: str) -> Counts:
        start, a_poll = (getattr(part, name) for part in (self.usage.start, self.usage.poll))
        succeeded, timed_out = (
            getattr(self.usage.endings[ending], name) for ending in (Ending.SUCCEEDED, Ending.TIMED_OUT)
        )
        counted: Counts = start + a_poll * self.polled.polls + succeeded
        if timed_out != succeeded:
            counted = counted + (timed_out - succeeded) * self.polled.timed_out
        return counted

    def cold_starts(self, policies: PolicyColumns, kept_warm_seconds: float) -> Counts:
        """Count each function's first invocation, and each after a longer pause than it is kept."""
        slow, first_is_slow = slow_delays(policies, self.polled, kept_warm_seconds)
        polling = set(self.usage.poll.invocations)
        if polling - set(self.usage.start.invocations):
            slow = slow - first_is_slow
        functions = len(set(self.usage.start.invocations) | polling)
        more = len(set(self.usage.endings[Ending.TIMED_OUT].invocations) - polling)
        return functions + slow + more * self.polled.timed_out


def _cost_parts(
    counter: _Counter, replayed: Counts, columns: Columns, rates: Rates, assumed: Assumptions
) -> tuple[CostPart, ...]:
    usage, polls = counter.usage, counter.polled.polls
    invocations = counter.count("all_invocations")
    value = {name: float(one.value) for name, one in assumed.named.items()}
    parts = [CostPart("requests", "lambda_request", None, invocations * rates.lambda_request)]
    if usage.is_durable:
        written_gb = counter.count("written_bytes") / float(BYTES_A_GB)
        kept = written_gb * value["retention_days"] / float(DAYS_A_MONTH)
        parts += [
            CostPart(
                "durable operations",
                "durable_operation",
                None,
                counter.count("operations") * rates.durable_operation,
            ),
            CostPart("data written", "durable_data_written", None, written_gb * rates.durable_data_written),
            CostPart(
                "data retained", "durable_data_retained", "retention_days", kept * rates.durable_data_retained
            ),
        ]
    else:
        transitions = counter.count("transitions") * rates.state_transition
        parts.append(CostPart("state transitions", "state_transition", None, transitions))
    second_usd = rates.lambda_gb_second * (np.asarray(columns.memory_mb) / 1024)
    of_a_core = np.minimum(1.0, np.asarray(columns.memory_mb) / value["full_core_memory_mb"])
    for name, seconds in _seconds(counter, replayed, columns.policies, of_a_core, value):
        parts.append(CostPart(f"GB-seconds: {name}", "lambda_gb_second", name, seconds * second_usd))
    work = polls + 1 + counter.polled.timed_out
    byte_usd = rates.logs_ingested / float(BYTES_A_GB)
    for name, times in (
        ("log_bytes_a_piece_of_work", work),
        ("log_bytes_a_check", polls),
        ("log_bytes_an_invocation", invocations),
    ):
        parts.append(CostPart(f"logs: {name}", "logs_ingested", name, times * value[name] * byte_usd))
    return tuple(parts)


def _seconds(
    counter: _Counter,
    replayed: Counts,
    policies: PolicyColumns,
    of_a_core: Floats,
    value: Mapping[str, float],
) -> list[tuple[str, Floats]]:
    """Return the billed seconds of all functions together, by the assumption that makes them."""
    invocations = counter.count("all_invocations")
    cold = counter.cold_starts(policies, value["kept_warm_seconds"])
    seconds = [
        ("invocation_wait_seconds", invocations * value["invocation_wait_seconds"]),
        ("invocation_cpu_seconds", invocations * (value["invocation_cpu_seconds"] / of_a_core)),
        ("initialization_seconds", cold * value["initialization_seconds"]),
    ]
    if counter.usage.is_durable:
        seconds += [
            ("suspension_seconds", invocations * value["suspension_seconds"]),
            ("checkpoint_seconds", counter.count("checkpoints") * value["checkpoint_seconds"]),
            (
                "replayed_operation_cpu_seconds",
                replayed * (value["replayed_operation_cpu_seconds"] / of_a_core),
            ),
        ]
    return seconds


@dataclass(frozen=True)
class Counted:
    """The counts of one scenario, as a bill wants them; ``cold`` by function."""

    polls: int
    ending: Ending
    cold: Mapping[str, int]


def counted(usage: Usage, budget_polls: int, columns: Columns, row: int, assumed: Assumptions) -> Counted:
    """Return one row's counts."""
    part = slice(row, row + 1)
    policies = columns.policies.rows(part)
    polled = poll(columns.statement_seconds[part], columns.timeout_seconds[part], policies, budget_polls)
    slow, first_is_slow = slow_delays(policies, polled, float(assumed["kept_warm_seconds"]))
    ending = Ending.TIMED_OUT if polled.timed_out[0] else Ending.SUCCEEDED
    cold = {name: 1 for part_ in (usage.start, usage.endings[ending]) for name in part_.invocations}
    for name in usage.poll.invocations:
        started_before = name in usage.start.invocations
        cold[name] = 1 + int(slow[0]) - (0 if started_before else int(first_is_slow[0]))
    return Counted(int(polled.polls[0]), ending, cold)


def estimated_quantities(
    usage: Usage, made: Counted, *, memory_mb: int, architecture: str, assumed: Assumptions
) -> list[Quantity]:
    """Return what one execution is billed for, as line items; ``tariff.priced`` makes a bill of them."""
    ends = (usage.start, usage.endings[made.ending])
    durable = usage.is_durable

    def total(name: str) -> int:
        return made.polls * int(getattr(usage.poll, name)) + sum(int(getattr(part, name)) for part in ends)

    quantities = list(_service_quantities(durable, total, assumed))
    for name in usage.functions:
        invocations = _invocations_of(name, usage, made)
        if not invocations:
            continue
        polls_here = name in usage.poll.invocations
        seconds = assumed_seconds(
            assumed,
            memory_mb,
            invocations=invocations,
            cold=made.cold.get(name, 0),
            checkpoints=total("checkpoints") if polls_here else 0,
            replayed=usage.replayed(made.polls) if polls_here else 0,
            durable=durable,
        )
        quantities += [
            Quantity(
                f"{name}: requests", "lambda_request", Decimal(invocations), Label.ESTIMATED, CLOSED_FORM
            ),
            compute_quantity(name, seconds, memory_mb, price_key("lambda_gb_second", architecture)),
        ]
    work = made.polls + 1 + (made.ending is Ending.TIMED_OUT)
    return [*quantities, logs_quantity(work, made.polls, total("all_invocations"), assumed)]


def _service_quantities(durable: bool, total: Callable[[str], int], assumed: Assumptions) -> list[Quantity]:
    if not durable:
        amount = Decimal(total("transitions"))
        return [Quantity("state transitions", "state_transition", amount, Label.ESTIMATED, CLOSED_FORM)]
    operations, written = Decimal(total("operations")), Decimal(total("written_bytes")) / BYTES_A_GB
    return [
        Quantity("durable operations", "durable_operation", operations, Label.ESTIMATED, CLOSED_FORM),
        Quantity(
            "data written",
            "durable_data_written",
            written,
            Label.ESTIMATED,
            "bytes as rehearsed, times polls",
        ),
        data_retained(written, assumed),
    ]


def _invocations_of(name: str, usage: Usage, made: Counted) -> int:
    def of(amounts: Amounts) -> int:
        return amounts.invocations.get(name, 0)

    return of(usage.start) + made.polls * of(usage.poll) + of(usage.endings[made.ending])
