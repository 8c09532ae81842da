"""The closed form against the deployed schedule itself, poll for poll."""

import numpy as np
import pytest
from hypothesis import given, strategies

from orchbench.evaluation.polling import poll
from orchbench.ways.durations import Policy
from redshift_batch.model import AdaptivePoll, FixedPoll, PollPolicy
from redshift_batch.schedule import next_delay_seconds


def polled(
    statement_seconds: float, timeout_seconds: int, policy: PollPolicy, poll_budget: int
) -> tuple[int, float, float, bool]:
    """Let the deployed schedule decide each delay, as the handlers do."""
    elapsed, polls = 0, 0
    while True:
        delay = next_delay_seconds(
            policy,
            elapsed_seconds=float(elapsed),
            polls=polls,
            time_left_seconds=float(timeout_seconds - elapsed),
            poll_budget=poll_budget,
        )
        elapsed, polls = elapsed + delay, polls + 1
        if elapsed >= statement_seconds or elapsed >= timeout_seconds:
            return polls, elapsed, delay, elapsed < statement_seconds


def closed(policy: PollPolicy) -> Policy:
    if isinstance(policy, FixedPoll):
        return Policy.fixed(policy.interval_seconds, budget=policy.budget)
    return Policy(policy.share, policy.minimum_seconds, policy.maximum_seconds, policy.budget)


def closed_form(
    statement_seconds: float, timeout_seconds: int, policy: PollPolicy, poll_budget: int
) -> tuple[int, float, float, bool]:
    found = poll(
        np.array([statement_seconds]), np.array([float(timeout_seconds)]), closed(policy), poll_budget
    )
    return (
        int(found.polls[0]),
        float(found.seen_at_seconds[0]),
        float(found.last_delay_seconds[0]),
        bool(found.timed_out[0]),
    )


fixed = strategies.builds(
    FixedPoll, interval_seconds=strategies.integers(1, 900), budget=strategies.booleans()
)
adaptive = strategies.builds(
    lambda share, low, more, budget: AdaptivePoll(share, low, low + more, budget),
    strategies.floats(0.001, 1.0) | strategies.sampled_from([0.01, 0.05, 0.07, 0.1, 1 / 3, 1.0]),
    strategies.integers(1, 60),
    strategies.integers(0, 600),
    strategies.booleans(),
)


@given(
    statement_microseconds=strategies.integers(0, 7_200_000_000),
    timeout_seconds=strategies.integers(1, 7_200),
    policy=fixed | adaptive,
    budget_polls=strategies.integers(0, 400),
)
def test_the_closed_form_is_the_deployed_schedule(
    statement_microseconds: int, timeout_seconds: int, policy: PollPolicy, budget_polls: int
) -> None:
    point = (statement_microseconds / 1e6, timeout_seconds, policy, budget_polls)

    assert closed_form(*point) == polled(*point)


@pytest.mark.parametrize("budget_polls", [2742, 1423, 2845])
@pytest.mark.parametrize(
    "policy",
    [FixedPoll(10), FixedPoll(31), FixedPoll(61), AdaptivePoll(), AdaptivePoll(0.001, 1, 40)],
    ids=str,
)
def test_a_day_is_polled_as_the_deployed_schedule_polls_it(policy: PollPolicy, budget_polls: int) -> None:
    for statement_seconds in (1.5, 3_600.0, 86_399.999999, 86_400.0, 90_000.0):
        point = (statement_seconds, 86_400, policy, budget_polls)
        assert closed_form(*point) == polled(*point)


@pytest.mark.parametrize("policy", [Policy.fixed(7), Policy(0.05, 2, 60)], ids=str)
def test_each_query_is_polled_as_it_would_be_alone(policy: Policy) -> None:
    rng = np.random.default_rng(7)
    statement, timeout = np.round(rng.uniform(0, 5_000, 50), 6), rng.integers(60, 7_200, 50).astype(float)
    together = poll(statement, timeout, policy, 200)
    alone = [poll(statement[[row]], timeout[[row]], policy, 200) for row in range(50)]

    assert together.polls.tolist() == [int(one.polls[0]) for one in alone]
    assert together.seen_at_seconds.tolist() == [float(one.seen_at_seconds[0]) for one in alone]


def poll_moments(timeout_seconds: int, policy: PollPolicy, poll_budget: int) -> list[int]:
    """Let the deployed schedule place every poll up to the deadline."""
    moments: list[int] = []
    elapsed = 0
    while elapsed < timeout_seconds:
        elapsed += next_delay_seconds(
            policy,
            elapsed_seconds=float(elapsed),
            polls=len(moments),
            time_left_seconds=float(timeout_seconds - elapsed),
            poll_budget=poll_budget,
        )
        moments.append(elapsed)
    return moments


@pytest.mark.parametrize(
    "policy",
    [
        *(FixedPoll(interval) for interval in (1, 2, 3, 7, 10)),
        *(AdaptivePoll(share, low, high) for share, low, high in ((0.05, 2, 9), (0.1, 1, 40), (1 / 3, 2, 7))),
    ],
    ids=str,
)
def test_every_second_of_every_short_batch_is_polled_as_deployed(policy: PollPolicy) -> None:
    # Where the budget is exactly what the policy needs, one less and one more decide.
    for timeout in (1, 2, 9, 10, 11, 29, 30, 31, 95, 240, 600):
        needed = len(poll_moments(timeout, policy, 10_000))
        for budget_polls in {0, 1, 2, 5, needed // 2, needed - 1, needed, needed + 1}:
            moments = np.array(poll_moments(timeout, policy, budget_polls), dtype=float)
            ends = np.arange(0, timeout + 1, dtype=float)
            found = poll(ends, np.full(len(ends), float(timeout)), closed(policy), budget_polls)
            index = np.searchsorted(moments, ends)
            assert found.polls.tolist() == (index + 1).tolist()
            assert found.seen_at_seconds.tolist() == moments[index].tolist()
