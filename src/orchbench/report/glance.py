"""What is seen first: the verdict, four numbers, one chart, and when to choose another way."""

from collections.abc import Collection, Iterator, Sequence

from orchbench.evaluation.price_keys import price_keys
from orchbench.probes import Probe, all_probes
from orchbench.report.figures import count, hours, seconds, times, told_duration
from orchbench.report.hour import DURATION_SECONDS, INTERVAL_SECONDS, Hour, Hours
from orchbench.report.model import Glance, Number, Text
from orchbench.report.policies import lag_chart
from orchbench.report.reading import QUOTAS_IN, Given
from orchbench.trace import Label
from orchbench.ways import Way, all_ways

PROBES_IN = "docs/probes.md"


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
        yield (f"Choose **{best.way}**: it is ", best.share, " of the whole bill.")
    if cheaper := found.cheaper:
        yield (
            f"**{cheaper.way}** does the same for less: ",
            cheaper.cost,
            " per 1,000 runs instead of ",
            best.cost,
            ", with the same lag.",
        )
    yield from _without_polls(found)
    yield _unless(best, others, confirmed)


def _without_polls(found: Hours) -> Iterator[Text]:
    if found.by_event:
        event = found.by_event[0]
        yield (
            f"Not polling at all ({event.way}) costs ",
            event.cost,
            " per 1,000 runs, and an end is seen as soon as its event arrives; ",
            event.worst_lag,
            " s after it where the event is lost.",
        )


def _of_the_pair(best: Hour, other: Hour) -> Text:
    """Say which of the pair, on its share of the whole bill, its lag and its complexity."""
    lag: Text = ("an end is seen as soon, ", best.mean_lag, " s after it on average; ")
    if best.mean_lag.value != other.mean_lag.value:
        lag = ("an end is seen ", best.mean_lag, " s after it on average instead of ", other.mean_lag, " s; ")
    return (
        f"Choose **{best.way}** over **{other.way}** (estimated): orchestration is ",
        best.share,
        " of the whole bill, Redshift included, instead of ",
        other.share,
        "; ",
        *lag,
        "and it takes ",
        *_parts(best),
        " of its own to operate instead of ",
        *_parts(other),
        ".",
    )


def _parts(one: Hour) -> Text:
    way = all_ways().get(one.way)
    if way is None:
        return (one.parts, " parts")
    number = len(way.functions)
    functions = count(number, "functions", Label.MEASURED, "the way's own", one.given.files[one.way])
    plural = "" if number == 1 else "s"
    definition = " and a state machine" if _has_definition(way) else ""
    return (functions, f" function{plural}{definition}")


def _has_definition(way: Way) -> bool:
    return way.implementation.endswith(".json")


def _unless(best: Hour, others: Sequence[Hour], confirmed: Collection[str]) -> Text:
    """Name the probe that could overturn the verdict, and how far off it would have to find AWS."""
    probe = _probe(best)
    if probe is None:
        return ("No open claim about AWS could overturn this.",)
    if probe.name in confirmed:
        return (f"The probe `{probe.name}` has confirmed on AWS what this stands on.",)
    told: Text = (f"Unless the probe `{probe.name}` finds AWS otherwise",)
    largest = max(best.estimate.bill.lines, key=lambda line: line.amount_usd)
    if not others or not largest.amount_usd or others[0].usd <= best.usd:
        return (*told, ".")
    ratio = (others[0].usd - best.usd + largest.amount_usd) / largest.amount_usd
    source = f"what its line '{largest.what}' would have to be for the two bills to be equal"
    figure = times(float(ratio), best.estimate.bill.label, source, best.files)
    cost = f": {others[0].way} would cost as little if AWS billed "
    return (*told, cost, figure, f" times what we count of {largest.what}.")


def _probe(one: Hour) -> Probe | None:
    way = all_ways().get(one.way)
    return all_probes().get(way.probe) if way else None


def _basis(found: Hours, given: Given) -> Text:
    keys = price_keys((one.usage for one in given.candidates), given.architecture)
    what: Text = (
        f"All of this is estimated, not measured on AWS: a query of {told_duration(DURATION_SECONDS)} polled "
        f"every {INTERVAL_SECONDS} s, at list prices of {given.prices.told(keys)}, with Redshift at ",
        found.redshift,
        f" per 1,000 such queries ({found.warehouse.told}).",
    )
    if not found.cost_decides:
        what = (*what, f" Cost does not decide: {found.told_material}.")
    probe = _probe(found.chosen)
    return (*what, f" The probe tries one claim: {probe.claim}") if probe else what


def _cost(found: Hours) -> Number:
    return Number("Cost of 1,000 one-hour runs", (found.chosen.cost,), _beside(found, "cost"))


def _share(found: Hours) -> Number:
    return Number("Share of a bill with Redshift in it", (found.chosen.share,), _beside(found, "share"))


def _lag(found: Hours) -> Number:
    best = found.chosen
    alike = all(one.estimate.lag == best.estimate.lag for one in found.each if one.candidate.polls)
    beside: list[Text] = [("on average; ", best.worst_lag, " s at worst")]
    if alike:
        beside.append(("the same on every way that polls",))
        rest = [one for one in found.each if not one.candidate.polls]
    else:
        rest = [one for one in found.each if one is not best]
    beside += [(f"{one.way} ", one.mean_lag, " s") for one in rest]
    return Number("Lag before an end is seen", (best.mean_lag, " s"), beside)


def _longest(found: Hours) -> Number:
    best = found.chosen
    day = hours(
        best.without_budget.with_budget_seconds,
        Label.ESTIMATED,
        "the poll budget and Redshift's own limit",
        f"{best.given.files[best.way]}; {QUOTAS_IN}",
    )
    kept: list[Text] = [(f"at {INTERVAL_SECONDS} s between polls up to ", best.promised, " h")]
    rest = [one for one in found.each if one is not best]
    return Number(
        "Longest query", (day, " h"), [*kept, *((f"{one.way} up to ", one.promised, " h") for one in rest)]
    )


def _beside(found: Hours, name: str) -> list[Text]:
    return [(f"{one.way} ", getattr(one, name)) for one in found.each if one is not found.chosen]


def _instead(found: Hours) -> Iterator[Text]:
    """Say for each other way when it is the right one."""
    best = found.chosen
    for one in found.each:
        if one is best:
            continue
        when = list(_whens(one, found))
        if when:
            yield (f"**{one.way}** if ", *(part for text in _joined(when) for part in text), ".")


def _whens(one: Hour, found: Hours) -> Iterator[Text]:
    best = found.chosen
    way = all_ways().get(one.way)
    if one is found.cheaper:
        probe = f", and the probe `{way.probe}` confirms how it is billed" if way and way.probe else ""
        what = way.varies.what if way and way.varies else "a variant"
        yield (f"what sets it apart ({what}) suits you{probe}",)
    chosen = all_ways().get(best.way)
    if way and chosen and one in found.pair and _has_definition(way) and not _has_definition(chosen):
        yield ("you compose services, audit runs, or hand over to others",)
    if not one.candidate.polls:
        yield ("an end must be known sooner than polling pays for",)
    elif (one.promised.value or 0) > (best.promised.value or 0):
        lag = seconds(INTERVAL_SECONDS, Label.ASSUMED, "the hour that the page is about", PROBES_IN)
        yield (
            "every end must be seen within ",
            lag,
            " s with timeouts from ",
            best.promised,
            " h to ",
            one.promised,
            f" h, where {best.way} has to poll less often",
        )


def _joined(whens: Sequence[Text]) -> Iterator[Text]:
    for index, text in enumerate(whens):
        if index:
            yield ("; or if ",)
        yield text
