"""The schedule's promises, for every policy, duration and budget."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_batch.model import AdaptivePoll, FixedPoll, PollPolicy
from redshift_batch.schedule import next_delay_seconds, share_of_budget_used

EVENTS = 2_742
OPERATIONS = 1_423
GENEROUS = 10**9

fixed = st.builds(FixedPoll, interval_seconds=st.integers(1, 86_400))
adaptive = st.tuples(
    st.floats(0.001, 1), st.integers(1, 900), st.integers(1, 86_400), st.integers(0, 86_400)
).map(lambda t: AdaptivePoll(share=t[0], minimum_seconds=t[1], maximum_seconds=min(86_400, t[1] + t[3])))
policies: st.SearchStrategy[PollPolicy] = st.one_of(fixed, adaptive)


def polls_until_the_deadline(
    policy: PollPolicy, timeout_seconds: int, poll_budget: int, lags: list[float]
) -> tuple[int, float, list[int]]:
    """Follow the schedule on a query that never ends; every call takes a while, as on AWS."""
    elapsed, polls, delays = 0.0, 0, []
    while elapsed < timeout_seconds:
        delay = next_delay_seconds(
            policy,
            elapsed_seconds=elapsed,
            polls=polls,
            time_left_seconds=timeout_seconds - elapsed,
            poll_budget=poll_budget,
        )
        delays.append(delay)
        elapsed += delay + lags[polls % len(lags)]
        polls += 1
    return polls, elapsed, delays


@given(
    policies,
    st.integers(1, 86_400),
    st.sampled_from([EVENTS, OPERATIONS]),
    st.lists(st.floats(0, 5), min_size=1, max_size=5),
)
def test_the_budget_is_kept_whatever_the_policy_and_the_duration(
    policy: PollPolicy, timeout_seconds: int, poll_budget: int, lags: list[float]
) -> None:
    polls, _, _ = polls_until_the_deadline(policy, timeout_seconds, poll_budget, lags)
    assert polls <= poll_budget


@given(policies, st.integers(1, 86_400), st.sampled_from([EVENTS, OPERATIONS, GENEROUS]))
def test_delays_are_whole_seconds_and_the_last_one_ends_at_the_deadline(
    policy: PollPolicy, timeout_seconds: int, poll_budget: int
) -> None:
    _, ended, delays = polls_until_the_deadline(policy, timeout_seconds, poll_budget, [0.0])
    assert all(isinstance(delay, int) and delay >= 1 for delay in delays)
    assert timeout_seconds <= ended < timeout_seconds + 1


@given(policies, st.integers(1, 86_400))
def test_a_budget_that_suffices_does_not_change_the_policy(policy: PollPolicy, timeout_seconds: int) -> None:
    _, _, delays = polls_until_the_deadline(policy, min(timeout_seconds, 20_000), GENEROUS, [0.0])
    without = type(policy)(**{**vars(policy), "budget": False})
    _, _, expected = polls_until_the_deadline(without, min(timeout_seconds, 20_000), GENEROUS, [0.0])
    assert delays == expected


@given(policies, st.integers(1, 86_400), st.floats(0, 86_400))
def test_the_adaptive_lag_stays_a_share_of_the_time_elapsed(
    policy: PollPolicy, timeout_seconds: int, elapsed: float
) -> None:
    if not isinstance(policy, AdaptivePoll):
        return
    delay = next_delay_seconds(
        policy, elapsed_seconds=elapsed, polls=0, time_left_seconds=timeout_seconds, poll_budget=GENEROUS
    )
    assert delay <= max(policy.minimum_seconds, math.ceil(policy.share * elapsed))
    assert delay <= policy.maximum_seconds


def test_the_default_adaptive_policy_waits_five_percent_between_2_and_300_seconds() -> None:
    def delay(elapsed: float) -> int:
        return next_delay_seconds(
            AdaptivePoll(), elapsed_seconds=elapsed, polls=0, time_left_seconds=86_400, poll_budget=EVENTS
        )

    assert [delay(e) for e in (0, 40, 60, 600, 6_000, 80_000)] == [2, 2, 3, 30, 300, 300]


def test_a_day_at_ten_seconds_is_stretched_and_an_hour_is_not() -> None:
    def first_delay(timeout: int, poll_budget: int) -> int:
        return next_delay_seconds(
            FixedPoll(), elapsed_seconds=0, polls=0, time_left_seconds=timeout, poll_budget=poll_budget
        )

    assert first_delay(3_600, EVENTS) == first_delay(3_600, OPERATIONS) == 10
    assert first_delay(86_400, EVENTS) == math.ceil(86_400 / EVENTS) == 32
    assert first_delay(86_400, OPERATIONS) == math.ceil(86_400 / OPERATIONS) == 61


def test_adaptive_polling_of_a_short_query_is_not_stretched_for_a_long_timeout() -> None:
    assert (
        next_delay_seconds(
            AdaptivePoll(), elapsed_seconds=0, polls=0, time_left_seconds=86_400, poll_budget=OPERATIONS
        )
        == 2
    )


def test_the_smallest_share_there_is_waits_as_long_as_the_minimum() -> None:
    smallest = AdaptivePoll(share=5e-324, minimum_seconds=30, maximum_seconds=300)
    delay = next_delay_seconds(
        smallest, elapsed_seconds=0, polls=0, time_left_seconds=86_400, poll_budget=EVENTS
    )
    assert delay == math.ceil(86_400 / EVENTS) == 32


def test_the_budget_can_be_switched_off() -> None:
    delay = next_delay_seconds(
        FixedPoll(budget=False),
        elapsed_seconds=0,
        polls=5_000,
        time_left_seconds=86_400,
        poll_budget=OPERATIONS,
    )
    assert delay == 10


@pytest.mark.parametrize(("polls", "share"), [(0, 0.0), (OPERATIONS, 1.0)])
def test_the_share_of_the_budget_is_told(polls: int, share: float) -> None:
    assert share_of_budget_used(polls, OPERATIONS) == share
    assert share_of_budget_used(1, 0) == 1.0
