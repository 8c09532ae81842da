"""A bill for one execution, made of its trace and a price list: what was used, not what a formula says.

On it: transitions, operations, data, requests, GB-seconds and logs. Traces, metrics and alarms come on a
month's bill (``month``), Redshift's own time beside it (``warehouse``).
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from orchbench.evaluation.assumptions import Assumptions, default_assumptions
from orchbench.evaluation.billed_time import invocation_milliseconds, milliseconds
from orchbench.evaluation.counts import Counts, count
from orchbench.evaluation.latency import latency
from orchbench.evaluation.price_keys import GB_SECOND, LOGS, REQUEST, price_key
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.tariff import (
    BYTES_A_GB,
    DAYS_A_MONTH,
    SECONDS_A_DAY,
    Bill,
    Quantity,
    priced,
    weakest,
)
from orchbench.platforms import platform_named
from orchbench.platforms.meters import Meter
from orchbench.trace import EventKind, Invocation, Label, Trace, Work
from orchbench.ways import all_ways

HOST_LABELS = {"aws": Label.MEASURED, "local": Label.MEASURED, "rehearse": Label.REHEARSED}
LOCAL_DURATIONS = (
    "GB-seconds come from the billed milliseconds of this machine, which is not a 128 MB function"
)
HISTORY = "the execution's history"
ATTEMPTS = (EventKind.TASK_SUCCEEDED, EventKind.TASK_FAILED, EventKind.STEP_SUCCEEDED, EventKind.STEP_FAILED)
ENDED_STEPS = (EventKind.STEP_SUCCEEDED, EventKind.STEP_FAILED)


def bill(
    trace: Trace,
    prices: PriceList,
    *,
    architecture: str = "x86_64",
    assumptions: Assumptions | None = None,
    metered: Mapping[Meter, int | None] | None = None,
    assume_durations: bool = False,
) -> Bill:
    """Return what an execution costs.

    Args:
        trace: the execution.
        prices: of the region.
        architecture: of the functions, ``x86_64`` or ``arm64``.
        assumptions: what to assume where the trace does not say; the project's own by default.
        metered: as the host of a rehearsal metered it, for what a trace does not show.
        assume_durations: of the functions, because their reports are not there, as a rehearsal's are not.
    """
    assumed, counts = assumptions or default_assumptions(), count(trace)
    used = [
        *_orchestration(trace, counts, assumed, metered or {}),
        *_functions(trace, architecture, assumed, assume_durations or trace.host == "rehearse"),
        *_logs(trace, counts, assumed),
    ]
    return priced(used, prices)


def metered_quantities(
    meter: Meter,
    amount: Decimal,
    label: Label,
    source: str,
    assumed: Assumptions,
    *,
    seconds: Decimal,
    note: str = "",
) -> Iterator[Quantity]:
    """Yield what a service charges for what it metered, and for keeping it; nothing where it has no price.

    What is kept is kept during the execution too: all of it is taken to be there from the start, which is
    more than is billed by as little as an execution is short against its retention.

    Args:
        meter: of the service.
        amount: in its units.
        label: how the amount came to be.
        source: where it comes from.
        assumed: how long it is kept after the execution.
        seconds: how long the execution took.
        note: on the amount.
    """
    if meter.price is None:
        return
    priced_amount = amount / meter.units_a_price
    yield Quantity(meter.line, meter.price, priced_amount, label, source, note)
    if meter.retention is not None:
        kept, days = meter.retention, assumed[meter.retention.days]
        months = (seconds / SECONDS_A_DAY + days) / DAYS_A_MONTH
        yield Quantity(
            kept.billed_as,
            kept.price,
            priced_amount * months,
            Label.ESTIMATED,
            f"{meter.line}, times the execution and the retention after it",
            f"{kept.told} is assumed to be kept from an execution's start until {days} days after its end",
        )


def _orchestration(
    trace: Trace, counts: Counts, assumed: Assumptions, metered: Mapping[Meter, int | None]
) -> Iterator[Quantity]:
    seconds = Decimal(str(latency(trace).makespan_seconds or 0))
    unrecorded = {one.meter: one for one in platform_named(trace.platform).unrecorded(trace.events)}
    for meter, counted in counts.metered.items():
        stated = metered.get(meter)
        amount = counted if stated is None else stated
        missing = unrecorded.get(meter) if stated is None else None
        yield from metered_quantities(
            meter,
            Decimal(amount + (missing.amount if missing else 0)),
            Label.ESTIMATED if missing else HOST_LABELS[trace.host],
            HISTORY,
            assumed,
            seconds=seconds,
            note=missing.note if missing else "",
        )


def _functions(
    trace: Trace, architecture: str, assumed: Assumptions, assume_durations: bool
) -> Iterator[Quantity]:
    label = HOST_LABELS[trace.host]
    for name in dict.fromkeys(one.function_name for one in trace.invocations):
        invocations = [one for one in trace.invocations if one.function_name == name]
        yield Quantity(f"{name}: requests", REQUEST, Decimal(len(invocations)), label, HISTORY)
        of_a_second = price_key(GB_SECOND, architecture)
        if assume_durations:
            yield _assumed_compute(name, invocations, trace, of_a_second, assumed)
        else:
            yield _reported_compute(name, invocations, trace.host, of_a_second)


def _reported_compute(name: str, invocations: Sequence[Invocation], host: str, price_key: str) -> Quantity:
    """Sum what Lambda reported as billed: whole milliseconds, the INIT phase included where it is billed."""
    known = [one for one in invocations if one.billed_seconds is not None and one.memory_mb]
    gb_seconds = sum(
        (
            Decimal(milliseconds(Decimal(str(one.billed_seconds))) * (one.memory_mb or 0)) / 1024_000
            for one in known
        ),
        Decimal(0),
    )
    label = weakest(one.label for one in invocations)
    missing = len(invocations) - len(known)
    note = f"{name}: {missing} of {len(invocations)} reports are missing from the bill" if missing else ""
    if host == "local" and label is Label.MEASURED:
        label, note = Label.ESTIMATED, LOCAL_DURATIONS
    return Quantity(f"{name}: GB-seconds", price_key, gb_seconds, label, "Lambda's REPORT lines", note)


def _assumed_compute(
    name: str,
    invocations: Sequence[Invocation],
    trace: Trace,
    price_key: str,
    assumed: Assumptions,
) -> Quantity:
    """Sum assumed durations: a rehearsal's own are virtual."""
    memory_mb = invocations[0].memory_mb or 128
    suspends = any(one.operations_replayed is not None for one in invocations)
    warm = sum(
        invocation_milliseconds(assumed, memory_mb, replayed=one.operations_replayed or 0, suspends=suspends)
        for one in invocations
    )
    cold = _cold_starts(invocations, float(assumed["kept_warm_seconds"]))
    added = cold * milliseconds(assumed["initialization_seconds"])
    if suspends:
        added += _checkpoints(trace) * milliseconds(assumed["checkpoint_seconds"])
    return compute_quantity(name, Decimal(warm + added) / 1000, memory_mb, price_key)


def compute_quantity(name: str, seconds: Decimal, memory_mb: int, price_key: str) -> Quantity:
    """Return the GB-seconds of assumed durations."""
    return Quantity(
        f"{name}: GB-seconds",
        price_key,
        seconds * Decimal(memory_mb) / 1024,
        Label.ASSUMED,
        "assumed durations",
        "Durations of functions are assumed, not measured",
    )


def _cold_starts(invocations: Sequence[Invocation], kept_warm_seconds: float) -> int:
    """Count the first invocation, and each that follows a longer pause than an environment is kept."""
    starts = [one.started_at for one in invocations]
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    return 1 + sum(pause > kept_warm_seconds for pause in pauses)


def _checkpoints(trace: Trace) -> int:
    """Count the results and waits that the function waited to have stored."""
    return sum(event.kind in (*ENDED_STEPS, EventKind.WAIT_STARTED) for event in trace.events)


def _logs(trace: Trace, counts: Counts, assumed: Assumptions) -> Iterator[Quantity]:
    """Yield what functions wrote; nothing where none was invoked."""
    if not trace.invocations:
        return
    way = all_ways().get(trace.orchestrator)
    # Of what is no way here, no function is taken to begin a wait.
    logged = set(way.workers) if way else set(Work) - {Work.WAIT}
    attempts = (*ATTEMPTS, EventKind.WAIT_STARTED)
    work = sum(event.kind in attempts and event.work in logged for event in trace.events)
    # What an event invokes is in no history, and in the invocations.
    unrecorded = way.unrecorded if way else ()
    work += sum(one.function_name.endswith(f"-{name}") for one in trace.invocations for name in unrecorded)
    checks = counts.polls if Work.LOOK in logged else 0
    yield logs_quantity(work, checks, counts.invocations, assumed)


def logs_quantity(
    work: int | Decimal, checks: int | Decimal, invocations: int | Decimal, assumed: Assumptions
) -> Quantity:
    """Return what the functions write to their logs.

    Args:
        work: submits, checks and cancels that were begun.
        checks: those of them that were answered checks.
        invocations: of all functions.
    """
    log_bytes = (
        work * assumed["log_bytes_a_piece_of_work"]
        + checks * assumed["log_bytes_a_check"]
        + invocations * assumed["log_bytes_an_invocation"]
    )
    return Quantity(
        "logs ingested",
        LOGS,
        log_bytes / BYTES_A_GB,
        Label.ASSUMED,
        "assumed bytes a log line, times counts",
        "Bytes of logs are assumed, not measured",
    )
