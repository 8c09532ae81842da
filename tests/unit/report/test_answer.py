"""What the page says of the time beyond the query: what the comparison's own sentence says, with origins."""

from typing import Any, cast

import pytest

from orchbench.evaluation.apart import apart
from orchbench.report.answer import compared
from orchbench.report.figures import count
from orchbench.report.model import plain
from orchbench.report.reading import Results

RESULTS = Results("monday", cast("Any", None), {}, (), None)


def ways(first: float, second: float) -> Any:
    return {
        way: {"latencies": {"overhead_seconds": {"median": median, "count": 8, "label": "measured"}}}
        for way, median in (("one", first), ("other", second))
    }


def difference(median: float, low: float | None, high: float | None) -> Any:
    interval = None if low is None else {"low": low, "high": high, "confidence": 0.95}
    return {
        "key": "overhead_seconds",
        "first": "one",
        "second": "other",
        "median": median,
        "median_interval": interval,
    }


@pytest.mark.parametrize(
    ("bounds", "page", "sentence"),
    [
        (
            (-2.5, -1.5),
            "Beyond the query, one took 1.50 to 2.50 s less than other (95 % interval), which may come from "
            "where ends fall between two polls, in 8 runs each",
            "one took 1.50 to 2.50 s less beyond the query than other (95 % interval), which may come from "
            "where ends fall between two polls",
        ),
        (
            (-4.5, 0.5),
            "Beyond the query, no way can be told from another: 1.10 to 3.10 s, medians of 8 runs each",
            "beyond the query no way can be told from another (medians 1.10 to 3.10 s)",
        ),
        (
            (None, None),
            "Beyond the query the medians are 1.10 to 3.10 s, and 8 runs each are too few to rank the ways "
            "(6 are needed)",
            "beyond the query the medians are 1.10 to 3.10 s, and 8 runs each are too few to rank the ways: "
            "6 are needed",
        ),
    ],
)
def test_the_page_says_what_the_sentence_says(
    bounds: tuple[float | None, float | None], page: str, sentence: str
) -> None:
    found = apart(ways(1.1, 3.1), [difference(-2.0, *bounds)], poll_seconds=10)
    assert found is not None

    runs = count(8, "runs", "measured", "counted", "monday/traces")
    assert plain(compared(found, runs, RESULTS)) == page
    assert found["said"] == sentence


def test_without_a_figure_of_every_way_nothing_is_said() -> None:
    assert apart({"one": {"latencies": {}}}, [], poll_seconds=10) is None
