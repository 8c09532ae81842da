"""The answer in three sentences, each with its conditions: what it costs, how long it takes, what ends it."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from orchbench.evaluation.apart import ALIKE, APART
from orchbench.evaluation.estimate import estimate_way
from orchbench.evaluation.figures import GIVEN
from orchbench.evaluation.intervals import MEDIAN, fewest_runs
from orchbench.evaluation.limits import reach
from orchbench.evaluation.month import with_small_prices
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.warehouse import RPUS, Warehouse
from orchbench.report.figures import count, seconds, share, times, told_duration, usd_of_runs
from orchbench.report.model import Figure, Text
from orchbench.report.reading import QUOTAS_IN, Given, Results
from orchbench.trace import Json, Label
from orchbench.ways.durations import Policy

DURATION_SECONDS, INTERVAL_SECONDS = 3_600, 10


def answer(results: Sequence[Results], given: Given) -> list[Text]:
    """Return the three sentences."""
    return [_cost(given), _time(results[0], several=len(results) > 1), _limits(given)]


def _cost(given: Given) -> Text:
    """Say which way costs least, for a query of an hour polled every 10 s."""
    policy = Policy.fixed(INTERVAL_SECONDS)
    found = {
        one.name: estimate_way(one, DURATION_SECONDS, policy, given.terms).bill for one in given.candidates
    }
    ranked = sorted(found, key=lambda way: (found[way].total_usd, way))
    source = "closed form of the way's own counts, at list prices"

    def cost(way: str) -> Figure:
        return usd_of_runs(found[way].total_usd, found[way].label, source, given.estimated_in(way))

    parts: list[str | Figure] = [f"{ranked[0]} costs least, ", cost(ranked[0]), " USD a 1,000 runs"]
    least = found[ranked[0]].total_usd
    for way in ranked[1:]:
        label, files = found[way].label, given.estimated_in(way)
        parts += [f"; {way} costs ", cost(way)]
        if least:
            ratio = times(float(found[way].total_usd / least), label, "ratio of the two bills", files)
            parts += [", ", ratio, " times the least"]
    keys = price_keys((one.usage for one in given.candidates), given.architecture)
    dates = sorted(given.prices[key].date for key in keys)
    parts.append(
        f": for a query of {told_duration(DURATION_SECONDS)} polled every {INTERVAL_SECONDS} s, "
        f"{given.memory_mb} MB {given.architecture}, at list prices of {given.prices.told(keys)} read "
        f"from {dates[0]} to {dates[-1]}, no free tier, durations of functions and bytes of logs assumed."
    )
    return (*parts, *_beside_redshift(found[ranked[-1]].total_usd, ranked[-1], given))


def _beside_redshift(dearest_usd: Decimal, way: str, given: Given) -> Text:
    """Say what Redshift costs for the same queries, and what share of both the dearest way is."""
    rpu_hour = with_small_prices(given.prices)["redshift_rpu_hour"]
    warehouse = Warehouse.serverless(given.assumed.named[RPUS], rpu_hour)
    usd = warehouse.usd(np.array([float(DURATION_SECONDS)]), DURATION_SECONDS)
    cost = usd_of_runs(usd, warehouse.label, warehouse.source, given.prices_file)
    part = share(
        float(dearest_usd / (dearest_usd + usd)), warehouse.label, "ratio of the two", given.estimated_in(way)
    )
    told = f" USD a 1,000 such queries ({warehouse.told}); of both together, {way}, the dearest, is "
    return (" Redshift itself costs ", cost, told, part, ".")


def _time(one: Results, *, several: bool) -> Text:
    """Say whether the ways took longer or shorter, no more strongly than the runs allow."""
    of_folder = f" (the first folder, {one.name})" if several else ""
    settings, ways, found = one.comparison.settings, one.summary["ways"], one.summary["apart"]
    outcomes = [figures["outcomes"] for figures in ways.values()]
    failed = any(outcome["succeeded"] < outcome["runs"] or outcome["marts_wrong"] for outcome in outcomes)
    if failed or found is None:
        return (f"{one.summary['meaning']}{of_folder}",)
    least = min(way["outcomes"]["runs"] for way in ways.values())
    runs = count(least, "runs", "measured", "counted", one.file("traces"))
    where = (
        "on one machine's local servers, whose times are no AWS figures"
        if settings.host == "local"
        else f"on {one.host} in {settings.region}"
    )
    interval = float(settings.input["poll"].get("interval_seconds", 0))
    polled = count(interval, "s", Label.ASSUMED, GIVEN, one.file("comparison.json"))
    end: Text = (f", {where}, a poll every ", polled, f" s{of_folder}.")
    return (*compared(found, runs, one), *end)


def compared(found: Json, runs: Figure, one: Results) -> Text:
    """Say what tells the ways apart, as the comparison's own sentence does, with each figure's origin."""
    files = f"{one.traces_of(found['less'])}; {one.traces_of(found['more'])}"
    least, most = (
        seconds(found["medians"][end], found["label"], "median of the runs", one.traces_of(found[end]))
        for end in ("less", "more")
    )
    between: Text
    if found["verdict"] == APART:
        low, high = (
            seconds(found["interval"][end], found["label"], found["source"], files) for end in ("low", "high")
        )
        between = ("Beyond the query, ", found["less"], " took ", low, " to ", high, " s less than ")
        polled = ", which may come from where ends fall between two polls," if found["within_a_poll"] else ""
        return (*between, found["more"], f" (95 % interval){polled} in ", runs, " runs each")
    if found["verdict"] == ALIKE:
        between = ("Beyond the query, no way can be told from another: ", least, " to ", most)
        return (*between, " s, medians of ", runs, " runs each")
    needed = count(fewest_runs(MEDIAN), "runs", Label.ESTIMATED, "order statistics", files)
    between = ("Beyond the query the medians are ", least, " to ", most, " s, and ", runs)
    return (*between, " runs each are too few to rank the ways (", needed, " are needed)")


def _limits(given: Given) -> Text:
    """Say where a quota ends an execution that is polled every 10 s."""
    policy = Policy.fixed(INTERVAL_SECONDS, budget=False)
    parts: list[str | Figure] = []
    for one in given.candidates:
        found = reach(one.name, one.usage, one.budget_polls, one.kept(policy))
        if not found.ends_early:
            continue
        hours = Figure(
            found.without_budget_seconds / 3_600,
            f"{found.without_budget_seconds / 3_600:.1f}",
            "h",
            Label.ESTIMATED.value,
            f"closed form over the way's own counts and {found.limited_by}",
            f"{given.files[one.name]}; {QUOTAS_IN}",
        )
        parts += [", " if parts else "", f"{one.name} after ", hours, " h"]
    if not parts:
        return (f"No quota ends a way that polls every {INTERVAL_SECONDS} s within the 24 h of a query.",)
    return (
        f"Polled every {INTERVAL_SECONDS} s without a poll budget, a quota ends ",
        *parts,
        "; with the budget, which is on unless turned off, or with adaptive polls, all see a query of 24 h "
        "end, given a timeout of 24 h, later at worst by the stretched delay.",
    )
