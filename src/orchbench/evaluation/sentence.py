"""What a comparison means, in one sentence, said no more strongly than its runs allow."""

from decimal import Decimal

from orchbench.trace import Json

LOCAL = "billed counts match AWS, timings are this machine's"


def meaning(ways: Json, found: Json | None, host: str, region: str, *, complete: bool) -> str:
    """Return one sentence about the ways' figures.

    Args:
        ways: of a summary.
        found: what tells them apart.
        host: where they ran.
        region: whose list prices count, in words.
        complete: whether all runs were made.
    """
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
    said = [*([found["said"]] if found else []), _costs(ways, region), *([LOCAL] if host == "local" else [])]
    sentence = f"{start}{'; '.join(said)}."
    return sentence if sentence.startswith(tuple(ways)) else sentence[0].upper() + sentence[1:]


def _costs(ways: Json, region: str) -> str:
    totals = {name: Decimal(way["bill"]["median_usd"]) for name, way in ways.items()}
    cheap, dear = min(totals, key=totals.__getitem__), max(totals, key=totals.__getitem__)
    if not totals[cheap]:
        return f"a run of {cheap} costs nothing at list prices of {region}"
    times = totals[dear] / totals[cheap]
    return f"a run of {dear} costs {times:.1f} times one of {cheap} at list prices of {region}"
