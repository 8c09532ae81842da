"""Quotas as data, and what follows from them: how long a query each way can poll, and whether a batch fits.

The quotas stand in ``quotas.json``, each with its source. What a way uses of them is the way's own statement.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from orchbench.evaluation.polling import moment_after, poll
from orchbench.evaluation.used import most_polls
from orchbench.trace import Json, Label
from orchbench.ways.durations import Policy, shown_duration
from orchbench.ways.usage import Usage

FILE = Path(__file__).with_name("quotas.json")
NO_QUOTA = "no quota of an execution limits its polls"


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
    died: "Died | None"
    with_budget_seconds: float
    longest_delay_seconds: float
    stretched: bool
    limited_by: str

    @property
    def dies_without_budget(self) -> bool:
        """Tell whether a longer query loses its execution where the poll budget is off."""
        return self.died is not None

    @property
    def ends_early(self) -> bool:
        """Tell whether, without a poll budget, a quota ends an execution before the longest query ends."""
        return self.without_budget_seconds < quotas()[QUERY].value

    def to_json(self) -> Json:
        """Return the figures, each with its label and its source."""
        unit_source = "closed form over the way's own counts and the quota"

        def figure(value: float | None, unit: str, source: str = unit_source) -> Json:
            return {"value": value, "unit": unit, "label": Label.ESTIMATED.value, "source": source}

        return {
            "way": self.way,
            "policy": self.policy.shown,
            "most_polls": figure(
                self.most_polls, "polls", NO_QUOTA if self.most_polls is None else unit_source
            ),
            "longest_query_without_poll_budget": figure(self.without_budget_seconds, "s"),
            "dies_without_poll_budget": self.dies_without_budget,
            "dies_after_polls": figure(self.died.polls, "polls") if self.died else None,
            "dies_at": figure(self.died.at_seconds, "s") if self.died else None,
            "longest_query_with_poll_budget": figure(self.with_budget_seconds, "s", quotas()[QUERY].source),
            "longest_delay_with_poll_budget": figure(self.longest_delay_seconds, "s"),
            "stretched": self.stretched,
            "limited_by": self.limited_by,
        }


@dataclass(frozen=True)
class Died:
    """Where a quota ends an execution whose query runs on: after so many polls, at this moment."""

    polls: int
    at_seconds: float


QUERY = "redshift_query_seconds"


def death(usage: Usage, policy: Policy, timeout_seconds: float) -> Died | None:
    """Return where a query that runs beyond its timeout loses its execution; None where it does not."""
    timeout = np.array([timeout_seconds])
    found = poll(timeout + 1, timeout, replace(policy, budget=False), most=most_polls(usage))
    return Died(int(found.polls[0]), float(found.seen_at_seconds[0])) if found.died[0] else None


def reach(way: str, usage: Usage, budget_polls: int | None, policy: Policy) -> Reach:
    """Return how long a query a way can poll with a policy.

    Args:
        way: its name.
        usage: the way's own counts.
        budget_polls: how many polls its poll budget leaves one execution; None where none limits them.
        policy: how it polls.
    """
    longest = quotas()[QUERY].value
    most = usage.most_polls()
    last_seen = longest if most is None else moment_after(policy, most)
    # A query of a whole day may still be seen to end where one that went on could not be cancelled any more.
    died = death(usage, policy, float(longest)) if last_seen < longest else None
    within_budget = replace(policy, budget=True)
    kept = poll(np.array([float(longest)]), np.array([float(longest)]), within_budget, budget_polls)
    plain = poll(np.array([float(longest)]), np.array([float(longest)]), within_budget)
    stretched = bool(kept.polls[0] < plain.polls[0])
    return Reach(
        way=way,
        policy=policy,
        most_polls=most,
        without_budget_seconds=float(min(last_seen, longest)),
        died=died,
        with_budget_seconds=float(longest),
        longest_delay_seconds=longest_delay(within_budget, float(longest), budget_polls),
        stretched=stretched,
        limited_by=f"{told_quota(usage)} of an execution"
        if died
        else f"{longest / 3600:.0f} h of a query in Redshift",
    )


@lru_cache(maxsize=1024)
def longest_delay(policy: Policy, timeout_seconds: float, budget_polls: int | None) -> float:
    """Return the longest delay up to a deadline, the budget's stretching included.

    Delays never shrink but at two places: where the budget stops stretching, and at the deadline, which cuts
    the last one short. So the longest is the first one, the last or the one before it.
    """

    def delay_before(end: float) -> float:
        at, deadline = np.array([end]), np.array([timeout_seconds])
        return float(poll(at, deadline, policy, budget_polls).last_delay_seconds[0])

    last = delay_before(timeout_seconds)
    return max(delay_before(1.0), last, delay_before(max(1.0, timeout_seconds - last)))


@lru_cache(maxsize=1024)
def is_stretched(timeout_seconds: float, policy: Policy, budget_polls: int | None) -> bool:
    """Tell whether a poll budget makes delays longer than the policy's, up to a timeout."""
    if budget_polls is None:
        return False
    timeout = np.array([float(timeout_seconds)])
    needed = poll(timeout, timeout, replace(policy, budget=False)).polls[0]
    return policy.budget and bool(needed > budget_polls)


@dataclass(frozen=True)
class Misfit:
    """What does not fit.

    Attributes:
        fatal: whether a batch that uses its whole timeout ends by it; otherwise its polling only changes.
    """

    way: str
    fatal: bool
    said: str


def misfits(
    way: str, usage: Usage, budget_polls: int | None, policy: Policy, timeout_seconds: int
) -> Iterator[Misfit]:
    """Yield what a timeout and a policy run into on a way; nothing where they fit."""
    longest = quotas()[QUERY].value
    if timeout_seconds > longest:
        shown = f"{shown_duration(timeout_seconds)} is more than the {shown_duration(longest)}"
        yield Misfit(way, True, f"{way}: a timeout of {shown} that Redshift runs a query.")
    timeout = np.array([float(timeout_seconds)])
    asked = int(poll(timeout, timeout, policy).polls[0])
    needs = (
        f"{way}: {policy.shown} needs {asked:,} polls up to a timeout of {shown_duration(timeout_seconds)}"
    )
    died = None if policy.budget else death(usage, policy, float(timeout_seconds))
    most = usage.most_polls()
    if died and most is not None:
        longest_seen = min(moment_after(policy, most), float(timeout_seconds))
        yield Misfit(
            way,
            True,
            f"{needs}. The longest query that succeeds takes {_told(min(most, asked), longest_seen)}; "
            f"one that runs on loses its execution after {_told(died.polls, died.at_seconds)}, to "
            f"{told_quota(usage)}. Poll less often, or keep the poll budget.",
        )
    elif policy.budget and budget_polls is not None and asked > budget_polls:
        delay = longest_delay(policy, float(timeout_seconds), budget_polls)
        yield Misfit(
            way,
            False,
            f"{needs}, and the poll budget leaves {budget_polls:,}: it is stretched to a poll every "
            f"{delay:.0f} s at most.",
        )


def told_quota(usage: Usage) -> str:
    """Say how much of what one execution may use; nothing where no quota limits it."""
    return f"{usage.quota.limit:,} {usage.quota.meter.unit}" if usage.quota else "nothing"


def _told(polls: int, at_seconds: float) -> str:
    return f"{polls:,} polls, {at_seconds:,.0f} s ({shown_duration(at_seconds)})"
