import numpy as np
import pytest

from orchbench.evaluation.bootstrap import (
    Interval,
    is_within,
    median_difference,
    median_interval,
    p95_difference,
    p95_interval,
)


def test_no_interval_is_told_from_fewer_than_five_runs() -> None:
    few = median_interval([1.0, 2.0, 3.0, 4.0])

    assert few == Interval(4, 2.5, 1.0, 4.0, None, None)
    assert few is not None
    assert few.half_width_share is None
    assert median_interval([1.0, 2.0, 3.0, 4.0, 5.0]).low is not None  # type: ignore[union-attr]
    assert median_interval([]) is None


def test_an_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(11)
    covered = 0
    for _ in range(60):
        found = median_interval(list(random.lognormal(0, 0.5, 20)))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 1.0 <= found.high

    assert 50 <= covered <= 60


def test_the_same_runs_always_give_the_same_interval() -> None:
    runs = [4.1, 3.9, 4.4, 4.0, 5.2, 4.3]

    assert median_interval(runs) == median_interval(runs)
    assert p95_interval(runs) == p95_interval(runs)


def test_a_difference_that_is_clear_leaves_zero_out() -> None:
    random = np.random.default_rng(5)
    fast, slow = random.normal(10, 0.2, 12), random.normal(12, 0.2, 12)
    clear = median_difference(list(slow), list(fast))
    none = median_difference(list(fast), list(fast + 0.001))

    assert clear is not None
    assert none is not None
    assert clear.is_clear
    assert clear.value == pytest.approx(float(np.median(slow) - np.median(fast)))
    assert not none.is_clear
    assert p95_difference([1.0], []) is None


def test_runs_that_are_all_alike_have_an_interval_of_no_width() -> None:
    found = median_interval([3.0] * 6)

    assert found is not None
    assert (found.low, found.high, found.half_width_share) == (3.0, 3.0, 0.0)


def test_runs_with_one_that_differs_have_an_interval_and_no_warning() -> None:
    found = median_interval([3.0, 3.0, 3.0, 3.0, 3.0, 9.0])

    assert found is not None
    assert found.low is not None
    assert found.low <= 3.0


def test_going_on_until_the_intervals_are_within_a_share() -> None:
    narrow, wide = Interval(9, 10.0, 9, 11, 9.5, 10.5), Interval(9, 10.0, 5, 20, 7.0, 13.0)

    assert is_within([narrow], 0.05)
    assert not is_within([narrow, wide], 0.1)
    assert not is_within([narrow, None], 0.1)
    assert not is_within([], 0.1)
