"""Quotas as data, and what follows from them: how long a query each way can poll, and whether a batch fits.

The quotas stand in ``quotas.json``, each with its source. What a way uses of them is the way's own statement.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.figures import figure
from orchbench.evaluation.polling import PollColumns, moment_after, poll, polls_until
from orchbench.evaluation.used import most_polls
from orchbench.trace import Json, Label
from orchbench.ways.durations import Policy, shown_duration
from orchbench.ways.usage import Usage

FILE = Path(__file__).with_name("quotas.json")
QUERY = "redshift_query_seconds"
NO_QUOTA = "no quota of an execution limits its polls"
FORM = "closed form over the way's own counts and the quota"


@dataclass(frozen=True)
class AwsQuota:
    """One quota of AWS.

    Attributes:
        regions: where another value holds than ``value``.
        adjustable: whether AWS raises it on request.
    """

    service: str
    what: str
    value: int
    unit: str
    scope: str
    adjustable: bool
    regions: Mapping[str, int]
    source: str
    date: str
    confidence: str
    note: str = ""

    def in_region(self, region: str) -> int:
        """Return the value that holds in a region."""
        return self.regions.get(region, self.value)


@cache
def quotas() -> Mapping[str, AwsQuota]:
    """Return every quota by its key."""
    document = json.loads(FILE.read_text())
    return {key: AwsQuota(**one) for key, one in document["quotas"].items()}


@dataclass(frozen=True)
class Died:
    """Where a quota ends an execution whose query runs on: after so many polls, at this moment."""

    polls: int
    at_seconds: float


@dataclass(frozen=True)
class Reach:
    """How long a query a way can poll with a policy.

    Attributes:
        most_polls: after which the execution can still succeed, no reserve kept; None where nothing limits
            them.
        without_budget_seconds: the longest query that is still seen to end where the poll budget is off.
        died: what a query that runs on dies of there; None where none does within a query's day.
        longest_delay_seconds: that the poll budget makes of the policy, for the longest query of all.
        limited_by: what ends the longest query that the budget allows.
    """

    way: str
    policy: Policy
    most_polls: int | None
    without_budget_seconds: float
    died: Died | None
    longest_delay_seconds: float
    stretched: bool
    limited_by: str

    @property
    def ends_early(self) -> bool:
        """Tell whether, without a poll budget, a quota ends an execution before the longest query ends."""
        return self.without_budget_seconds < quotas()[QUERY].value

    def to_json(self) -> Json:
        """Return the figures, each with its label and its source."""
        longest = quotas()[QUERY]

        def estimated(value: float | None, unit: str, source: str = FORM) -> Json:
            return figure(value, unit, Label.ESTIMATED, source)

        return {
            "way": self.way,
            "policy": self.policy.shown,
            "most_polls": estimated(self.most_polls, "polls", NO_QUOTA if self.most_polls is None else FORM),
            "longest_query_without_poll_budget": estimated(self.without_budget_seconds, "s"),
            "dies_without_poll_budget": self.died is not None,
            "dies_after_polls": estimated(self.died.polls, "polls") if self.died else None,
            "dies_at": estimated(self.died.at_seconds, "s") if self.died else None,
            "longest_query_with_poll_budget": estimated(float(longest.value), "s", longest.source),
            "longest_delay_with_poll_budget": estimated(self.longest_delay_seconds, "s"),
            "stretched": self.stretched,
            "limited_by": self.limited_by,
        }


def death(usage: Usage, policy: Policy, timeout_seconds: float) -> Died | None:
    """Return where a query that runs beyond its timeout loses its execution; None where it does not."""
    unlimited = replace(policy, budget=False)
    found = _polled(timeout_seconds + 1, timeout_seconds, unlimited, most=most_polls(usage))
    return Died(int(found.polls[0]), float(found.seen_at_seconds[0])) if found.died[0] else None


def reach(way: Candidate, policy: Policy) -> Reach:
    """Return how long a query a way can poll with a policy that it keeps."""
    longest = float(quotas()[QUERY].value)
    most = way.usage.most_polls()
    last_seen = longest if most is None else moment_after(policy, most)
    # A query of a whole day may still be seen to end where one that went on could not be cancelled any more.
    died = death(way.usage, policy, longest) if last_seen < longest else None
    within_budget = replace(policy, budget=True)
    return Reach(
        way=way.name,
        policy=policy,
        most_polls=most,
        without_budget_seconds=min(last_seen, longest),
        died=died,
        longest_delay_seconds=longest_delay(within_budget, longest, way.budget_polls),
        stretched=is_stretched(longest, within_budget, way.budget_polls),
        limited_by=f"{told_quota(way.usage)} of an execution"
        if died
        else f"{longest / 3600:.0f} h of a query in Redshift",
    )


def _polled(
    seconds: float, timeout_seconds: float, policy: Policy, budget: int | None = None, most: Any = None
) -> PollColumns:
    """Return how one statement is polled."""
    return poll(np.array([float(seconds)]), np.array([float(timeout_seconds)]), policy, budget, most)


@lru_cache(maxsize=1024)
def longest_delay(policy: Policy, timeout_seconds: float, budget_polls: int | None) -> float:
    """Return the longest delay up to a deadline, the budget's stretching included.

    Delays never shrink but at two places: where the budget stops stretching, and at the deadline, which cuts
    the last one short. So the longest is the first one, the last or the one before it.
    """

    def delay_before(end: float) -> float:
        return float(_polled(end, timeout_seconds, policy, budget_polls).last_delay_seconds[0])

    last = delay_before(timeout_seconds)
    return max(delay_before(1.0), last, delay_before(max(1.0, timeout_seconds - last)))


def is_stretched(timeout_seconds: float, policy: Policy, budget_polls: int | None) -> bool:
    """Tell whether a poll budget makes delays longer than the policy's, up to a timeout."""
    if budget_polls is None or not policy.budget:
        return False
    return polls_until(timeout_seconds, policy) > budget_polls


@dataclass(frozen=True)
class Misfit:
    """What does not fit.

    Attributes:
        fatal: whether a batch that uses its whole timeout ends by it; otherwise its polling only changes.
    """

    way: str
    fatal: bool
    said: str


def misfits(way: Candidate, policy: Policy, timeout_seconds: int) -> Iterator[Misfit]:
    """Yield what a timeout and a policy run into on a way; nothing where they fit."""
    longest = quotas()[QUERY].value
    if timeout_seconds > longest:
        shown = f"{shown_duration(timeout_seconds)} is more than the {shown_duration(longest)}"
        yield Misfit(way.name, True, f"{way.name}: a timeout of {shown} that Redshift runs a query.")
    asked = int(_polled(timeout_seconds, timeout_seconds, policy).polls[0])
    timeout = shown_duration(timeout_seconds)
    needs = f"{way.name}: {policy.shown} needs {asked:,} polls up to a timeout of {timeout}"
    died = None if policy.budget else death(way.usage, policy, timeout_seconds)
    most, budget = way.usage.most_polls(), way.budget_polls
    if died and most is not None:
        longest_seen = min(moment_after(policy, most), float(timeout_seconds))
        yield Misfit(
            way.name,
            True,
            f"{needs}. The longest query that succeeds takes {_told(min(most, asked), longest_seen)}; "
            f"one that runs on loses its execution after {_told(died.polls, died.at_seconds)}, to "
            f"{told_quota(way.usage)}. Poll less often, or keep the poll budget.",
        )
    elif budget is not None and is_stretched(timeout_seconds, policy, budget):
        yield Misfit(
            way.name,
            False,
            f"{needs}, and the poll budget leaves {budget:,}: it is stretched to a poll every "
            f"{longest_delay(policy, timeout_seconds, budget):.0f} s at most.",
        )


def told_quota(usage: Usage) -> str:
    """Say how much of what one execution may use; nothing where no quota limits it."""
    return f"{usage.quota.limit:,} {usage.quota.meter.unit}" if usage.quota else "nothing"


def _told(polls: int, at_seconds: float) -> str:
    return f"{polls:,} polls, {at_seconds:,.0f} s ({shown_duration(at_seconds)})"
