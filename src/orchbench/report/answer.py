"""The answer in three sentences, each with its conditions: what it costs, how long it takes, what ends it."""

from collections.abc import Sequence

from orchbench.evaluation.limits import reach
from orchbench.evaluation.rates import price_keys
from orchbench.evaluation.way_estimate import estimate_way
from orchbench.report.figures import count, seconds, times, told_duration, usd_of_runs
from orchbench.report.model import Figure, Text
from orchbench.report.reading import QUOTAS_IN, Given, Results
from orchbench.trace import Json, Label
from orchbench.ways.durations import Policy

DURATION_SECONDS, INTERVAL_SECONDS = 3_600, 10
FEW_RUNS = 10


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
        f"from {dates[0]} to {dates[-1]}, without a free tier and without Redshift, durations of functions "
        "and bytes of logs assumed."
    )
    return tuple(parts)


def _time(one: Results, *, several: bool) -> Text:
    """Say whether the ways took longer or shorter, no more strongly than the runs allow."""
    of_folder = f" (the first folder, {one.name})" if several else ""
    settings, ways = one.comparison.settings, one.summary["ways"]
    overheads = {way: figures["latencies"].get("overhead_seconds") for way, figures in ways.items()}
    outcomes = [figures["outcomes"] for figures in ways.values()]
    failed = any(found["succeeded"] < found["runs"] or found["marts_wrong"] for found in outcomes)
    if failed or not all(overheads.values()):
        return (f"{one.summary['meaning']}{of_folder}",)
    known: dict[str, Json] = {way: found for way, found in overheads.items() if found}
    ranked = sorted(known, key=lambda way: float(known[way]["median"]))
    low, high = (known[way] for way in (ranked[0], ranked[-1]))
    interval = float(settings.input["poll"].get("interval_seconds", 0))
    spread = max(interval, *(found["maximum"] - found["minimum"] for found in known.values()))
    differs = high["median"] - low["median"] > spread

    def median(way: str) -> Figure:
        found = known[way]
        return seconds(
            found["median"], found["label"], f"median of {found['count']} runs", one.traces_of(way)
        )

    least = min(way["outcomes"]["runs"] for way in ways.values())
    runs = count(least, "runs", "measured", "counted", one.file("traces"))
    where = (
        "on one machine's local servers, whose times are no AWS figures"
        if settings.host == "local"
        else f"on {one.host} in {settings.region}"
    )
    few = ", which are few" if least < FEW_RUNS else ""
    between: Text = (
        ("Beyond the query, ", ranked[0], " took ", median(ranked[0]), " s and ", ranked[-1], " ")
        if differs
        else ("Beyond the query, no way can be told from another: ", median(ranked[0]), " to ")
    )
    polled = count(interval, "s", "measured", "the settings", one.file("comparison.json"))
    return (
        *between,
        median(ranked[-1]),
        " s, medians of ",
        runs,
        f" runs each{few}, {where}, a poll every ",
        polled,
        f" s{of_folder}.",
    )


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
