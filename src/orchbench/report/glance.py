"""What is seen first: the verdict, four numbers, one chart, and when to choose another way."""

from collections.abc import Collection, Iterator, Sequence

from orchbench.evaluation.complexity_rows import COMPOSES
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.workload import LONGEST_SECONDS
from orchbench.probes import Probe, all_probes
from orchbench.report.figures import count, hours, times, told_poll, with_unit
from orchbench.report.hour import PARTS, Hour, Hours
from orchbench.report.model import Glance, Number, Text, plain
from orchbench.report.policies import lag_chart
from orchbench.report.reading import QUOTAS_IN, Given
from orchbench.trace import Label
from orchbench.ways import all_ways


def glance(found: Hours, given: Given, confirmed: Collection[str] = ()) -> Glance:
    """Return what is seen first.

    Args:
        found: the hour on every way.
        given: what estimates are made with.
        confirmed: the probes whose claims held on AWS.
    """
    return Glance(
        verdict=list(_verdict(found, confirmed)),
        basis=[_basis(found, given)],
        numbers=[_cost(found), _lag(found), _longest(found), _share(found)],
        chart=lag_chart(given),
        instead=list(_instead(found)),
    )


def _verdict(found: Hours, confirmed: Collection[str]) -> Iterator[Text]:
    best = found.chosen
    others = [one for one in found.pair if one is not best]
    if others:
        yield _of_the_pair(best, others[0])
    else:
        yield (f"Choose **{best.way}** (estimated): it is ", best.share, " of the whole bill.")
    if cheaper := found.cheaper:
        per = found.given.asked.per
        told = (f"**{cheaper.way}** does the same for less: ", cheaper.cost, f" {per} instead of ")
        way = all_ways().get(cheaper.way)
        open_claim = bool(way and way.probe and way.probe not in confirmed)
        until = f", if the probe `{way.probe}` confirms how it is billed" if way and open_claim else ""
        yield (*told, best.cost, f", with the same lag{until}.")
    yield from _without_polls(found)
    yield _unless(best, others, confirmed)


def _without_polls(found: Hours) -> Iterator[Text]:
    """Say what not polling would change, by the cheapest way that waits for an event."""
    for event in found.by_event[:1]:
        yield (
            f"**Not polling at all** ({event.way}) costs ",
            event.cost,
            f" {found.given.asked.per}. An end is then seen ",
            *with_unit(event.event_lag),
            " late if its event arrives (assumed), and up to ",
            *with_unit(event.worst_lag),
            " late if the event is lost: ",
            *with_unit(event.mean_lag),
            " on average.",
        )


def _of_the_pair(best: Hour, other: Hour) -> Text:
    """Say which of the pair, on its share of the whole bill, its lag and its complexity."""
    lag: Text = ("an end is seen just as soon, ", *with_unit(best.mean_lag), " late on average; ")
    if best.mean_lag.value != other.mean_lag.value:
        late, instead = with_unit(best.mean_lag), with_unit(other.mean_lag)
        lag = ("an end is seen ", *late, " late on average instead of ", *instead, "; ")
    return (
        f"Choose **{best.way}** over **{other.way}** (estimated): orchestration is ",
        best.share,
        " of the bill, Redshift included, instead of ",
        other.share,
        "; ",
        *lag,
        "you operate ",
        *_parts(best, " functions"),
        " instead of ",
        *_parts(other),
        ".",
    )


def _parts(one: Hour, unit: str = "") -> Text:
    """Say what must be operated, as ``orchbench complexity`` counts it."""
    way = all_ways().get(one.way)
    if way is None:
        return (one.parts, " parts")
    number = len(way.deployed_functions)
    functions = count(number, "functions", Label.MEASURED, PARTS, one.given.files[one.way])
    return (functions, f"{unit} and a state machine" if way.has_definition else unit)


def _unless(best: Hour, others: Sequence[Hour], confirmed: Collection[str]) -> Text:
    """Name the probe that could overturn the verdict, and how far off it would have to find AWS."""
    probe = _probe(best)
    if probe is None:
        return ("No open claim about AWS could overturn this.",)
    if probe.name in confirmed:
        return (f"The probe `{probe.name}` has confirmed on AWS what this stands on.",)
    told: Text = (f"One probe could overturn the cost, `{probe.name}`",)
    # Its claim is of what the way's service meters, however much a month costs besides.
    metered = {meter.line for meter in best.candidate.usage.meters if meter.price}
    lines = [line for line in best.bill.lines if line.what in metered and line.amount_usd]
    if not others or not lines or others[0].usd <= best.usd:
        return (*told, ".")
    largest = max(lines, key=lambda line: line.amount_usd)
    ratio = (others[0].usd - best.usd + largest.amount_usd) / largest.amount_usd
    source = f"what its line '{largest.what}' would have to be for the two bills to be equal"
    figure = times(float(ratio), best.bill.label, source, best.files)
    ending = f" times the {largest.what} that we count, {others[0].way} would cost no more."
    return (*told, ": if AWS billed ", figure, ending)


def _probe(one: Hour) -> Probe | None:
    way = all_ways().get(one.way)
    return all_probes().get(way.probe) if way else None


def _basis(found: Hours, given: Given) -> Text:
    keys = price_keys((one.usage for one in given.candidates), given.architecture)
    what: Text = (
        f"All of this is estimated, not measured on AWS: {given.asked.queries}, polled "
        f"{told_poll(found.chosen.planned.policy)}, at list prices of {given.prices.told(keys)}; "
        "Redshift costs ",
        found.redshift,
        f" {given.asked.per} ({found.warehouse.told}).",
    )
    if not found.cost_decides:
        what = (*what, f" Cost does not decide: {found.told_material}.")
    probe = _probe(found.chosen)
    return (*what, f" The probe tests one claim: {probe.claim}") if probe else what


def _cost(found: Hours) -> Number:
    return Number(f"Cost of {found.given.asked.told_runs}", (found.chosen.cost,), _beside(found, "cost"))


def _share(found: Hours) -> Number:
    return Number("Share of the bill, Redshift included", (found.chosen.share,), _beside(found, "share"))


def _lag(found: Hours) -> Number:
    best = found.chosen
    alike = all(one.estimate.lag == best.estimate.lag for one in found.each if one.candidate.polls)
    beside: list[Text] = [("on average; ", *with_unit(best.worst_lag), " at worst")]
    if alike:
        beside.append(("the same on every way that polls",))
        rest = [one for one in found.each if not one.candidate.polls]
    else:
        rest = [one for one in found.each if one is not best]
    beside += _other_lags(rest)
    return Number("Lag before an end is seen", with_unit(best.mean_lag), beside)


def _other_lags(rest: Sequence[Hour]) -> Iterator[Text]:
    """Yield the lags of other ways, those together that are alike."""
    alike: dict[str, tuple[list[str], Text]] = {}
    for one in rest:
        said = _lag_said(one)
        alike.setdefault(plain(said), ([], said))[0].append(one.way)
    for names, said in alike.values():
        yield (f"{', '.join(names)} ", *said)


def _lag_said(one: Hour) -> Text:
    if not one.candidate.is_woken:
        return with_unit(one.mean_lag)
    return (*with_unit(one.event_lag), "; event lost: ", *with_unit(one.worst_lag), " at worst")


def _longest(found: Hours) -> Number:
    best = found.chosen
    day = hours(
        float(LONGEST_SECONDS),
        Label.ESTIMATED,
        "the poll budget and Redshift's own limit",
        f"{best.given.files[best.way]}; {QUOTAS_IN}",
    )
    kept: list[Text] = [(f"polled {told_poll(best.planned.policy)} up to ", best.promised, " h")]
    rest = _others(found)
    return Number(
        "Longest query", (day, " h"), [*kept, *((f"{one.way} up to ", one.promised, " h") for one in rest)]
    )


def _beside(found: Hours, name: str) -> list[Text]:
    return [(f"{one.way} ", getattr(one, name)) for one in _others(found)]


def _others(found: Hours) -> list[Hour]:
    """Return what stands beside the chosen way: the other of the pair, and what does the same for less."""
    named = (*found.pair, found.cheaper)
    return [one for one in found.each if one is not found.chosen and any(one is other for other in named)]


def _instead(found: Hours) -> Iterator[Text]:
    """Say for each other way when it is the right one, once for those of which the same is said."""
    best = found.chosen
    alike: dict[str, tuple[list[str], Text]] = {}
    for one in found.each:
        if one is best:
            continue
        when = list(_whens(one, found))
        if when:
            said = tuple(part for text in _joined(when) for part in text)
            alike.setdefault(plain(said), ([], said))[0].append(f"**{one.way}**")
    for names, said in alike.values():
        yield (f"{' or '.join(names)} if ", *said, ".")


def _whens(one: Hour, found: Hours) -> Iterator[Text]:
    best = found.chosen
    way = all_ways().get(one.way)
    if one is found.cheaper:
        probe = f", and the probe `{way.probe}` confirms how it is billed" if way and way.probe else ""
        what = way.varies.what if way and way.varies else "a variant"
        yield (f"{what} suits you{probe}",)
    elif way and way.varies and one.candidate.polls:
        yield (f"you want {way.varies.what}",)
    chosen = all_ways().get(best.way)
    if way and chosen and one in found.pair and way.has_definition and not chosen.has_definition:
        yield (COMPOSES,)
    of = way.varies.of if way and way.varies else None
    parent = next((other for other in found.each if other.way == of), best)
    if not one.candidate.polls:
        confirms = f", and the probe `{way.probe}` confirms it" if way and way.probe else ""
        yield _at_once(one, confirms)
    elif (one.promised.value or 0) > (parent.promised.value or 0):
        yield (
            "every end must be seen within ",
            *with_unit(best.worst_lag),
            " at timeouts of ",
            best.promised,
            " to ",
            one.promised,
            f" h, where {best.way} polls less often",
        )


def _at_once(one: Hour, confirms: str) -> Text:
    if not one.candidate.is_woken:
        return (f"an end must be known at once{confirms}",)
    return (
        "an end should be known within ",
        *with_unit(one.event_lag),
        ", ",
        *with_unit(one.worst_lag),
        f" late is acceptable if its event is lost{confirms}",
    )


def _joined(whens: Sequence[Text]) -> Iterator[Text]:
    for index, text in enumerate(whens):
        if index:
            yield ("; or if ",)
        yield text
