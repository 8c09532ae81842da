"""``orchbench limits``: the quotas, how long a query each way can poll, and whether a batch fits them."""

import argparse
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from orchbench.commands.alternatives_table import print_limits_of
from orchbench.commands.brief import add_verbose, print_next
from orchbench.commands.estimation import (
    add_json,
    candidates,
    duration_of,
    print_json,
    print_whole,
    region,
)
from orchbench.commands.failure import UsageError
from orchbench.commands.limits_brief import print_limits
from orchbench.commands.options import add_polls, add_ways, policies_of
from orchbench.deployment.template import deployed_limits
from orchbench.evaluation.alternatives import USUAL_POLICY, Alternative
from orchbench.evaluation.candidate import kept_policies
from orchbench.evaluation.figures import NOTHING
from orchbench.evaluation.limits import NO_QUOTA, QUERY, Misfit, misfits, quotas, reach
from orchbench.evaluation.other_solutions import ALTERNATIVES
from orchbench.evaluation.prices import FALLBACK_REGION
from orchbench.evaluation.variants import parent_of, told_ratio
from orchbench.project import project_folder
from orchbench.trace import Json
from orchbench.ways.durations import Policy, policy_from_input, shown_duration

LONGEST_TIMEOUT_SECONDS = 365 * 86_400
"""No service takes a longer one; one beyond a query's own day is answered, and does not fit."""
POLICIES = ("fixed:5s", "fixed:10s", "fixed:30s", "fixed:60s", "adaptive")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("limits")
    add_polls(parser, POLICIES)
    parser.add_argument("--timeout", metavar="DURATION", help="check whether a batch with this timeout fits")
    parser.add_argument(
        "--no-poll-budget", action="store_true", help="let polling run into the orchestrator's quota"
    )
    parser.add_argument("--quotas", action="store_true", help="list every quota with its source")
    parser.add_argument(
        "--region", type=region, default=FALLBACK_REGION, help="region of the quotas (default: %(default)s)"
    )
    add_ways(parser)
    add_json(parser)
    add_verbose(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, alternatives: Sequence[Alternative] = ALTERNATIVES) -> int:
    """Show the limits; return 1 where a batch of the given timeout cannot fit."""
    policies = policies_of(arguments.poll or POLICIES, budget=not arguments.no_poll_budget)
    ways = candidates(arguments.way)
    found = _misfits(arguments, policies)
    document: Json = {
        "schema": "orchbench.limits/1",
        "reach": [reach(way, policy).to_json() for way, policy in kept_policies(ways, policies)],
        "misfits": [{"way": one.way, "fatal": one.fatal, "said": one.said} for one in found],
        "quotas": _quotas(arguments.region),
    }
    if alternatives:
        policy = policies[0] if arguments.poll else USUAL_POLICY
        document["alternatives"] = [one.limits(policy) for one in alternatives]
    if arguments.json:
        print_json(document)
    elif arguments.quotas or arguments.verbose:
        _print(document, listed=arguments.quotas)
        print_next(Console(), "orchbench estimate --duration 1207s --runs-a-month 3000")
    else:
        print_limits(document)
    return 1 if any(one.fatal for one in found) else 0


def _misfits(arguments: argparse.Namespace, policies: list[Policy]) -> list[Misfit]:
    found = [
        Misfit("template.yaml", fatal=True, said=said)
        for said in deployed_limits(project_folder() / "template.yaml", quotas()[QUERY].value)
    ]
    if arguments.timeout is None:
        return found
    seconds = duration_of(arguments.timeout)
    if seconds != int(seconds) or not 1 <= seconds <= LONGEST_TIMEOUT_SECONDS:
        raise UsageError(f"--timeout {arguments.timeout!r} is not from 1 second to 365d in whole seconds.")
    timeout, longest = int(seconds), quotas()[QUERY].value
    if timeout > longest:
        shown = f"{shown_duration(timeout)} is more than the {shown_duration(longest)}"
        said = f"A timeout of {shown} that Redshift runs a query: no way can promise it."
        return [*found, Misfit("every way", fatal=True, said=said)]
    for way, policy in kept_policies(candidates(arguments.way), policies):
        found += misfits(way, policy, timeout)
    return found


def warnings_before_start(way: str, document: Json) -> list[str]:
    """Return what an execution with this input runs into, a sentence each.

    An input that is wrong has no warnings here: the execution refuses it, and says why.
    """
    try:
        policy = policy_from_input(document.get("poll", {}))
        timeout = int(document.get("timeout_seconds", 3_600))
        if min(policy.share, policy.minimum_seconds, timeout) <= 0:
            return []
        return [
            one.said
            for candidate in (one.following(policy) for one in candidates([way]))
            for one in misfits(candidate, candidate.kept(policy), timeout)
        ]
    except (TypeError, ValueError, AttributeError):
        return []


def _quotas(region: str) -> list[Json]:
    return [
        {
            "key": key,
            "service": quota.service,
            "what": quota.what,
            "limit": {
                "value": quota.in_region(region),
                "unit": quota.unit,
                "label": "quoted",
                "source": quota.source,
                "date": quota.date,
                "confidence": quota.confidence,
            },
            "scope": quota.scope,
            "adjustable": quota.adjustable,
            "note": quota.note,
        }
        for key, quota in quotas().items()
    ]


def _print(document: Json, *, listed: bool) -> None:
    console = Console()
    if listed:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for title in ("service", "quota", "value", "scope", "source"):
            table.add_column(title, no_wrap=True)
        for one in document["quotas"]:
            limit = one["limit"]
            value = f"{limit['value']:,} {limit['unit']}"
            table.add_row(one["service"], one["what"], value, one["scope"], limit["source"])
        print_whole(console, table)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("way", "poll"):
        table.add_column(title, no_wrap=True)
    for title in (
        "longest that\nsucceeds, polls",
        "no budget:\nits query",
        "dies after,\npolls",
        "\nat",
        "with budget:\nlongest query",
        "\nthen polls every",
    ):
        table.add_column(title, justify="right", no_wrap=True)
    varied = any(parent_of(one["way"]) for one in document["reach"])
    if varied:
        table.add_column("\npolls ratio", no_wrap=True)
    for one in document["reach"]:
        polls = {
            other["way"]: other["most_polls"]["value"]
            for other in document["reach"]
            if other["policy"] == one["policy"]
        }
        most = one["most_polls"]["value"]
        table.add_row(
            one["way"],
            one["policy"],
            NOTHING if most is None else f"{most:,}",
            shown_duration(one["longest_query_without_poll_budget"]["value"]),
            *_death(one),
            shown_duration(one["longest_query_with_poll_budget"]["value"]),
            f"{one['longest_delay_with_poll_budget']['value']:.0f} s at most",
            *([told_ratio(one["way"], polls)] if varied else []),
        )
    print_whole(console, table)
    console.print(
        "Where an execution dies, a quota ends it while its query runs on. All of it is estimated.",
        style="dim",
        soft_wrap=True,
    )
    for way in dict.fromkeys(one["way"] for one in document["reach"] if one["most_polls"]["value"] is None):
        console.print(f"{way}: {NO_QUOTA}.", highlight=False, soft_wrap=True)
    print_limits_of(console, document.get("alternatives", ()))
    for one in document["misfits"]:
        console.print(one["said"], highlight=False, soft_wrap=True)


def _death(one: Json) -> tuple[str, str]:
    if not one["dies_without_poll_budget"]:
        return NOTHING, NOTHING
    return f"{one['dies_after_polls']['value']:,}", f"{one['dies_at']['value']:,.0f} s"
