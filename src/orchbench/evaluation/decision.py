"""Which way, and how often it should poll, for a workload: the answer, the runner-up, and what turns it.

The rule: of the ways that see every query end within the acceptable lag, at the interval that is cheapest
for each, the cheapest one whose busiest moment fits every quota. An interval counts for a way only if its
poll budget does not stretch it. The budget also keeps every execution inside its own quota. What is cheap is
what the month's bill says, the free tier taken off where it is asked for. Every whole second is looked at.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchbench.evaluation.assumptions import Assumptions
from orchbench.evaluation.billed_time import milliseconds_of_polls, poll_milliseconds
from orchbench.evaluation.estimate import CostPart, cost_parts
from orchbench.evaluation.limits import is_stretched, policy_rows
from orchbench.evaluation.loads import FITS, Load, Peak, loads, used_of_quotas
from orchbench.evaluation.polling import Counts, Floats, poll
from orchbench.evaluation.rates import Rates
from orchbench.evaluation.sweep import Sweep, needed_polls
from orchbench.evaluation.used import Used, used_by
from orchbench.platforms.platform import AccountQuotas
from orchbench.ways.durations import Policy
from orchbench.ways.usage import Usage
from orchbench.ways.way import Waits, Way

SECONDS_A_MONTH = 30 * 86_400
LONGEST_SECONDS = 86_400


@dataclass(frozen=True)
class Candidate:
    """A way, with what estimates ask of it.

    Attributes:
        budget_polls: how many polls its poll budget leaves one execution; None where none limits them.
        account: the quotas of its platform.
        waits: how it learns of the end.
        least_delay_seconds: it polls no more often, whatever the policy says.
    """

    name: str
    usage: Usage
    budget_polls: int | None
    account: AccountQuotas
    waits: Waits = Waits.BY_POLLING
    least_delay_seconds: int = 0

    @classmethod
    def of(cls, way: Way) -> "Candidate":
        """Return a way of the catalogue."""
        account = way.platform.account_quotas
        return cls(way.name, way.usage, way.usage.poll_budget, account, way.waits, way.least_delay_seconds)

    @property
    def polls(self) -> bool:
        """Tell whether it learns of the end by polling, so that a policy decides how soon."""
        return self.waits is Waits.BY_POLLING

    def kept(self, policy: Policy) -> Policy:
        """Return what it makes of a policy: the slow poll behind an event has a least delay."""
        return policy.at_least(self.least_delay_seconds)


def kept_policies(ways: Sequence[Candidate], policies: Iterable[Policy]) -> list[tuple[Candidate, Policy]]:
    """Return each policy on each way as the way keeps it, each once."""
    pairs = [(way, way.kept(policy)) for policy in policies for way in ways]
    return [pair for index, pair in enumerate(pairs) if pair not in pairs[:index]]


@dataclass(frozen=True)
class Question:
    """What is to be decided.

    Attributes:
        durations_seconds: of the queries, each as likely as the other.
        acceptable_lag_seconds: the longest that an end may stay unseen.
        region: whose quotas hold.
        peak_factor: how many times the average the busiest moment is.
        free_quantities: of each price, what is taken off a month's; none where no free tier is asked for.
    """

    durations_seconds: Floats
    runs_a_month: float
    acceptable_lag_seconds: float
    timeout_seconds: int
    memory_mb: int
    rates: Rates
    assumed: Assumptions
    region: str
    peak_factor: float
    free_quantities: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def seconds(self) -> float:
        """How long a statement runs on average, its deadline considered."""
        return float(np.minimum(self.durations_seconds, self.timeout_seconds).mean())

    @property
    def none_ends(self) -> bool:
        """Tell whether every query runs into the timeout."""
        return bool(self.durations_seconds.min() > self.timeout_seconds)


@dataclass(frozen=True)
class Polled:
    """What a workload's polling amounts to with one policy: means over its queries.

    Attributes:
        used: means, as ``cost_parts`` takes them.
        begun: polls of each query.
        most_polls: of one query.
        lag_mean_seconds: of the queries that are seen to end, as all lags; None where none is.
        longest_delay_seconds: before the last poll of any query.
    """

    policy: Policy
    used: Used
    begun: Counts
    mean_polls: float
    most_polls: int
    timed_out_share: float
    lag_mean_seconds: float | None
    lag_p95_seconds: float | None
    lag_worst_seconds: float | None
    longest_delay_seconds: float
    stretched: bool


@dataclass(frozen=True)
class Option:
    """A way with a policy, and what a month of it costs."""

    candidate: Candidate
    polled: Polled
    parts: Sequence[CostPart]
    usd_a_month: float

    @property
    def way(self) -> str:
        """The way's name."""
        return self.candidate.name


@dataclass(frozen=True)
class Grid:
    """A way at every interval of whole seconds, a row each; row ``interval - 1``.

    Attributes:
        stretched: whether the poll budget stretches it.
        in_time: whether every query that ends by itself is seen to end within the acceptable lag.
        fits: whether the busiest moment fits every quota.
    """

    candidate: Candidate
    stretched: NDArray[np.bool_]
    in_time: NDArray[np.bool_]
    fits: NDArray[np.bool_]
    usd_a_month: Floats


@dataclass(frozen=True)
class Flip:
    """Where the cheapest way changes: from this interval on, it is another.

    Attributes:
        upwards: whether the interval grows towards it, or shrinks.
        instead: the way that is cheapest there; None where no way polls so often.
    """

    interval_seconds: int
    upwards: bool
    instead: str | None
    because: str


class Decision:
    """Answers one question; everything is computed when it is asked for, and once."""

    def __init__(
        self, question: Question, candidates: Sequence[Candidate], sweep: Sweep | None = None
    ) -> None:
        self.question = question
        self.candidates = candidates
        self._sweep = sweep
        self._polled: dict[tuple[Policy, int | None], Polled] = {}
        self._options: dict[tuple[str, Policy], Option] = {}

    @cached_property
    def sweep(self) -> Sweep:
        """The workload at every interval."""
        question = self.question
        kept = float(question.assumed["kept_warm_seconds"])
        return self._sweep or Sweep(question.durations_seconds, question.timeout_seconds, kept)

    def option(self, candidate: Candidate, policy: Policy) -> Option:
        """Return what a way with a policy amounts to."""
        key = (candidate.name, policy)
        if key not in self._options:
            polled, question = self._poll(policy, candidate.budget_polls), self.question
            billed = milliseconds_of_polls(
                candidate.usage, question.assumed, question.memory_mb, polled.begun
            )
            parts = self._parts(candidate, polled.used, float(billed.mean()))
            self._options[key] = Option(candidate, polled, parts, float(self.month_usd(parts)))
        return self._options[key]

    def fixed(self, candidate: Candidate, interval_seconds: int) -> Option:
        """Return what a way with a fixed interval amounts to."""
        return self.option(candidate, Policy.fixed(interval_seconds))

    def _parts(self, candidate: Candidate, used: Used, billed_of_polls: Any) -> Sequence[CostPart]:
        question = self.question
        return cost_parts(
            candidate.usage,
            used,
            question.rates,
            float(question.memory_mb),
            question.assumed,
            billed_of_polls=billed_of_polls,
        )

    def month_usd(self, parts: Sequence[CostPart]) -> Any:
        """Return what a month costs, a number or a column, the free tier taken off where it is asked for."""
        question = self.question
        by_rate: dict[str, Any] = {}
        for part in parts:
            by_rate[part.rate] = by_rate.get(part.rate, 0.0) + part.usd * question.runs_a_month
        for rate, quantity in question.free_quantities.items():
            if rate in by_rate:
                free = quantity * question.rates[rate]
                by_rate[rate] = np.maximum(0.0, by_rate[rate] - free)
        return sum(by_rate.values())

    def _poll(self, policy: Policy, budget_polls: int | None) -> Polled:
        """Poll the workload; ways whose budgets do not matter share the answer."""
        question = self.question
        needed = question.timeout_seconds / policy.minimum_seconds
        matters = policy.budget and budget_polls is not None and needed > budget_polls - 1
        key = (policy, budget_polls if matters else None)
        if key not in self._polled:
            self._polled[key] = summarized(question, policy, budget_polls)
        return self._polled[key]

    @cached_property
    def grids(self) -> Mapping[str, Grid]:
        """Every way that polls, at every interval, by its name."""
        return {candidate.name: self._grid(candidate) for candidate in self.candidates if candidate.polls}

    def _grid(self, candidate: Candidate) -> Grid:
        question, sweep, usage = self.question, self.sweep, candidate.usage
        stretched = np.zeros(len(sweep.intervals), dtype=bool)
        if candidate.budget_polls is not None:
            stretched = needed_polls(question.timeout_seconds, sweep.intervals) > candidate.budget_polls
        if usage.replayed_more_each_poll:
            most = int(np.where(stretched, 0, sweep.most_polls).max())
            each = poll_milliseconds(usage, question.assumed, question.memory_mb, most)
            billed = sweep.weighted(each) / sweep.queries
        else:
            alike = poll_milliseconds(usage, question.assumed, question.memory_mb, 1)
            billed = sweep.used.begun * alike
        lag = np.nan_to_num(sweep.lag_mean_seconds)
        used = used_of_quotas(usage, candidate.account, self._peak(lag), sweep.used.polls, sweep.most_polls)
        fits = np.ones(len(sweep.intervals), dtype=bool)
        for load in loads(used, question.region):
            fits &= load.share <= FITS
        in_time = sweep.longest_delay_seconds <= question.acceptable_lag_seconds
        usd = self.month_usd(self._parts(candidate, sweep.used, billed))
        return Grid(candidate, stretched, in_time & ~stretched & (not question.none_ends), fits, usd)

    def feasible(self, option: Option) -> bool:
        """Tell whether every query that ends by itself is seen to end in time, polled as often as it says."""
        if self.question.none_ends or option.polled.stretched:
            return False
        return option.polled.longest_delay_seconds <= self.question.acceptable_lag_seconds

    def _peak(self, lag_seconds: Any) -> Peak:
        """Return the busiest moment, a number or a column."""
        question = self.question
        starts = question.runs_a_month / SECONDS_A_MONTH * question.peak_factor
        makespan = question.seconds + lag_seconds
        return Peak(
            executions=np.maximum(1.0, starts * makespan),
            # A statement ends when it ends, seen or not.
            statements=max(1.0, starts * question.seconds),
            starts_a_second=starts,
            makespan_seconds=makespan,
        )

    def loads(self, option: Option) -> list[Load]:
        """Return how much of each quota the busiest moment uses, the nearest first."""
        polled, usage = option.polled, option.candidate.usage
        peak = self._peak(polled.lag_mean_seconds or 0.0)
        used = used_of_quotas(usage, option.candidate.account, peak, polled.mean_polls, polled.most_polls)
        return sorted(loads(used, self.question.region), key=lambda load: -load.share)

    def exceeded(self, option: Option) -> list[Load]:
        """Return the quotas that the busiest moment does not fit."""
        return [load for load in self.loads(option) if load.share > FITS]

    @cached_property
    def best(self) -> list[Option]:
        """Each way at its cheapest interval within the lag, the cheapest first; others are left out.

        What fits every quota comes before what does not; of equal costs the shorter lag.
        """
        found = []
        for grid in self.grids.values():
            rows = np.flatnonzero(grid.in_time)
            if len(rows):
                cheapest = rows[np.lexsort((rows, grid.usd_a_month[rows], ~grid.fits[rows]))[0]]
                found.append(
                    (
                        not grid.fits[cheapest],
                        float(grid.usd_a_month[cheapest]),
                        grid.candidate.name,
                        self.fixed(grid.candidate, int(cheapest) + 1),
                    )
                )
        return [one[-1] for one in sorted(found, key=lambda one: one[:3])]

    @cached_property
    def cheapest(self) -> NDArray[np.intp]:
        """Which grid is the cheapest at each interval, -1 where every poll budget stretches it.

        What fits every quota comes before what does not.
        """
        grids = sorted(self.grids.values(), key=lambda grid: grid.candidate.name)
        names = list(self.grids)
        rank = np.stack([np.where(one.stretched, 2, np.where(one.fits, 0, 1)) for one in grids])
        usd = np.stack([one.usd_a_month for one in grids])
        first = rank == rank.min(axis=0)
        chosen = np.where(first, usd, np.inf).argmin(axis=0)
        order = np.array([names.index(one.candidate.name) for one in grids])
        return np.where(rank.min(axis=0) == 2, -1, order[chosen])

    def accepted(self, longer_than: int, most_usd: float = math.inf) -> list[Option]:
        """Return what fits every quota at the shortest interval beyond one, the cheapest way first.

        Args:
            longer_than: seconds of an interval.
            most_usd: that a month may cost.
        """
        rows = np.stack(
            [one.fits & ~one.stretched & (one.usd_a_month <= most_usd) for one in self.grids.values()]
        )
        intervals = np.flatnonzero(rows.any(axis=0))
        found = int(np.searchsorted(intervals, longer_than))
        if found == len(intervals):
            return []
        at = int(intervals[found])
        grids = [grid for grid, accepted in zip(self.grids.values(), rows[:, at], strict=True) if accepted]
        options = [self.fixed(grid.candidate, at + 1) for grid in grids]
        return sorted(options, key=lambda one: (one.usd_a_month, one.way))

    def flips(self, way: str, interval_seconds: int) -> list[Flip]:
        """Return where, going up and going down from an interval, another way becomes the answer."""
        other = np.flatnonzero(self.cheapest != list(self.grids).index(way)) + 1
        up, down = other[other > interval_seconds], other[other < interval_seconds]
        flips = [self._flip(way, int(up[0]), upwards=True)] if len(up) else []
        return [*flips, *([self._flip(way, int(down[-1]), upwards=False)] if len(down) else [])]

    def _flip(self, way: str, interval: int, *, upwards: bool) -> Flip:
        cheapest = int(self.cheapest[interval - 1])
        grid = self.grids[way]
        because = "the other way is cheaper"
        if grid.stretched[interval - 1]:
            because = "its poll budget stretches the interval"
        elif not grid.fits[interval - 1]:
            because = "it does not fit a quota there"
        return Flip(interval, upwards, None if cheapest < 0 else list(self.grids)[cheapest], because)

    def with_question(self, **changes: object) -> "Decision":
        """Return the decision on a changed question."""
        changed = replace(self.question, **changes)  # type: ignore[arg-type]
        alike = changed.timeout_seconds == self.question.timeout_seconds
        return Decision(changed, self.candidates, self.sweep if alike else None)


def summarized(question: Question, policy: Policy, budget_polls: int | None) -> Polled:
    """Return what polling a workload with one policy amounts to."""
    durations = question.durations_seconds
    rows = len(durations)
    policies = policy_rows(policy, rows)
    timeout = np.full(rows, float(question.timeout_seconds))
    polled = poll(durations, timeout, policies, budget_polls)
    used = used_by(polled, policies, float(question.assumed["kept_warm_seconds"]))
    seen = ~polled.timed_out
    lag = np.sort((polled.seen_at_seconds - durations)[seen])
    longest = float(polled.last_delay_seconds.max())
    return Polled(
        policy=policy,
        begun=polled.begun,
        used=used.reduced(np.mean),
        mean_polls=float(polled.polls.mean()),
        most_polls=int(polled.polls.max()),
        timed_out_share=float(polled.timed_out.mean()),
        lag_mean_seconds=float(lag.mean()) if len(lag) else None,
        lag_p95_seconds=float(lag[max(0, math.ceil(0.95 * len(lag)) - 1)]) if len(lag) else None,
        lag_worst_seconds=float(polled.last_delay_seconds[seen].max()) if len(lag) else None,
        longest_delay_seconds=longest,
        stretched=is_stretched(question.timeout_seconds, policy, budget_polls),
    )
