"""When to look next: one pure function of the time elapsed, the policy, the polls made and the time left.

The poll budget is in here too: where following the policy up to the deadline would use more polls than the
orchestrator's quota leaves, the delay is stretched evenly over the polls that are left, and not before.
"""

import math

from .model import AdaptivePoll, FixedPoll, PollPolicy

MOST_LISTED = 2_500
"""Delays in a list: more polls than any history of 25,000 events holds that takes its delays from one."""


def next_delay_seconds(
    policy: PollPolicy,
    *,
    elapsed_seconds: float,
    polls: int,
    time_left_seconds: float,
    poll_budget: int,
) -> int:
    """Return the whole seconds, at least 1, to wait before the next check.

    Args:
        policy: the batch's poll policy.
        elapsed_seconds: since the statement was created.
        polls: checks made so far.
        time_left_seconds: until the batch's deadline. The last delay ends at the deadline, rounded up.
        poll_budget: how many checks the orchestrator's quota allows, its reserve kept; without effect where
            the policy switches its budget off.
    """
    delay = _policy_delay_seconds(policy, elapsed_seconds)
    if policy.budget:
        delay = max(
            delay, _budget_delay_seconds(policy, elapsed_seconds, poll_budget - polls, time_left_seconds)
        )
    return max(1, min(delay, math.ceil(time_left_seconds)))


def same_delay_seconds(policy: PollPolicy, timeout_seconds: int, poll_budget: int) -> int | None:
    """Return the one delay that a batch can be polled with up to its deadline; None where delays change.

    Where the poll budget asks for it, the delay is stretched evenly, and rounded up.
    """
    match policy:
        case FixedPoll():
            delay = policy.interval_seconds
        case AdaptivePoll() if policy.minimum_seconds == policy.maximum_seconds:
            delay = policy.minimum_seconds
        case AdaptivePoll():
            return None
    return max(delay, math.ceil(timeout_seconds / poll_budget)) if policy.budget else delay


def delays_up_to_deadline(policy: PollPolicy, timeout_seconds: int, poll_budget: int) -> list[int]:
    """Return every delay of a batch that runs up to its deadline, in their order.

    Where the policy switches its budget off, the list ends where no history goes on.
    """
    delays: list[int] = []
    elapsed = 0
    while elapsed < timeout_seconds and len(delays) < MOST_LISTED:
        delays.append(
            next_delay_seconds(
                policy,
                elapsed_seconds=elapsed,
                polls=len(delays),
                time_left_seconds=timeout_seconds - elapsed,
                poll_budget=poll_budget,
            )
        )
        elapsed += delays[-1]
    return delays


def share_of_budget_used(polls: int, poll_budget: int) -> float:
    """Return the polls made as a share of those that fit the quota, 1.0 where none does."""
    return polls / poll_budget if poll_budget else 1.0


def _policy_delay_seconds(policy: PollPolicy, elapsed_seconds: float) -> int:
    match policy:
        case FixedPoll():
            return policy.interval_seconds
        case AdaptivePoll():
            wanted = math.ceil(policy.share * elapsed_seconds)
            return min(max(wanted, policy.minimum_seconds), policy.maximum_seconds)


def _budget_delay_seconds(
    policy: PollPolicy, elapsed_seconds: float, polls_left: int, time_left_seconds: float
) -> int:
    """Return the least delay that keeps the polls up to the deadline within the quota, 0 where any does."""
    if polls_left <= 1:
        return math.ceil(time_left_seconds)
    if _polls_needed(policy, elapsed_seconds, time_left_seconds, at_most=polls_left) <= polls_left:
        return 0
    return math.ceil(time_left_seconds / polls_left)


def _polls_needed(policy: PollPolicy, elapsed_seconds: float, time_left_seconds: float, at_most: int) -> int:
    """Return the polls that the policy makes up to the deadline; counting ends past ``at_most``."""
    if isinstance(policy, FixedPoll):
        return math.ceil(time_left_seconds / policy.interval_seconds)
    needed = 0
    while time_left_seconds > 0 and needed <= at_most:
        delay = _policy_delay_seconds(policy, elapsed_seconds)
        polls = math.ceil(time_left_seconds / delay)
        if delay < policy.maximum_seconds:
            # The same delay holds until the share of the time elapsed exceeds it: jump there.
            up_to_there = (delay / policy.share - elapsed_seconds) / delay
            polls = max(1, math.floor(min(polls, up_to_there)))
        elapsed_seconds += polls * delay
        time_left_seconds -= polls * delay
        needed += polls
    return needed
