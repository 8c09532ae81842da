"""Whether the runs that were made tell the ways apart beyond the query, no more strongly than they allow."""

from orchbench.evaluation.apart import ALIKE, APART
from orchbench.evaluation.figures import GIVEN
from orchbench.evaluation.intervals import MEDIAN, fewest_runs
from orchbench.report.figures import count, seconds
from orchbench.report.model import Figure, Text
from orchbench.report.reading import Results
from orchbench.trace import Json, Label


def beyond_the_query(one: Results, *, several: bool) -> Text:
    """Say whether the ways took longer or shorter, no more strongly than the runs allow."""
    of_folder = f" ({one.name})" if several else ""
    settings, ways, found = one.comparison.settings, one.summary["ways"], one.summary["apart"]
    outcomes = [figures["outcomes"] for figures in ways.values()]
    failed = any(outcome["succeeded"] < outcome["runs"] or outcome["marts_wrong"] for outcome in outcomes)
    if failed or found is None:
        return (f"{one.summary['meaning']}{of_folder}",)
    least = min(way["outcomes"]["runs"] for way in ways.values())
    runs = count(least, "runs", "measured", "counted", one.file("traces"))
    where = (
        "on one machine's local servers, whose times are not AWS figures"
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
