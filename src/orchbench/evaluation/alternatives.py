"""What may be used instead of a way: a closed form with its facts, its limits and what it does not promise.

An alternative is not a way: it is never started and never rehearsed, and no trace of it is ever counted. So
none of its figures is better than estimated. Which ones there are stands in ``other_solutions``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orchbench.evaluation.estimate import Terms
from orchbench.evaluation.figures import figure
from orchbench.evaluation.polling import Floats
from orchbench.evaluation.prices import completed
from orchbench.evaluation.tariff import Bill, Quantity, bill_to_json, free_quantities, plain, priced
from orchbench.trace import Json, Label
from orchbench.ways.durations import Policy

USUAL_POLICY = Policy.fixed(10)
"""How an alternative that polls does so where nobody says otherwise."""
STANDING = "a month, whatever runs"


@dataclass(frozen=True)
class Fact:
    """Something that an alternative's figures stand on, and where it was read."""

    said: str
    source: str


@dataclass(frozen=True)
class Queries:
    """What an alternative is estimated for: the same as a way.

    Attributes:
        durations_seconds: of the queries, each as likely as the other.
        timeout_seconds: the batch's own.
        policy: how one that polls does so.
    """

    durations_seconds: Floats
    timeout_seconds: int
    policy: Policy
    terms: Terms


@dataclass(frozen=True)
class Lag:
    """How long an end stays unseen on average; ``seconds`` is None where nobody waits for it, or none ends.

    Attributes:
        label: estimated where a closed form says it, else assumed.
        source: what says it.
    """

    seconds: float | None
    label: Label
    source: str


@dataclass(frozen=True)
class Reaches:
    """The longest query that it sees end; ``seconds`` is None where nothing of its own limits one."""

    seconds: float | None
    source: str


@dataclass(frozen=True)
class Alternative:
    """Another solution for the same batch.

    Attributes:
        uses: what one run is billed for, on average over the queries.
        lag: until an end is known.
        reaches: the longest query with a policy.
        once: whether the batch runs exactly once, in a few words.
        besides: what must be run besides, in a few words.
        promise: of every way, that it does not keep, in a few words.
        breaks: how it breaks that, a clause without its full stop.
        standing: what is paid a month, whatever runs.
    """

    name: str
    title: str
    uses: Callable[[Queries], Sequence[Quantity]]
    lag: Callable[[Queries], Lag]
    reaches: Callable[[Policy], Reaches]
    once: str
    besides: str
    promise: str
    breaks: str
    facts: Sequence[Fact]
    standing: Sequence[Quantity] = ()

    def estimated(self, asked: Queries, runs: Decimal, *, free_tier: bool = False) -> Json:
        """Return what so many runs cost, with everything that it is known by.

        Args:
            asked: the queries and the terms.
            runs: of a query, each as likely as the other.
            free_tier: whether to take off what an account has free each month; ``runs`` is a month's then.
        """
        costs = self.costs(asked, runs, free_tier=free_tier)
        lag = self.lag(asked)
        mean = None if lag.seconds is None else round(lag.seconds, 6)
        return self.limits(asked.policy) | {
            "cost": _usd(costs.runs, "USD"),
            "standing": _usd(costs.standing, f"USD {STANDING}") if self.standing else None,
            "detection_lag_mean": figure(mean, "s", lag.label, lag.source),
            "bill": bill_to_json(costs.together),
        }

    def costs(self, asked: Queries, runs: Decimal, *, free_tier: bool = False) -> "Costs":
        """Return the bills of so many runs and of what is paid besides; the arguments as above."""
        uses = self.uses(asked)
        keys = {one.price_key for one in (*uses, *self.standing)}
        prices = completed(asked.terms.prices, keys)
        free = free_quantities(prices, free_tier=free_tier)
        return Costs(priced(uses, prices, runs=runs, free=free), priced(self.standing, prices))

    def limits(self, policy: Policy = USUAL_POLICY) -> Json:
        """Return how long a query it sees end, and what it does not promise."""
        reached = self.reaches(policy)
        return {
            "alternative": self.name,
            "title": self.title,
            "longest_query": figure(reached.seconds, "s", Label.ESTIMATED, reached.source),
            "exactly_once": self.once,
            "run_besides": self.besides,
            "promise_broken": self.promise,
            "breaks": self.breaks,
            "facts": [{"said": one.said, "source": one.source} for one in self.facts],
        }


@dataclass(frozen=True)
class Costs:
    """The bill of the runs, and of what is paid a month, whatever runs."""

    runs: Bill
    standing: Bill

    @property
    def together(self) -> Bill:
        """Both, where the runs are a month's."""
        return Bill((*self.runs.charges, *self.standing.charges))


def _usd(bill: Bill, unit: str) -> Json:
    """Return a sum; nothing that is paid for is estimated to cost nothing."""
    label = bill.label if bill.charges else Label.ESTIMATED
    return figure(plain(bill.total_usd), unit, label, "the sum of the bill's lines")
