import numpy as np
import pytest
from interval_coverage import LENGTHS, coverage, stopped_coverage

from orchbench.evaluation.intervals import (
    MEDIAN,
    P95,
    STOPPING_CONFIDENCE,
    Interval,
    difference,
    fewest_runs,
    interval,
    is_within,
)

MAY_MISS = 0.02
"""No interval covers its 95 % by more than this less."""


def test_no_interval_is_told_from_fewer_than_six_runs() -> None:
    few = interval([1.0, 2.0, 3.0, 4.0, 5.0], MEDIAN)

    assert few == Interval(3.0, None, None)
    assert few is not None
    assert few.half_width_share is None
    assert interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], MEDIAN) == Interval(3.5, 1.0, 6.0)
    assert interval([], MEDIAN) is None


def test_order_statistics_bound_a_median_from_6_runs_on_and_a_95th_percentile_from_72_on() -> None:
    assert (fewest_runs(MEDIAN), fewest_runs(P95), fewest_runs(MEDIAN, STOPPING_CONFIDENCE)) == (6, 72, 7)
    assert interval(range(71), P95) == Interval(66.5, None, None)
    found = interval(range(1, 101), P95)
    assert found is not None
    # Ranks 90 and 100 of 100, as tables of order statistics have it.
    assert (found.low, found.high) == (90, 100)


@pytest.mark.parametrize("runs", [6, 8, 20, 72, 100])
@pytest.mark.parametrize("lengths", LENGTHS)
def test_every_interval_that_is_shown_covers_what_it_claims(lengths: str, runs: int) -> None:
    found = coverage(lengths, runs, samples=1_000)

    assert set(found) == {"median", "median difference"} | (
        {"95th percentile", "95th percentile difference"} if runs >= 72 else set()
    )
    assert min(found.values()) >= 0.95 - MAY_MISS, found


@pytest.mark.parametrize("lengths", LENGTHS)
def test_an_interval_covers_what_it_claims_though_runs_went_on_until_it_was_narrow(lengths: str) -> None:
    assert stopped_coverage(lengths, spread=0.2, share=0.1, samples=300) >= 0.95 - MAY_MISS


def test_the_same_runs_always_give_the_same_interval_in_any_order() -> None:
    runs = [4.1, 3.9, 4.4, 4.0, 5.2, 4.3]

    assert interval(runs, MEDIAN) == interval(sorted(runs), MEDIAN)


def test_a_difference_that_is_clear_leaves_zero_out() -> None:
    random = np.random.default_rng(5)
    fast, slow = random.normal(10, 0.2, 12), random.normal(12, 0.2, 12)
    clear = difference(interval(list(slow), MEDIAN), interval(list(fast), MEDIAN))
    none = difference(interval(list(fast), MEDIAN), interval(list(fast + 0.001), MEDIAN))

    assert clear is not None
    assert clear.low is not None
    assert none is not None
    assert none.low is not None
    assert none.high is not None
    assert clear.low > 0
    assert clear.value == pytest.approx(float(np.median(slow) - np.median(fast)))
    assert none.low < 0 < none.high
    assert difference(interval([1.0], P95), interval([], P95)) is None


def test_runs_that_are_all_alike_have_an_interval_of_no_width() -> None:
    found = interval([3.0] * 6, MEDIAN)

    assert found is not None
    assert (found.low, found.high, found.half_width_share) == (3.0, 3.0, 0.0)


def test_going_on_until_the_intervals_are_within_a_share() -> None:
    narrow, wide = Interval(10.0, 9.5, 10.5), Interval(10.0, 7.0, 13.0)

    assert is_within([narrow], 0.05)
    assert not is_within([narrow, wide], 0.1)
    assert not is_within([narrow, None], 0.1)
    assert not is_within([], 0.1)
