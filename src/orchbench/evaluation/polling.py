"""When polls fall, in closed form and for many queries at once: how many, and when the last one.

The same schedule as ``redshift_batch.schedule``, over columns of NumPy and without a clock: what it says is
held to that module and to rehearsals, poll for poll. What the services add to a delay is left out, as in a
rehearsal. Every policy is a share of the time elapsed between a minimum and a maximum; a fixed interval is
one whose minimum and maximum are equal.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchbench.ways.durations import Policy

Floats = NDArray[np.floating[Any]]
Counts = NDArray[np.int64]
DAY_SECONDS = 86_400.0
"""As far as a policy is followed at least, so that questions share what was found."""


@dataclass(frozen=True)
class MostPolls:
    """How many polls the quota of one execution allows, no budget kept.

    Attributes:
        succeeded: after which it can still succeed.
        timed_out: after which it can still cancel and end at its deadline.
        answered: that are made in full, whatever follows.
        begun: ``answered``, or one more where the quota refuses a check that its delay has brought about.
    """

    succeeded: int
    timed_out: int
    answered: int
    begun: int

    @property
    def least(self) -> int:
        """Up to so many polls, no quota interferes."""
        return min(self.succeeded, self.timed_out, self.answered, self.begun)


@dataclass(frozen=True)
class PollColumns:
    """What polling amounts to, a row a scenario.

    Attributes:
        polls: checks made, the last one included.
        seen_at_seconds: of the last check, since the statement was created.
        last_delay_seconds: before the last check: how long the end can have stayed unseen.
        last_pause_seconds: that passed before the last check; shorter where an event ended the wait.
        at_deadline: whether the last check was at the deadline, or after it.
        timed_out: whether the deadline passed first.
        begun: checks begun: one more than were made where a quota refused the last one.
        died: whether a quota ended the execution; ``seen_at_seconds`` is the moment.
        ending_refused: whether that was at its ending, all checks made.
        success_refused: whether the last of these checks had seen the statement's end.
    """

    polls: Counts
    seen_at_seconds: Floats
    interval_seconds: Floats
    last_delay_seconds: Floats
    last_pause_seconds: Floats
    at_deadline: NDArray[np.bool_]
    timed_out: NDArray[np.bool_]
    begun: Counts
    died: NDArray[np.bool_]
    ending_refused: NDArray[np.bool_]
    success_refused: NDArray[np.bool_]


def poll(
    statement_seconds: Floats,
    timeout_seconds: Floats,
    policy: Policy,
    budget_polls: int | None = None,
    most: MostPolls | None = None,
    *,
    delays_seconds: Floats | None = None,
) -> PollColumns:
    """Return how statements of these lengths are polled.

    Args:
        statement_seconds: from its creation to its end, Redshift's queue included; to the microsecond.
        timeout_seconds: the batch's own, whole seconds.
        policy: of all.
        budget_polls: how many polls the poll budget leaves one execution; None where none limits them.
        most: what the quota of one execution allows; without it nothing dies of one.
        delays_seconds: the one delay that each is polled with where its policy is fixed and its budget kept.
    """
    # Polls fall on whole seconds, the first one not before a second has passed.
    wanted = np.maximum(1.0, np.ceil(np.minimum(statement_seconds, timeout_seconds)))
    if delays_seconds is not None:
        delay = delays_seconds
        polls = np.minimum(np.ceil(wanted / delay), most.begun if most else np.inf)
        seen_at = polls * delay
    else:
        polls, seen_at, delay = _followed(wanted, policy, most_polls=most.begun if most else np.inf)
    if budget_polls is not None and policy.budget and delays_seconds is None:
        rows = np.flatnonzero(_stretched(timeout_seconds, policy, budget_polls))
        if len(rows):
            stretched = _evenly if policy.is_fixed else _stretched_at_first
            found = stretched(wanted[rows], timeout_seconds[rows], budget_polls, policy)
            polls[rows], seen_at[rows], delay[rows] = found
    seen = np.minimum(seen_at, timeout_seconds)
    late = statement_seconds > timeout_seconds
    begun = polls.astype(np.int64)
    reached = seen_at >= wanted
    allowed = np.where(late, most.timed_out, most.succeeded) if most else np.inf
    died = ~reached | (polls > allowed)
    answered = np.minimum(begun, most.answered) if most else begun
    ending_refused = died & reached & (begun == answered)
    return PollColumns(
        polls=answered,
        seen_at_seconds=seen,
        interval_seconds=delay,
        last_delay_seconds=seen - (seen_at - delay),
        last_pause_seconds=seen - (seen_at - delay),
        at_deadline=seen_at >= timeout_seconds,
        timed_out=late & ~died,
        begun=begun,
        died=died,
        ending_refused=ending_refused,
        success_refused=ending_refused & ~late,
    )


def woken(polled: PollColumns, statement_seconds: Floats) -> PollColumns:
    """Return the same where an event ends the last wait as soon as the statement has ended.

    The last delay stays what it is: that long an end is unseen at worst, where its event is lost.
    """
    ended = ~polled.timed_out & ~polled.died
    seen_at = np.where(ended, statement_seconds, polled.seen_at_seconds)
    pause = polled.last_pause_seconds - (polled.seen_at_seconds - seen_at)
    return replace(polled, seen_at_seconds=seen_at, last_pause_seconds=pause)


def moment_after(policy: Policy, polls: int) -> float:
    """Return when a poll falls, seconds after the statement's creation, without a budget or a deadline."""
    _, elapsed, _ = _followed(np.array([np.inf]), policy, most_polls=float(polls))
    return float(elapsed[0])


@lru_cache(maxsize=1024)
def polls_until(seconds: float, policy: Policy) -> int:
    """Return which poll is the first one at or after a moment, without a budget or a deadline."""
    (polls,), _, _ = _followed(np.maximum(1.0, np.ceil([seconds])), policy)
    return int(polls)


def slow_delays(
    policy: Policy, polled: PollColumns, longer_than_seconds: float
) -> tuple[Counts, Counts, Counts]:
    """Return how many delays were longer than this, and whether the first and the last one were, as 0 or 1.

    A delay that the budget stretches counts as the policy's own: none is stretched beyond minutes.
    """
    polls = polled.begun
    # The last delay ends at the deadline, and so may be shorter than the policy's.
    last = (polled.last_pause_seconds > longer_than_seconds).astype(np.int64)
    always = policy.minimum_seconds > longer_than_seconds
    if always:
        return polls - 1 + last, np.where(polls == 1, last, 1), last
    slow = last
    if policy.maximum_seconds > longer_than_seconds:
        # A delay is longer once the share of the time elapsed exceeds it.
        ((shorter,), _, _) = _followed(np.floor([longer_than_seconds / policy.share]) + 1.0, policy)
        slow = last + np.maximum(0, polls - 1 - int(shorter))
    return slow, np.where(polls == 1, last, 0), last


def _followed(wanted: Floats, policy: Policy, most_polls: float = np.inf) -> tuple[Floats, Floats, Floats]:
    """Follow the policy to the first poll at or after a moment: polls, that moment, the last delay.

    After ``most_polls`` it ends wherever it is.
    """
    until = max(DAY_SECONDS, float(wanted.max(initial=0.0)))
    share, low, high = policy.share, float(policy.minimum_seconds), float(policy.maximum_seconds)
    begun, made, delays = _alike(share, low, high, until, most_polls)
    if len(delays) == 1:
        followed: Floats = np.minimum(np.ceil(wanted / delays[0]), most_polls)
        return followed, followed * delays[0], np.full_like(wanted, delays[0])
    which = np.searchsorted(begun, wanted) - 1
    polls: Floats = made[which] + np.ceil((wanted - begun[which]) / delays[which])
    if most_polls < np.inf:
        polls = np.minimum(polls, most_polls)
        which = np.maximum(0, np.searchsorted(made, polls) - 1)
    delay: Floats = delays[which]
    return polls, begun[which] + (polls - made[which]) * delay, delay


@lru_cache(maxsize=512)
def _alike(
    share: float, low: float, high: float, until: float, most_polls: float
) -> tuple[Floats, Floats, Floats]:
    """Return the stretches of a policy with one delay each: when they begin, after how many polls, the delay.

    The last stretch goes on for ever.
    """
    at, made = 0.0, 0.0
    found = []
    while True:
        delay, steps = _delay_at(at, share, low, high)
        found.append((at, made, delay))
        if delay >= high or at >= until or made >= most_polls:
            break
        at += steps * delay
        made += steps
    begun, polls, delays = np.array(found).T
    return begun, polls, delays


def _delay_at(at: Any, share: float, low: float, high: float) -> tuple[Any, Any]:
    """Return the delay that a policy has after so many seconds, and for how many polls it is sure to stay.

    The same delay holds until the share of the time elapsed exceeds it: polls are taken in one go up to
    shortly before that, so that no rounding decides.
    """
    delay = np.minimum(np.maximum(np.ceil(share * at), low), high)
    return delay, np.maximum(1.0, np.floor((delay / share - at) / delay) - 1.0)


def _followed_from(begun_at: Floats, wanted: Floats, policy: Policy) -> tuple[Floats, Floats, Floats]:
    """Follow the policy from a moment of each row on, as ``_followed`` does from the beginning."""
    share, low, high = policy.share, float(policy.minimum_seconds), float(policy.maximum_seconds)
    polls, last = np.zeros_like(wanted), np.zeros_like(wanted)
    elapsed = begun_at.copy()
    rows = np.arange(len(wanted))
    end = wanted
    at, made = elapsed, polls
    while len(rows):
        delay, alike = _delay_at(at, share, low, high)
        alike[delay >= high] = np.inf
        steps = np.minimum(np.ceil((end - at) / delay), alike)
        at = at + steps * delay
        made = made + steps
        done = at >= end
        if done.any():
            finished = rows[done]
            polls[finished], elapsed[finished], last[finished] = made[done], at[done], delay[done]
            going = ~done
            rows, end, at, made = rows[going], end[going], at[going], made[going]
    return polls, elapsed, last


def _stretched(timeout_seconds: Floats, policy: Policy, budget_polls: int) -> NDArray[np.bool_]:
    """Tell where following the policy up to the deadline would use more polls than the budget leaves."""
    needed, _, _ = _followed(timeout_seconds, policy)
    found: NDArray[np.bool_] = needed > budget_polls
    return found


def _evenly(
    wanted: Floats, timeout_seconds: Floats, budget_polls: int, _policy: Policy
) -> tuple[Floats, Floats, Floats]:
    """Return the poll at or after a moment where a fixed interval is stretched: its number, time and delay.

    Rounding up the time left over the polls left gives the remainder's many polls a second more, and then
    the rest the quotient.
    """
    polls = max(1, budget_polls)
    quotient, remainder = np.divmod(timeout_seconds, polls)
    turn = remainder * (quotient + 1)
    early = wanted <= turn
    delay = np.where(early, quotient + 1, quotient)
    number = np.where(
        early,
        np.ceil(wanted / (quotient + 1)),
        remainder + np.ceil((wanted - turn) / np.maximum(quotient, 1)),
    )
    seen_at = np.where(early, number * (quotient + 1), turn + (number - remainder) * quotient)
    return number, seen_at, delay


def _stretched_at_first(
    wanted: Floats, timeout_seconds: Floats, budget_polls: int, policy: Policy
) -> tuple[Floats, Floats, Floats]:
    """Return the poll at or after a moment where an adaptive policy is stretched: its number, time and delay.

    Polls fall evenly at first. Once the policy by itself needs no more polls than are left, which from then
    on stays so, it is followed: the poll from which on it does is found by bisection.
    """
    low = np.zeros_like(wanted)
    high = np.full_like(wanted, max(1, budget_polls))
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        at = _even_moment(middle, timeout_seconds, budget_polls)
        needed, _, _ = _followed_from(at, timeout_seconds, policy)
        enough = needed <= budget_polls - middle
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    turn = _even_moment(high, timeout_seconds, budget_polls)
    number, seen_at, delay = _evenly(wanted, timeout_seconds, budget_polls, policy)
    late = np.flatnonzero(wanted > turn)
    if len(late):
        more, seen_at[late], delay[late] = _followed_from(turn[late], wanted[late], policy)
        number[late] = high[late] + more
    return number, seen_at, delay


def _even_moment(number: Floats, timeout_seconds: Floats, budget_polls: int) -> Floats:
    """Return when a poll falls that is stretched evenly."""
    quotient, remainder = np.divmod(timeout_seconds, max(1, budget_polls))
    moment: Floats = number * quotient + np.minimum(number, remainder)
    return moment
