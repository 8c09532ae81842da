"""What a comparison means, in one sentence, said no more strongly than its runs allow."""

from decimal import Decimal
from itertools import combinations

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
    differences = "; ".join(
        f"{_overhead(ways, *pair, interval_seconds)}, and {_cost(ways, *pair, region)}"
        for pair in combinations(ways, 2)
    )
    return f"{start}{differences}; {_reservation(settings['host'], runs)}."


def _overhead(ways: Json, first: str, second: str, interval_seconds: float) -> str:
    """Compare the overheads; what is below the runs' spread or the poll interval is no difference.

    Where between two polls a query happens to end moves the overhead by up to an interval.
    """
    one, other = (ways[name]["latencies"]["overhead_seconds"] for name in (first, second))
    difference = one["median"] - other["median"]
    noise = max(interval_seconds, *(figure["maximum"] - figure["minimum"] for figure in (one, other)))
    if abs(difference) <= noise:
        return (
            f"{first} and {second} took {one['median']:.2f} s and {other['median']:.2f} s beyond the query, "
            f"which is no difference at a poll every {interval_seconds} s"
        )
    faster, slower = (second, first) if difference > 0 else (first, second)
    return f"{faster} took {abs(difference):.2f} s less beyond the query than {slower}"


def _cost(ways: Json, first: str, second: str, region: str) -> str:
    one, other = (Decimal(ways[name]["bill"]["median_usd"]) for name in (first, second))
    (cheap, low), (dear, high) = sorted(((first, one), (second, other)), key=lambda pair: pair[1])
    if not low:
        return f"{dear} costs ${high:.6f} a run at list prices of {region}"
    return f"a run of {dear} costs {high / low:.1f} times one of {cheap} at list prices of {region}"


def _reservation(host: str, runs: int) -> str:
    few = "one run each says little" if runs == 1 else f"{runs} runs each" + (" are few" if runs < 10 else "")
    if host == "local":
        return f"what is billed by count is as on AWS, times are this machine's, and {few}"
    return few
