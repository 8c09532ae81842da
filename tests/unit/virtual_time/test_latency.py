"""The latency profiles: nothing by default, and every assumption says that it is one."""

import random
import statistics

import pytest

from orchbench.trace import Label
from orchbench.virtual_time.latency import KINDS, Distribution, Latency, profiles


def test_nothing_is_added_by_default() -> None:
    latency = Latency(profiles()["zero"], seed=1)
    assert {latency.seconds(kind) for kind in KINDS} == {0.0}


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_labelled_and_has_its_source(kind: str) -> None:
    distribution = profiles()["assumed"].distributions[kind]
    assert distribution.label is Label.ASSUMED
    assert distribution.source.endswith(".")
    assert 0 < distribution.median_seconds < distribution.p95_seconds


def test_a_distribution_has_the_median_and_the_percentile_it_names() -> None:
    distribution = Distribution(0.1, 0.3, Label.ASSUMED, "A test.")
    drawn = sorted(distribution.sample(random.Random(number)) for number in range(20_000))
    assert statistics.median(drawn) == pytest.approx(0.1, rel=0.05)
    assert drawn[int(0.95 * len(drawn))] == pytest.approx(0.3, rel=0.05)


def test_one_more_of_a_kind_does_not_change_those_of_another() -> None:
    first, second = (Latency(profiles()["assumed"], seed=5) for _ in range(2))
    second.seconds("transition")
    assert first.seconds("checkpoint") == second.seconds("checkpoint")
