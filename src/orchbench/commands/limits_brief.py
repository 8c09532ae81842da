"""Limits at a glance: how long a query each way can poll, and what of a batch does not fit."""

from itertools import chain

from rich.table import Table

from orchbench.commands.brief import print_brief, small_table
from orchbench.evaluation.figures import NOTHING
from orchbench.trace import Json
from orchbench.ways.durations import shown_duration

MOST_POLICIES = 5
MOST_WAYS = 5
"""As many as leave room for a sentence that wraps."""
LONGEST_NAME = 9


def print_limits(document: Json) -> None:
    """Print limits in at most ten lines.

    Args:
        document: as ``orchbench limits --json`` has it.
    """
    rows = document["reach"]
    misfits = [one["said"] for one in document["misfits"]]
    delays = [float(one["longest_delay_with_poll_budget"]["value"]) for one in rows if one["stretched"]]
    rarer = f": its polls become rarer, up to one every {max(delays):.0f} s" if delays else ""
    whole = all(one["longest_query_with_poll_budget"]["value"] >= 86_400 for one in rows)
    budget = (
        f"With the poll budget, which is on unless turned off, every way sees a query of 24 h end{rarer}."
    )
    dying = [one for one in rows if one["dies_without_poll_budget"]]
    first = min(dying, key=lambda one: float(one["dies_at"]["value"])) if dying else None
    headline = "The longest query that each way can poll, where the poll budget is off:"
    extra = [*misfits[1:], *([budget] if whole else [])]
    ways = len({one["way"] for one in rows})
    shown = MOST_WAYS - 2 if misfits else MOST_WAYS
    # Before anything else: a way that is left out in silence looks like one that is not there.
    if ways > shown:
        extra.append(f"{ways - shown} more ways with --verbose.")
    if first:
        extra.append("A longer one runs on while a quota ends its execution.")
    print_brief(misfits[0] if misfits else headline, [_table(rows, shown)], _following(first), extra)


def _table(rows: list[Json], most_ways: int) -> Table:
    """Return a row for each way, with a column for each policy."""
    named = dict.fromkeys(one["way"] for one in rows)
    every = {way: [one["policy"] for one in rows if one["way"] == way] for way in named}
    # Those that poll as they are asked to come first.
    ways = sorted(named, key=lambda way: -len(every[way]))[:most_ways]
    asked = {way: every[way] for way in ways}
    # A way may keep fewer policies than there are, and so must not say in which order they stand.
    policies = list(dict.fromkeys(chain(*sorted(asked.values(), key=len, reverse=True))))[:MOST_POLICIES]
    table = small_table("way", ">polls", *(f">{_short(policy)}" for policy in policies))
    for way in ways:
        own = {one["policy"]: one for one in rows if one["way"] == way}
        polls = next(iter(own.values()))["most_polls"]["value"]
        reached = (own.get(policy) for policy in policies)
        table.add_row(
            way,
            NOTHING if polls is None else f"{polls:,}",
            *(
                shown_duration(one["longest_query_without_poll_budget"]["value"]) if one else NOTHING
                for one in reached
            ),
        )
    return table


def _short(policy: str) -> str:
    shown = policy.removeprefix("fixed:")
    return shown if len(shown) <= LONGEST_NAME else shown.partition(":")[0]


def _following(first: Json | None) -> str:
    """Return the command that shows the first execution dying, or a rehearsal of a day."""
    if first is None:
        return "orchbench rehearse --duration 23.99h --poll adaptive"
    hours = min(23.99, float(first["dies_at"]["value"]) / 3_600 + 0.51)
    asked = f"--duration {hours:.2f}h --poll {first['policy']} --way {first['way']}"
    return f"orchbench rehearse {asked} --no-poll-budget"
