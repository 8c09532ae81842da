"""Queries followed to their ends: when polls fall, what happened then, and what of it is counted.

Nothing here depends on a price. A schedule watches queries alike for every way that keeps it, as long as no
quota and no poll budget of the way interferes: a decision compares many ways, so what was watched is shared.
"""

import json
from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchbench.evaluation.assumptions import Assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.lag import Lag, Told, lag_at_any_moment
from orchbench.evaluation.limits import is_stretched, longest_delay
from orchbench.evaluation.polling import Counts, Floats, MostPolls, PollColumns, poll, polls_until, woken
from orchbench.evaluation.tariff import Quantity
from orchbench.evaluation.used import Used, most_polls, used_by
from orchbench.platforms.meters import Meter
from orchbench.ways.durations import Policy
from orchbench.ways.usage import Usage
from orchbench.ways.way import Waits

METER, KEPT, REQUESTS, COLD, LOGGED = "meter", "kept for seconds", "requests", "cold starts", "logged"
LOGGING = ("work", "checks", "invocations")
Key = tuple[str, str]
"""What kind of amount, and of what."""


@dataclass(frozen=True)
class Schedule:
    """When polls fall, whoever makes them: equal ones watch the same queries alike.

    Attributes:
        budget_polls: of the poll budget; None where it stretches nothing.
        most: that the quota of one execution allows; None where no query needs as many.
        one_delay: whether the budget stretches one delay for a whole execution.
    """

    policy: Policy
    kept_warm_seconds: float
    waits: Waits
    events_lost: bool
    budget_polls: int | None
    most: MostPolls | None
    one_delay: bool

    @classmethod
    def of(
        cls,
        way: Candidate,
        policy: Policy,
        kept_warm_seconds: float,
        longest_seconds: float,
        timeout_seconds: float,
    ) -> "Schedule":
        """Return a way's schedule of a policy that it keeps.

        Args:
            longest_seconds: that a query runs at most.
            timeout_seconds: of a batch, the longest.
        """
        usage, budget = way.usage, way.budget_polls if policy.budget else None
        most = most_polls(usage)
        one_delay = bool(usage.changing_delays is not None and policy.is_fixed and budget)
        if not is_stretched(timeout_seconds, policy, budget):
            budget, one_delay = None, False
        if (
            most
            and budget is None
            and polls_until(min(longest_seconds, timeout_seconds), policy) <= most.least
        ):
            most = None
        return cls(policy, kept_warm_seconds, way.waits, way.events_lost, budget, most, one_delay)


@dataclass(frozen=True, eq=False)
class Watched:
    """Queries as a schedule watches them.

    Attributes:
        statement_seconds: from the statement's creation to its end, Redshift's queue included.
        timeout_seconds: the batch's own.
    """

    schedule: Schedule
    statement_seconds: Floats
    timeout_seconds: Floats

    @cached_property
    def polled(self) -> PollColumns:
        """When its polls fall."""
        schedule, seconds, timeouts = self.schedule, self.statement_seconds, self.timeout_seconds
        policy, delays = schedule.policy, None
        if schedule.one_delay and schedule.budget_polls:
            delays = np.maximum(policy.minimum_seconds, np.ceil(timeouts / schedule.budget_polls))
        if schedule.waits is Waits.HELD:
            # That a batch's own time is over is noticed once the look that is held has ended.
            timeouts = np.ceil(timeouts / policy.minimum_seconds) * policy.minimum_seconds
        found = poll(seconds, timeouts, policy, schedule.budget_polls, schedule.most, delays_seconds=delays)
        # A statement's end ends a wait for its event, or a look that is held.
        at_once = schedule.waits is not Waits.BY_POLLING and not schedule.events_lost
        return woken(found, seconds) if at_once else found

    @cached_property
    def used(self) -> Used:
        """What happened."""
        one = self.schedule
        return used_by(self.polled, one.policy, one.kept_warm_seconds, one.waits, events_lost=one.events_lost)

    @cached_property
    def total(self) -> Used:
        """What happened, in all executions together."""
        return self.used.total

    @cached_property
    def runs_by_begun(self) -> Counts:
        """How many executions began no poll, one, two and so on."""
        found: Counts = np.bincount(self.used.begun)
        return found

    @property
    def unseen(self) -> NDArray[np.bool_]:
        """Where the deadline passed first, or a quota ended the execution: no end was detected."""
        return self.polled.timed_out | self.polled.died

    @property
    def lag_seconds(self) -> Floats:
        """Detection lag of these ends; NaN where none was detected."""
        return np.where(self.unseen, np.nan, self.polled.seen_at_seconds - self.statement_seconds)

    @cached_property
    def mean_makespan_seconds(self) -> float:
        """From the statement's creation to its last poll, on average."""
        return float(self.polled.seen_at_seconds.mean())

    @cached_property
    def mean_and_most_polls(self) -> tuple[float, int]:
        """Of a run on average, and of the longest."""
        return float(self.polled.polls.mean()), int(self.polled.polls.max())

    @cached_property
    def longest_timeout_seconds(self) -> float:
        """The batch's own, the longest where queries have several."""
        return float(self.timeout_seconds.max())

    @cached_property
    def _lags(self) -> dict[tuple[float, Told | None], Lag]:
        return {}

    def lag(self, longest_delay_seconds: float, told: Told | None) -> Lag:
        """Return the detection lag of ends at any moment, and of those that are told."""
        key = (longest_delay_seconds, told)
        if key not in self._lags:
            # A deadline that happens to cut a delay short says nothing of an end at another moment.
            delays = np.minimum(self.polled.interval_seconds, longest_delay_seconds)[~self.unseen]
            self._lags[key] = lag_at_any_moment(delays, longest_delay_seconds, told)
        return self._lags[key]


@dataclass(frozen=True)
class Followed:
    """Queries as one way follows them with one policy, and what of that is counted.

    Attributes:
        watched: by the way's schedule.
        quantities: by the assumptions and the deployment that they were made with, held to keep their ids.
    """

    candidate: Candidate
    watched: Watched
    quantities: dict[tuple[int, str, int], tuple[Assumptions, list[Quantity]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def usage(self) -> Usage:
        """The way's own counts."""
        return self.candidate.usage

    @property
    def policy(self) -> Policy:
        """How it polls, as the way keeps it."""
        return self.watched.schedule.policy

    @cached_property
    def when_lost(self) -> "Followed":
        """The same where no event comes; itself where none is waited for."""
        if not self.candidate.is_woken or self.candidate.events_lost:
            return self
        schedule = replace(self.watched.schedule, events_lost=True)
        return Followed(replace(self.candidate, events_lost=True), replace(self.watched, schedule=schedule))

    def of(self, meter: Meter) -> Counts:
        """Return the amounts of a meter, none where the way does not use it."""
        found: Counts = self.watched.used.count(self.usage, meter)
        return found

    @property
    def invocations(self) -> Counts:
        """Of all functions together."""
        found: Counts = self.watched.used.invocations(self.usage)
        return found

    @cached_property
    def longest_delay_seconds(self) -> float:
        """The longest delay of the schedule up to the timeout: what an end can stay unseen at worst."""
        if self.candidate.waits is Waits.HELD:
            return 0.0
        return longest_delay(self.policy, self.watched.longest_timeout_seconds, self.candidate.budget_polls)

    def lag(self, told: Told | None = None) -> Lag:
        """Return the detection lag of ends at any moment, and of those that are told."""
        held = self.candidate.waits is Waits.HELD
        return self.watched.lag(self.longest_delay_seconds, Told(0.0, 0.0) if held else told)

    @cached_property
    def stretched(self) -> bool:
        """Tell whether the poll budget makes delays longer than the policy's."""
        return is_stretched(self.watched.longest_timeout_seconds, self.policy, self.candidate.budget_polls)

    def counted(self, used: Used) -> dict[Key, Any]:
        """Return everything that is billed and counted: of each execution, or of all together."""
        usage = self.usage
        found = {(METER, meter.key): self._stored(meter, used) for meter in usage.meters}
        for name in usage.functions:
            found[REQUESTS, name] = used.invocations(usage, name)
            found[COLD, name] = used.cold_starts_of(usage, name)
        if usage.functions:
            logged = (used.work(usage), used.checks(usage), used.invocations(usage))
            found |= {(LOGGED, what): amount for what, amount in zip(LOGGING, logged, strict=True)}
        return found

    def _stored(self, meter: Meter, used: Used) -> Any:
        more = bytes_of_the_policy(self.policy, used) if meter.is_size else 0
        return used.count(self.usage, meter) + more

    @cached_property
    def kept(self) -> dict[Key, Floats]:
        """What is kept, times the seconds that each execution takes."""
        meters = [meter for meter in self.usage.meters if meter.retention]
        seconds = self.watched.polled.seen_at_seconds
        return {(KEPT, meter.key): self._stored(meter, self.watched.used) * seconds for meter in meters}

    @cached_property
    def sums(self) -> dict[Key, Decimal]:
        """The sums over all queries, exact where they are of whole numbers."""
        counted = {key: Decimal(amount) for key, amount in self.counted(self.watched.total).items()}
        return counted | {key: Decimal(str(float(column.sum()))) for key, column in self.kept.items()}


def follow(
    candidate: Candidate,
    policy: Policy,
    statement_seconds: Floats,
    timeout_seconds: Floats,
    *,
    kept_warm_seconds: float,
    known: MutableMapping[Schedule, Watched] | None = None,
) -> Followed:
    """Return queries as a way follows them.

    Args:
        candidate: the way.
        policy: as it is asked for; the way may keep another.
        statement_seconds: from each statement's creation to its end.
        timeout_seconds: of each batch.
        kept_warm_seconds: that an idle environment is kept.
        known: what was watched of these queries; what is watched anew is added.
    """
    kept = candidate.kept(policy)
    candidate = candidate.following(policy)
    schedule = Schedule.of(
        candidate, kept, kept_warm_seconds, float(statement_seconds.max()), float(timeout_seconds.max())
    )
    watched = Watched(schedule, statement_seconds, timeout_seconds)
    return Followed(candidate, watched if known is None else known.setdefault(schedule, watched))


def bytes_of_the_policy(policy: Policy, used: Used) -> Any:
    """Return how much more is stored where a policy is written longer than a fixed interval.

    The input has it as it was given, and the submit and every poll with everything filled in.
    """
    if policy.is_fixed:
        return 0
    usual = Policy.fixed(10)
    stored, given = (
        len(json.dumps(longer)) - len(json.dumps(shorter))
        for longer, shorter in ((policy.stored, usual.stored), (policy.to_input(), usual.to_input()))
    )
    return used.polls * stored + used.runs * (stored + given)
