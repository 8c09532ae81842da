"""The estimate of one way: its queries followed with one policy, what that uses, and its bill.

A figure goes one way: ``polling`` says when polls fall, ``Used`` what happened then, ``Followed`` sums up
what of it is counted, here it is billed, and ``tariff`` says for how much. Whoever shows an estimate takes it
from here, so that a command, a page and a decision say the same. What AWS adds to a delay is left out, as in
a rehearsal, and the counts equal those of one; faults and retries are left out too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from orchbench.evaluation.assumptions import Assumptions
from orchbench.evaluation.billed_time import (
    invocation_milliseconds,
    milliseconds,
    milliseconds_of_polls,
)
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.cost import compute_quantity, logs_quantity, metered_quantities
from orchbench.evaluation.followed import COLD, KEPT, LOGGED, LOGGING, METER, REQUESTS, Followed, Key, follow
from orchbench.evaluation.lag import Lag, Told
from orchbench.evaluation.polling import Counts, Floats, PollColumns
from orchbench.evaluation.price_keys import GB_SECOND, REQUEST, price_key
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.tariff import Bill, Quantity, free_quantities, priced
from orchbench.evaluation.workload import LONGEST_SECONDS
from orchbench.platforms.meters import CHECKPOINTS
from orchbench.trace import Label
from orchbench.ways.durations import Policy
from orchbench.ways.usage import Usage

CLOSED_FORM = "closed form of the way's own counts"
OVER_QUERIES = "closed form over the workload"
AS_REHEARSED = "bytes as rehearsed, times polls"
USUAL_MEMORY_MB = 128
"""Of a function, where nobody gives another."""
LOST, EVENT_SECONDS = "lost_events_share", "statement_event_seconds"
MILLISECONDS = "milliseconds"


@dataclass(frozen=True)
class Terms:
    """What an estimate is made with, besides a way, its queries and its policy."""

    prices: PriceList
    architecture: str
    memory_mb: int
    assumed: Assumptions


@dataclass(frozen=True)
class Estimate:
    """What queries come to on one way: followed, and billed on some terms."""

    followed: Followed
    terms: Terms

    @property
    def candidate(self) -> Candidate:
        """The way."""
        return self.followed.candidate

    @property
    def policy(self) -> Policy:
        """How it polls, as the way keeps it."""
        return self.followed.policy

    @property
    def polled(self) -> PollColumns:
        """When its polls fall."""
        return self.followed.watched.polled

    @property
    def lost_share(self) -> Decimal:
        """The share of its ends that it learns of without the event that it waits for."""
        if not self.candidate.is_woken:
            return Decimal(0)
        return Decimal(1) if self.candidate.events_lost else self.terms.assumed[LOST]

    @cached_property
    def lag(self) -> Lag:
        """The detection lag of ends at any moment, as it is expected where events may be lost."""
        if self.candidate.is_woken:
            return self.followed.lag(Told(float(self.terms.assumed[EVENT_SECONDS]), float(self.lost_share)))
        return self.followed.lag()

    @property
    def when_lost(self) -> "Estimate":
        """The same where no event comes."""
        return replace(self, followed=self.followed.when_lost)

    @property
    def when_told(self) -> "Estimate":
        """The same where every event comes."""
        certain = self.terms.assumed.with_values({LOST: Decimal(0)})
        return replace(self, terms=replace(self.terms, assumed=certain))

    @cached_property
    def quantities(self) -> list[Quantity]:
        """What one run is billed for, on average over the queries: exact sums, over their number."""
        followed, terms = self.followed, self.terms
        key = (id(terms.assumed), terms.architecture, terms.memory_mb)
        if key not in followed.quantities:
            followed.quantities[key] = (terms.assumed, self._quantities())
        return followed.quantities[key][1]

    def _quantities(self) -> list[Quantity]:
        expected: dict[Key, Decimal] = {}
        for share, followed in self.ends:
            for key, mean in self._means(followed).items():
                expected[key] = expected.get(key, Decimal(0)) + share * mean
        return list(_quantities(self.followed.usage, expected, self.terms))

    @property
    def ends(self) -> list[tuple[Decimal, Followed]]:
        """What is followed where events come, and where they are lost, each with its share."""
        lost = self.lost_share
        ends = ((1 - lost, self.followed), (lost, self.followed.when_lost))
        return [(share, followed) for share, followed in ends if share]

    def _means(self, followed: Followed) -> dict[Key, Decimal]:
        sums, watched = followed.sums, followed.watched
        total, polled = watched.total, int(self._of_polls @ watched.runs_by_begun)
        billed = {
            (MILLISECONDS, name): Decimal(self._billed(name, sums, total.begun, polled))
            for name in followed.usage.functions
        }
        return {key: summed / total.runs for key, summed in (sums | billed).items()}

    @property
    def cost_usd(self) -> Floats:
        """What each query's run costs, in floating point to compare: a bill is linear in its amounts."""
        costs: Floats = np.array([float(share) * self._cost_usd(followed) for share, followed in self.ends])
        summed: Floats = costs.sum(axis=0)
        return summed

    def _cost_usd(self, followed: Followed) -> Floats:
        counted, begun = followed.counted(followed.watched.used), followed.watched.used.begun
        of_polls = self._of_polls[begun]
        billed = {
            (MILLISECONDS, name): self._billed(name, counted, begun, of_polls)
            for name in followed.usage.functions
        }
        cost = np.zeros(len(followed.watched.statement_seconds))
        for key, column in (counted | followed.kept | billed).items():
            # A second for which something is kept has no price without the thing that is.
            kept = {(METER, key[1]): Decimal(1)} if key[0] == KEPT else {}
            cost += column * float(self._usd({key: Decimal(1)} | kept) - self._usd(kept))
        return cost

    def _usd(self, amounts: Mapping[Key, Decimal]) -> Decimal:
        return priced(_quantities(self.followed.usage, amounts, self.terms), self.terms.prices).total_usd

    @property
    def _of_polls(self) -> Counts:
        """Milliseconds that no poll, one, two and so on are billed for, checkpoints and cold starts apart."""
        terms, followed = self.terms, self.followed
        most = len(followed.watched.runs_by_begun) - 1
        return milliseconds_of_polls(followed.usage, terms.assumed, terms.memory_mb, most)

    def _billed(self, function: str, counted: Mapping[Key, Any], begun: Any, of_polls: Any) -> Any:
        """Return what a function's invocations are billed for, each rounded up to the millisecond."""
        usage, terms = self.followed.usage, self.terms
        polls_here = function in usage.look.invocations
        others = counted[REQUESTS, function] - (begun if polls_here else 0)
        suspends = usage.suspends and polls_here
        warm = invocation_milliseconds(terms.assumed, terms.memory_mb, replayed=0, suspends=suspends)
        billed = others * warm + counted[COLD, function] * milliseconds(
            terms.assumed["initialization_seconds"]
        )
        if polls_here:
            checkpoints = counted.get((METER, CHECKPOINTS.key), 0)
            billed = billed + of_polls + checkpoints * milliseconds(terms.assumed["checkpoint_seconds"])
        return billed

    @cached_property
    def bill(self) -> Bill:
        """The bill of one run, on average over the queries."""
        return self.bill_of(Decimal(1))

    def bill_of(self, runs: Decimal, *, free_tier: bool = False) -> Bill:
        """Return the bill of so many runs.

        Args:
            runs: of a query, each as likely as the other.
            free_tier: whether to take off what an account has free each month; ``runs`` is a month's then.
        """
        prices = self.terms.prices
        free = free_quantities(prices, free_tier=free_tier)
        return priced(self.quantities, prices, runs=runs, free=free)


def estimate_way(
    candidate: Candidate,
    durations_seconds: float | Floats,
    policy: Policy,
    terms: Terms,
    timeout_seconds: float | None = None,
) -> Estimate:
    """Return what queries come to on one way.

    Args:
        candidate: the way.
        durations_seconds: of the queries, one or a column.
        policy: as it is asked for; the way may keep another.
        terms: prices, functions and assumptions.
        timeout_seconds: the batch's own; else what each query usually has.
    """
    durations = np.atleast_1d(np.asarray(durations_seconds, dtype=np.float64))
    timeouts = (
        usual_timeouts(durations)
        if timeout_seconds is None
        else np.full(len(durations), float(timeout_seconds))
    )
    kept_warm = float(terms.assumed["kept_warm_seconds"])
    return Estimate(follow(candidate, policy, durations, timeouts, kept_warm_seconds=kept_warm), terms)


def usual_timeouts(durations_seconds: Floats) -> Floats:
    """Return the timeouts of batches whose own are not given: a tenth more, 1 h at least, 24 h at most."""
    more = np.ceil(np.round(durations_seconds * 1.1, 6))
    timeouts: Floats = np.minimum(LONGEST_SECONDS, np.maximum(3_600.0, more))
    return timeouts


def _quantities(usage: Usage, amounts: Mapping[Key, Decimal], terms: Terms) -> Iterator[Quantity]:
    """Yield what these amounts are billed as."""
    assumed = terms.assumed

    def of(kind: str, name: str) -> Decimal:
        return amounts.get((kind, name), Decimal(0))

    for meter in usage.meters:
        source = AS_REHEARSED if meter.is_size else CLOSED_FORM
        amount = of(METER, meter.key)
        seconds = of(KEPT, meter.key) / amount if amount else Decimal(0)
        yield from metered_quantities(meter, amount, Label.ESTIMATED, source, assumed, seconds=seconds)
    for name in usage.functions:
        requests = of(REQUESTS, name)
        if requests:
            yield Quantity(f"{name}: requests", REQUEST, requests, Label.ESTIMATED, CLOSED_FORM)
        if seconds := of(MILLISECONDS, name) / 1000:
            price = price_key(GB_SECOND, terms.architecture)
            yield compute_quantity(name, seconds, terms.memory_mb, price)
    if usage.functions:
        work, checks, invocations = (of(LOGGED, what) for what in LOGGING)
        yield logs_quantity(work, checks, invocations, assumed)
