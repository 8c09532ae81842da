from collections.abc import Callable

import numpy as np
import pytest

from orchbench.evaluation.lag import Told, lag_at_any_moment
from orchbench.evaluation.limits import longest_delay
from orchbench.evaluation.polling import poll
from orchbench.evaluation.workload import InvalidWorkload, from_distribution
from orchbench.trace import Json
from orchbench.ways.durations import Policy, parse_policy


def test_the_lag_of_a_fixed_interval_is_half_of_it_on_average() -> None:
    found = lag_at_any_moment(np.full(7, 60.0), 60.0)

    assert found.p95_seconds == pytest.approx(57)
    assert (found.mean_seconds, found.worst_seconds) == (30, 60)


def test_the_percentile_is_that_of_ends_spread_over_every_delay() -> None:
    delays = np.random.default_rng(1).integers(1, 300, 50).astype(float)
    spread = np.concatenate([np.linspace(0, one, 20_001) for one in delays])

    found = lag_at_any_moment(delays, 300.0)

    assert found.mean_seconds == pytest.approx(spread.mean(), rel=1e-3)
    assert found.p95_seconds == pytest.approx(np.percentile(spread, 95), rel=1e-3)


def test_where_no_query_is_seen_to_end_there_is_no_lag_but_a_worst_one() -> None:
    found = lag_at_any_moment(np.array([]), 60.0)

    assert (found.mean_seconds, found.p95_seconds, found.worst_seconds) == (None, None, 60)


@pytest.mark.parametrize("lost", [0.0, 0.001, 0.05, 0.06, 0.5, 0.95, 0.99, 1.0])
def test_the_lag_of_an_event_is_its_own_and_for_the_share_that_is_lost_that_of_the_slow_poll(
    lost: float,
) -> None:
    random, many = np.random.default_rng(4), 400_000
    delays = random.choice([300.0, 600.0, 900.0], many)
    lags = np.where(random.random(many) < lost, random.random(many) * delays, 40.0)

    found = lag_at_any_moment(delays, 900.0, Told(40.0, lost))

    assert found.mean_seconds == pytest.approx(lags.mean(), rel=2e-2)
    assert found.p95_seconds == pytest.approx(np.percentile(lags, 95), rel=3e-2)
    assert found.worst_seconds == (900 if lost else 40)


@pytest.mark.parametrize("text", ["fixed:7s", "adaptive", "adaptive:share=0.3,minimum=5s,maximum=900s"])
@pytest.mark.parametrize("timeout", [1, 6, 500, 3_601, 20_000])
@pytest.mark.parametrize("budget", [None, 3, 50, 700])
def test_the_longest_delay_is_that_of_every_second_looked_at(
    text: str, timeout: int, budget: int | None
) -> None:
    policy: Policy = parse_policy(text)
    ends = np.arange(1.0, timeout + 1)
    every = poll(ends, np.full(timeout, float(timeout)), policy, budget)

    assert longest_delay(policy, float(timeout), budget) == every.last_delay_seconds.max()


def test_a_distribution_may_have_a_maximum() -> None:
    found = from_distribution("lognormal:median=25m,p95=2h,max=3h").durations_seconds

    assert found.max() == 10_800
    assert np.median(found) == pytest.approx(1_500, rel=1e-3)
    with pytest.raises(InvalidWorkload, match="up to its maximum"):
        from_distribution("lognormal:median=25m,p95=2h,max=1h")


@pytest.mark.parametrize(
    ("duration", "timeout", "interval"),
    [("24h", "24h", 86_355), ("3607s", "3968s", 1_800), ("99s", "1h", 60)],
)
def test_a_deadline_that_cuts_a_delay_short_promises_nothing_of_an_end_at_any_moment(
    duration: str, timeout: str, interval: int, run: Callable[[str], Json]
) -> None:
    asked = f"--duration {duration} --timeout {timeout} --way durable-poll,sfn-callback"
    row, woken = run(f"estimate {asked} --poll fixed:{interval}s --fallback fixed:{interval}s")["estimates"]
    lag = f"--acceptable-lag {interval}s --bearable-lag {interval}s"
    decided = run(f"decide {asked} --runs-a-month 9 {lag}")

    lags = [f"detection_lag_{name}" for name in ("mean", "p95", "worst")]
    assert [row[name]["value"] for name in lags] == pytest.approx([interval / 2, interval * 0.95, interval])
    for name in lags:
        assert decided["recommended"][name] == row[name], "the same figure, label and source"
        assert decided["instead"][0][name] == woken[name]
