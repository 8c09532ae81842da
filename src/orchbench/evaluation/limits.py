"""Quotas as data, and what follows from them: how long a query each way can poll, and whether a batch fits.

The quotas stand in ``quotas.json``, each with its source. What a way uses of them is the way's own statement.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from orchbench.durations import Policy, shown_duration
from orchbench.evaluation.polling import PolicyColumns, poll
from orchbench.trace import Json, Label
from orchbench.usage import Ending, Usage

FILE = Path(__file__).with_name("quotas.json")
NEVER = 10**9
"""Polls of a budget that is not kept."""


@dataclass(frozen=True)
class Quota:
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
def quotas() -> Mapping[str, Quota]:
    """Return every quota by its key."""
    document = json.loads(FILE.read_text())
    return {key: Quota(**one) for key, one in document["quotas"].items()}


@dataclass(frozen=True)
class Reach:
    """How long a query a way can poll with a policy.

    Attributes:
        most_polls: after which the execution can still succeed, no reserve kept.
        without_budget_seconds: the longest query that is still seen to end where the poll budget is off.
        longest_delay_seconds: that the poll budget makes of the policy, for the longest query of all.
        limited_by: what ends the longest query that the budget allows.
    """

    way: str
    policy: Policy
    most_polls: int
    without_budget_seconds: float
    dies_without_budget: bool
    with_budget_seconds: float
    longest_delay_seconds: float
    stretched: bool
    limited_by: str

    def to_json(self) -> Json:
        """Return the figures, each with its label and its source."""
        unit_source = "closed form over the way's own counts and the quota"

        def figure(value: float, unit: str, source: str = unit_source) -> Json:
            return {"value": value, "unit": unit, "label": Label.ESTIMATED.value, "source": source}

        return {
            "way": self.way,
            "policy": self.policy.shown,
            "most_polls": figure(self.most_polls, "polls"),
            "longest_query_without_poll_budget": figure(self.without_budget_seconds, "s"),
            "dies_without_poll_budget": self.dies_without_budget,
            "longest_query_with_poll_budget": figure(self.with_budget_seconds, "s", quotas()[QUERY].source),
            "longest_delay_with_poll_budget": figure(self.longest_delay_seconds, "s"),
            "stretched": self.stretched,
            "limited_by": self.limited_by,
        }


QUERY = "redshift_query_seconds"


def reach(way: str, usage: Usage, budget_polls: int, policy: Policy) -> Reach:
    """Return how long a query a way can poll with a policy.

    Args:
        way: its name.
        usage: the way's own counts.
        budget_polls: how many polls its poll budget leaves one execution.
        policy: how it polls.
    """
    longest = quotas()[QUERY].value
    most = usage.most_polls()
    last_seen = moment_of_poll(policy, most)
    dies = last_seen < longest
    within_budget = replace(policy, budget=True)
    columns = _columns(within_budget)
    kept = poll(np.array([float(longest)]), np.array([float(longest)]), columns, budget_polls)
    plain = poll(np.array([float(longest)]), np.array([float(longest)]), columns, NEVER)
    stretched = bool(kept.polls[0] < plain.polls[0])
    return Reach(
        way=way,
        policy=policy,
        most_polls=most,
        without_budget_seconds=float(min(last_seen, longest)),
        dies_without_budget=dies,
        with_budget_seconds=float(longest),
        longest_delay_seconds=longest_delay(within_budget, float(longest), budget_polls),
        stretched=stretched,
        limited_by=f"{usage.quota_limit:,} {usage.quota_unit} of an execution"
        if dies
        else f"{longest / 3600:.0f} h of a query in Redshift",
    )


def moment_of_poll(policy: Policy, number: int) -> float:
    """Return when a poll falls, seconds after the statement's creation, without a budget or a deadline."""
    if policy.is_fixed:
        return float(number * policy.minimum_seconds)
    low, high = 0.0, float(number * policy.maximum_seconds)
    while high - low > 1:
        middle = (low + high) // 2
        found = poll(np.array([middle]), np.array([1e12]), _columns(policy), NEVER)
        low, high = (middle, high) if found.polls[0] <= number else (low, middle)
    return float(poll(np.array([low]), np.array([1e12]), _columns(policy), NEVER).seen_at_seconds[0])


def longest_delay(policy: Policy, timeout_seconds: float, budget_polls: int) -> float:
    """Return the longest delay up to a deadline, the budget's stretching included."""
    ends = np.linspace(1.0, timeout_seconds, 400)
    rows = policy_rows(policy, len(ends))
    found = poll(ends, np.full(len(ends), timeout_seconds), rows, budget_polls)
    return float(found.last_delay_seconds.max())


def policy_rows(policy: Policy, rows: int) -> PolicyColumns:
    """Return one policy as so many rows."""
    return PolicyColumns(
        np.full(rows, policy.share),
        np.full(rows, float(policy.minimum_seconds)),
        np.full(rows, float(policy.maximum_seconds)),
        np.full(rows, policy.budget),
    )


def _columns(policy: Policy) -> PolicyColumns:
    return policy_rows(policy, 1)


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
    way: str, usage: Usage, budget_polls: int, policy: Policy, timeout_seconds: int
) -> Iterator[Misfit]:
    """Yield what a timeout and a policy run into on a way; nothing where they fit."""
    longest = quotas()[QUERY].value
    if timeout_seconds > longest:
        said = f"a timeout of {timeout_seconds} s is more than the {longest} s that Redshift runs a query"
        yield Misfit(way, True, f"{way}: {said}.")
    timeout = np.array([float(timeout_seconds)])
    asked = int(poll(timeout, timeout, _columns(policy), NEVER).polls[0])
    most = usage.most_polls(Ending.TIMED_OUT)
    needs = (
        f"{way}: {policy.shown} needs {asked:,} polls up to a timeout of {shown_duration(timeout_seconds)}, "
        "and "
    )
    if not policy.budget and asked > most:
        died = shown_duration(moment_of_poll(policy, usage.most_polls() + 1))
        yield Misfit(
            way,
            True,
            f"{needs}{usage.quota_limit:,} {usage.quota_unit} allow {most:,}: a query that runs so "
            f"long loses its execution after about {died}. Poll less often, or keep the poll budget.",
        )
    elif policy.budget and asked > budget_polls:
        delay = longest_delay(policy, float(timeout_seconds), budget_polls)
        yield Misfit(
            way,
            False,
            f"{needs}the poll budget leaves {budget_polls:,}: it is stretched to a poll every "
            f"{delay:.0f} s at most.",
        )
