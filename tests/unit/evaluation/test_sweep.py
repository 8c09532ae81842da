"""All intervals at once against following every query: equal, not close."""

import numpy as np
import pytest
from hypothesis import given, strategies
from orchbench.evaluation.sweep import Sweep

from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.billed_time import invocation_milliseconds, poll_milliseconds
from orchbench.evaluation.decision import Decision, Question, summarized
from orchbench.evaluation.price_keys import Rates
from orchbench.evaluation.prices import price_list
from orchbench.evaluation.used import Used
from orchbench.ways.durations import Policy


def question(durations: list[float], timeout: int, **changes: object) -> Question:
    values = {
        "durations_seconds": np.sort(np.round(np.array(durations), 6)),
        "runs_a_month": 1_000.0,
        "acceptable_lag_seconds": 60.0,
        "timeout_seconds": timeout,
        "memory_mb": 128,
        "rates": Rates.of(price_list("us-east-1"), "x86_64"),
        "assumed": default_assumptions(),
        "region": "us-east-1",
        "peak_factor": 10.0,
    }
    return Question(**values | changes)  # type: ignore[arg-type]


@given(
    durations=strategies.lists(strategies.floats(0.0, 2_000.0), min_size=1, max_size=8),
    timeout=strategies.integers(1, 1_500),
    interval=strategies.integers(1, 1_500),
)
def test_every_row_is_what_following_each_query_amounts_to(
    durations: list[float], timeout: int, interval: int
) -> None:
    interval = min(interval, timeout)
    asked = question(durations, timeout)
    followed = summarized(asked, Policy.fixed(interval), None)
    sweep, row = Sweep(asked.durations_seconds, timeout, 420.0), interval - 1

    for name in Used.__dataclass_fields__:
        assert getattr(sweep.used, name)[row] == pytest.approx(getattr(followed.used, name), rel=1e-12), name
    assert sweep.most_polls[row] == followed.most_polls
    assert sweep.longest_delay_seconds[row] == followed.longest_delay_seconds
    if followed.lag_mean_seconds is None:
        assert np.isnan(sweep.lag_mean_seconds[row])
    else:
        assert sweep.lag_mean_seconds[row] == pytest.approx(followed.lag_mean_seconds, abs=1e-6)


@pytest.mark.parametrize("durations", [[1_200.0], [30.0, 400.0, 2_400.5, 5_000.0]])
def test_the_cost_of_every_interval_is_that_of_the_option(durations: list[float]) -> None:
    asked = question(durations, 3_600, free_quantities={"state_transition": 4_000.0})
    decision = Decision(asked, candidates(None))

    for name, grid in decision.grids.items():
        for interval in (10, 61, 420, 421, 1_199, 1_200, 3_600):
            option = decision.fixed(grid.candidate, interval)
            assert grid.usd_a_month[interval - 1] == pytest.approx(option.usd_a_month, rel=1e-12), name
            assert bool(grid.stretched[interval - 1]) == option.polled.stretched
            assert bool(grid.fits[interval - 1]) == (not decision.exceeded(option))
            assert bool(grid.in_time[interval - 1]) == decision.feasible(option)


def test_no_interval_within_the_lag_is_cheaper_and_no_shorter_one_as_cheap() -> None:
    asked = question([700.0, 1_250.0, 1_900.0], 2_400, acceptable_lag_seconds=2_000.0)
    decision = Decision(asked, candidates(["durable-poll"]))
    best = decision.best[0]
    costs = {
        interval: option.usd_a_month
        for interval in range(2, 2_001)
        if decision.feasible(option := decision.fixed(best.candidate, interval))
    }

    cheapest = min(costs.values())
    assert best.polled.policy.minimum_seconds == min(one for one, usd in costs.items() if usd == cheapest)


def test_each_poll_is_billed_as_its_invocation_is() -> None:
    assumed, usage = default_assumptions(), candidates(["durable-poll"])[0].usage

    for memory_mb in (128, 300, 1_769):
        one_by_one = [
            invocation_milliseconds(assumed, memory_mb, replayed=2 * number, suspends=True)
            for number in range(1, 601)
        ]
        assert list(poll_milliseconds(usage, assumed, memory_mb, 600)) == one_by_one
