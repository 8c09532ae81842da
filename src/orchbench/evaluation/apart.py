"""Which ways the runs tell apart: the one rule, by which the sentence, the page and the record go.

Two ways are told apart where the interval of their difference leaves zero out. What has no interval is not
told apart, and neither is it alike: there are too few runs to say.
"""

from collections.abc import Sequence

from orchbench.evaluation.intervals import MEDIAN, fewest_runs
from orchbench.trace import Json

TOO_FEW, ALIKE, APART = "too few runs", "alike", "apart"
KEY = "overhead_seconds"
RULE = "the 95 % intervals of the differences of medians"


def apart(ways: Json, differences: Sequence[Json], poll_seconds: float | None) -> Json | None:
    """Return what the runs say of the time beyond the query; None where a way has no figure of it.

    Args:
        ways: of a summary.
        differences: of each two of them.
        poll_seconds: between two polls; None where that changes.

    Returns:
        ``verdict``; ``less`` and ``more``, the two ways that it is about, with their ``medians``; where they
        are told apart the ``difference`` with its ``interval``, and whether a poll interval could make it.
    """
    figures = {name: way["latencies"].get(KEY) for name, way in ways.items()}
    if not figures or not all(figures.values()):
        return None
    told = [one for one in differences if one["key"] == KEY]
    bounded = [one for one in told if one["median_interval"]]
    clear = [one for one in bounded if is_clear(one)]
    if clear:
        widest = max(clear, key=lambda one: abs(one["median"]))
        pair = (widest["first"], widest["second"])
        less, more = pair if widest["median"] < 0 else pair[::-1]
        verdict = APART
    else:
        ranked = sorted(figures, key=lambda name: float(figures[name]["median"]))
        less, more, widest = ranked[0], ranked[-1], None
        verdict = ALIKE if len(bounded) == len(told) else TOO_FEW
    document: Json = {
        "verdict": verdict,
        "less": less,
        "more": more,
        "medians": {"less": figures[less]["median"], "more": figures[more]["median"], "unit": "s"},
        "runs": min(one["count"] for one in figures.values()),
        "label": figures[less]["label"],
        "source": RULE,
    }
    if widest is not None:
        ends = sorted(abs(widest["median_interval"][end]) for end in ("low", "high"))
        document |= {
            "difference": abs(widest["median"]),
            "interval": dict(zip(("low", "high"), ends, strict=True)),
            "within_a_poll": poll_seconds is not None and abs(widest["median"]) < poll_seconds,
        }
    return document | {"said": said(document)}


def is_clear(difference: Json) -> bool:
    """Tell whether the interval of a difference leaves zero out; one without an interval does not."""
    interval = difference["median_interval"]
    return bool(interval) and (interval["low"] > 0 or interval["high"] < 0)


def said(document: Json) -> str:
    """Say it in a clause."""
    low, high = (document["medians"][end] for end in ("less", "more"))
    if document["verdict"] == APART:
        ends = document["interval"]
        polled = (
            ", which may come from where ends fall between two polls" if document["within_a_poll"] else ""
        )
        return (
            f"{document['less']} took {ends['low']:.2f} to {ends['high']:.2f} s less beyond the query than "
            f"{document['more']} (95 % interval){polled}"
        )
    if document["verdict"] == ALIKE:
        return f"beyond the query no way can be told from another (medians {low:.2f} to {high:.2f} s)"
    runs = document["runs"]
    few = "one run each is" if runs == 1 else f"{runs} runs each are"
    return (
        f"beyond the query the medians are {low:.2f} to {high:.2f} s, and {few} too few to rank the ways: "
        f"{fewest_runs(MEDIAN)} are needed"
    )
