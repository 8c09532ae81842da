"""A bill for one execution, made of its trace and a price list. List prices, no free tier.

Not on it: Redshift itself, logs, traces and metrics, which both ways cause alike.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from orchbench.evaluation.counts import count
from orchbench.evaluation.prices import Price, PriceList
from orchbench.trace import Invocation, Label, Trace

BYTES_A_GB = Decimal(2**30)
DAYS_A_MONTH = Decimal(30)
HOST_LABELS = {"aws": Label.MEASURED, "local": Label.MEASURED, "rehearse": Label.REHEARSED}
STRENGTH = (Label.MEASURED, Label.REHEARSED, Label.ESTIMATED, Label.ASSUMED, Label.MISSING)
"""From what is known best to what is not known."""
LOCAL_DURATIONS = "GB-seconds come from the billed milliseconds of this machine, which is no 128 MB function"


@dataclass(frozen=True)
class BillLine:
    """One dimension of the bill.

    Attributes:
        label: how the quantity came to be; ``assumed`` where the price is.
        price_source: where the price comes from, with its date.
    """

    what: str
    quantity: Decimal
    unit: str
    amount_usd: Decimal
    label: Label
    price_source: str
    note: str = ""


@dataclass(frozen=True)
class Bill:
    """What one execution costs."""

    lines: tuple[BillLine, ...]

    @property
    def total_usd(self) -> Decimal:
        """The sum of the lines."""
        return sum((line.amount_usd for line in self.lines), Decimal(0))

    @property
    def label(self) -> Label:
        """The weakest label of a line: a sum is known no better than its parts."""
        return weakest(line.label for line in self.lines)


def weakest(labels: Iterable[Label]) -> Label:
    """Return the label of what is known least."""
    return max(labels, key=STRENGTH.index, default=Label.MISSING)


def bill(trace: Trace, prices: PriceList, *, architecture: str = "x86_64", retention_days: int = 14) -> Bill:
    """Return what an execution costs.

    Args:
        trace: the execution.
        prices: of the region.
        architecture: of the functions, ``x86_64`` or ``arm64``.
        retention_days: how long a closed durable execution is kept.
    """
    return Bill(
        (
            *_orchestration(trace, prices, Decimal(retention_days)),
            *_functions(trace, prices, architecture),
        )
    )


def _orchestration(trace: Trace, prices: PriceList, retention_days: Decimal) -> Iterator[BillLine]:
    counts, label = count(trace), HOST_LABELS[trace.host]
    if counts.state_transitions is not None:
        yield _line("state transitions", counts.state_transitions, prices["state_transition"], label)
    if counts.durable_operations is not None:
        yield _line("durable operations", counts.durable_operations, prices["durable_operation"], label)
        written = Decimal(counts.written_bytes or 0) / BYTES_A_GB
        yield _line("data written", written, prices["durable_data_written"], label)
        yield _line(
            "data retained",
            written * retention_days / DAYS_A_MONTH,
            prices["durable_data_retained"],
            Label.ESTIMATED,
            f"Durable data is taken to be retained for {retention_days} days",
        )


def _functions(trace: Trace, prices: PriceList, architecture: str) -> Iterator[BillLine]:
    label = HOST_LABELS[trace.host]
    for name in dict.fromkeys(one.function_name for one in trace.invocations):
        invocations = [one for one in trace.invocations if one.function_name == name]
        yield _line(f"{name}: requests", len(invocations), prices["lambda_request"], label)
        yield _compute(name, invocations, prices[f"lambda_gb_second_{architecture}"], trace.host)


def _compute(name: str, invocations: list[Invocation], price: Price, host: str) -> BillLine:
    known = [one for one in invocations if one.billed_seconds is not None and one.memory_mb]
    gb_seconds = sum(
        (Decimal(str(one.billed_seconds)) * Decimal(one.memory_mb or 0) / 1024 for one in known), Decimal(0)
    )
    label = weakest(one.label for one in invocations)
    missing = len(invocations) - len(known)
    note = f"{name}: {missing} of {len(invocations)} reports are missing from the bill" if missing else ""
    if host == "local" and label is Label.MEASURED:
        label, note = Label.ESTIMATED, LOCAL_DURATIONS
    return _line(f"{name}: GB-seconds", gb_seconds, price, label, note)


def _line(what: str, quantity: int | Decimal, price: Price, label: Label, note: str = "") -> BillLine:
    quantity = Decimal(quantity)
    if price.confidence == "assumed":
        label = weakest((label, Label.ASSUMED))
        note = "; ".join(part for part in (note, price.note) if part)
    return BillLine(
        what, quantity, price.unit, quantity * price.usd, label, f"{price.source}, {price.date}", note
    )
