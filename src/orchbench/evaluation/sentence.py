"""What a comparison means, in one sentence, said no more strongly than its runs allow."""

from decimal import Decimal

from orchbench.trace import Json


def meaning(ways: Json, settings: Json, region: str, *, complete: bool) -> str:
    """Return one sentence about the ways' figures."""
    counted = {name: way["outcomes"] for name, way in ways.items()}
    if any(not one["runs"] for one in counted.values()):
        return "There are not yet runs of every way to compare."
    bad = [
        f"{name} failed {one['runs'] - one['succeeded']} of {one['runs']}"
        for name, one in counted.items()
        if one["succeeded"] < one["runs"]
    ]
    wrong = [
        f"{name} left {one['marts_wrong']} wrong marts" for name, one in counted.items() if one["marts_wrong"]
    ]
    if bad or wrong:
        return f"Not a comparison to lean on: {', '.join([*bad, *wrong])}."
    start = "" if complete else "Interrupted before all runs were made: "
    runs = min(one["runs"] for one in counted.values())
    interval_seconds = settings["input"]["poll"]["interval_seconds"]
    said = [_overheads(ways, interval_seconds), _costs(ways, region), _reservation(settings["host"], runs)]
    sentence = f"{start}{'; '.join(said)}."
    return sentence if sentence.startswith(tuple(ways)) else sentence[0].upper() + sentence[1:]


def _overheads(ways: Json, interval_seconds: float) -> str:
    """Compare the overheads; what is below the runs' spread or the poll interval tells none.

    Where between two polls a query happens to end moves the overhead by up to an interval.
    """
    figures = {name: way["latencies"]["overhead_seconds"] for name, way in ways.items()}
    noise = max(interval_seconds, *(one["maximum"] - one["minimum"] for one in figures.values()))
    ranked = sorted(figures, key=lambda name: float(figures[name]["median"]))
    difference = figures[ranked[-1]]["median"] - figures[ranked[0]]["median"]
    if difference > noise:
        return f"{ranked[0]} took {difference:.2f} s less beyond the query than {ranked[-1]}"
    shortest, longest = (figures[name]["median"] for name in (ranked[0], ranked[-1]))
    return (
        f"beyond the query no way can be told from another ({shortest:.2f} to {longest:.2f} s, at "
        f"a poll every {interval_seconds} s)"
    )


def _costs(ways: Json, region: str) -> str:
    totals = {name: Decimal(way["bill"]["median_usd"]) for name, way in ways.items()}
    cheap, dear = min(totals, key=totals.__getitem__), max(totals, key=totals.__getitem__)
    if not totals[cheap]:
        return f"a run of {cheap} costs nothing at list prices of {region}"
    times = totals[dear] / totals[cheap]
    return f"a run of {dear} costs {times:.1f} times one of {cheap} at list prices of {region}"


def _reservation(host: str, runs: int) -> str:
    few = "one run each says little" if runs == 1 else f"{runs} runs each" + (" are few" if runs < 10 else "")
    if host == "local":
        return f"what is billed by count is as on AWS, times are this machine's, and {few}"
    return few
