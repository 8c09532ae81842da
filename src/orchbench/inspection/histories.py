"""An exported history in figures: its bill, its lag, its retries, and how long until each quota.

The same trace, counts and prices as a comparison's. What only Lambda's reports say, how long functions ran,
is assumed where the file has no reports.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from orchbench.evaluation.assumptions import Assumptions
from orchbench.evaluation.cost import bill
from orchbench.evaluation.counts import Counts, count
from orchbench.evaluation.latency import Latency, latency
from orchbench.evaluation.limits import quotas
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.tariff import Bill
from orchbench.inspection.files import History, NotInspectable
from orchbench.platforms import Platform
from orchbench.platforms.meters import HISTORY_EVENTS, Meter
from orchbench.trace import EventKind, Invocation, Label, Trace, TraceEvent, Work
from orchbench.ways import Way, all_ways

LOCAL_ACCOUNT = ":000000000000:"
"""Of the local AWS: what it ran was no function of 128 MB."""
ANSWERED = (EventKind.TASK_SUCCEEDED, EventKind.STEP_SUCCEEDED)
FEWEST_POLLS = 2
"""A pace needs two polls."""


@dataclass(frozen=True)
class QuotaUse:
    """How much of a quota an execution used, and when it would have been used up.

    Attributes:
        seconds: from the start until its polls, going on as they did, use it up; None where they use none of
            it, or were too few to say.
    """

    key: str
    what: str
    unit: str
    used: float
    limit: int
    seconds: float | None


@dataclass(frozen=True)
class HistoryFigures:
    """What a history shows.

    Attributes:
        way: the project's way that it is of; empty where it is of none, or of one of several.
        notes: what a reader must know of the figures, a sentence each.
    """

    platform: str
    way: str
    trace: Trace
    counts: Counts
    latency: Latency
    bill: Bill
    quotas: tuple[QuotaUse, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Traced:
    """Whose history it is taken to be, for its trace."""

    name: str
    works: Mapping[str, Work]


def history_figures(
    path: Path,
    history: History,
    prices: PriceList,
    *,
    architecture: str = "x86_64",
    memory_mb: int = 128,
    assumptions: Assumptions | None = None,
) -> HistoryFigures:
    """Return the figures of a history.

    Args:
        path: named in the sentence of an error.
        memory_mb: of its functions, where the file has no reports.

    Raises:
        NotInspectable: an event is not as the service writes it, or there are more than it allows.
    """
    platform, record = history.platform, history.record
    for quota in platform.execution_quotas:
        if quota.meter is HISTORY_EVENTS:
            _refuse_more(path, len(record.events), quota.meter.unit, quota.limit)
    try:
        traced = _traced(history)
        invocations = _invocations(history, memory_mb)
        text = f"{record.description}"
        host = "local" if LOCAL_ACCOUNT in text else "aws"
        trace = platform.trace(traced, host, record, invocations)
        counts = count(trace)
        uses = tuple(_quota_uses(platform, trace))
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise NotInspectable(
            f"{path} has events that {platform.title} does not write so ({type(error).__name__}: {error})."
        ) from None
    for use in uses:
        _refuse_more(path, use.used, use.unit, use.limit)
    assumed = history.invocations is None
    cost = bill(
        trace,
        prices,
        architecture=architecture,
        assumptions=assumptions,
        assume_durations=assumed,
    )
    return HistoryFigures(
        platform=platform.title,
        way=traced.name,
        trace=trace,
        counts=counts,
        latency=latency(trace),
        bill=cost,
        quotas=uses,
        notes=tuple(_notes(trace, counts, cost)),
    )


def _refuse_more(path: Path, used: float, unit: str, limit: int) -> None:
    if used > limit:
        raise NotInspectable(f"{path} is larger than a history can be: {used:,.0f} {unit} of {limit:,}.")


def _traced(history: History) -> _Traced:
    """Return the way that a history is of, by the names of its states or operations and by its ARN."""
    platform, record = history.platform, history.record
    guessed = platform.works_in(record)
    ways = [way for way in all_ways().values() if way.platform.name == platform.name]
    seen = {event.name for event in platform.trace(_Traced("", {}), "aws", record, ()).events}
    known = {name for way in ways for name in way.works}
    fitting = [way for way in ways if _fits(way, seen & known)]
    arns = " ".join(str(value) for value in record.description.values() if "arn:" in str(value))
    named = sorted((way for way in fitting if way.name in arns), key=lambda way: len(way.name))
    if named:
        return _Traced(named[-1].name, named[-1].works)
    if len(fitting) == 1:
        return _Traced(fitting[0].name, fitting[0].works)
    return _Traced("", fitting[0].works if fitting else guessed)


def _fits(way: Way, seen: Set[str]) -> bool:
    """Tell whether a history with these names of ways' works may be one of this way."""
    names = {work: {name for name, one in way.works.items() if one is work} for work in Work}
    begins = names[Work.PREPARE] or names[Work.SUBMIT]
    waited = not names[Work.WAIT] or not names[Work.LOOK] & seen or bool(names[Work.WAIT] & seen)
    return bool(begins & seen) and seen <= way.works.keys() and waited


def _invocations(history: History, memory_mb: int) -> tuple[Invocation, ...]:
    if history.invocations is not None:
        return tuple(Invocation(**one | {"label": Label(one["label"])}) for one in history.invocations)
    return tuple(
        Invocation(
            one.function_name or "function",
            one.request_id,
            one.started_at,
            memory_mb=memory_mb,
            label=Label.ASSUMED,
            operations_replayed=one.operations_replayed,
        )
        for one in history.platform.requests(history.record)
    )


def _quota_uses(platform: Platform, trace: Trace) -> Sequence[QuotaUse]:
    uses = []
    for quota in platform.execution_quotas:
        used = _used(platform, trace.events, quota.meter)
        known = quotas()[quota.key]
        seconds = _seconds_until(platform, trace, quota.meter, quota.limit)
        uses.append(QuotaUse(quota.key, known.what, known.unit, used, quota.limit, seconds))
    if platform.longest_execution:
        known = quotas()[platform.longest_execution]
        last = trace.ended_at or max((event.at for event in trace.events), default=trace.started_at)
        ran = last - trace.started_at
        uses.append(
            QuotaUse(platform.longest_execution, known.what, known.unit, ran, known.value, float(known.value))
        )
    return uses


def _seconds_until(platform: Platform, trace: Trace, meter: Meter, limit: int) -> float | None:
    """Return when a quota is used up if polling goes on as it went, seconds after the execution's start."""
    looks = [
        index
        for index, event in enumerate(trace.events)
        if event.work is Work.LOOK and event.kind in ANSWERED
    ]
    if len(looks) < FEWEST_POLLS:
        return None

    first, last = looks[0], looks[-1]
    polls = len(looks) - 1
    before, used = (_used(platform, trace.events[: one + 1], meter) for one in (first, last))
    a_poll = (used - before) / polls
    pause = (trace.events[last].at - trace.events[first].at) / polls
    if a_poll <= 0:
        return None
    return trace.events[last].at - trace.started_at + (limit - used) / a_poll * pause


def _used(platform: Platform, events: Sequence[TraceEvent], meter: Meter) -> int:
    """Return how much of a meter events used, with what no history shows of it."""
    if meter is HISTORY_EVENTS:
        return len(events)
    missing = sum(one.amount for one in platform.unrecorded(events) if one.meter is meter)
    return platform.metered(events).get(meter, 0) + missing


def _notes(trace: Trace, counts: Counts, cost: Bill) -> Sequence[str]:
    notes = list(cost.notes)
    if trace.statement is None:
        notes.append(
            "No answer in the history tells the statement's times, so its lag is unknown: "
            "export it with its execution data"
        )
    if trace.ended_at is None:
        notes.append("The history has no end: the execution ran on when it was exported")
    if counts.polls < FEWEST_POLLS:
        notes.append("Fewer than two polls show no pace, so no time to a quota of polls")
    return notes
