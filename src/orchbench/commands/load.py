"""``orchbench load``: many executions of each way at once on one local stack, and whether any was lost."""

import argparse
import json
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from rich.console import Console

from orchbench.commands.deployed import local_options
from orchbench.commands.failure import UsageError
from orchbench.commands.load_table import load_markdown, print_load
from orchbench.commands.options import add_ways, percentage, ways_of, whole_number
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import connect_local
from orchbench.deployment.warehouse import Warehouse
from orchbench.load.run import FALLBACK_SECONDS, LoadPlan, put_load
from orchbench.load.summary import summarize_load
from orchbench.local import LocalStack, StackOptions
from orchbench.trace import Json
from orchbench.ways.way import Waits, Way


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "load",
        description="Starts many executions of each way at once, and counts what was lost, throttled and "
        "retried. On a local stack of its own, never on AWS, where others share the quotas.",
    )
    parser.add_argument(
        "--at-once", type=whole_number(1, 500), default=200, help="executions of each way (default: 200)"
    )
    add_ways(parser)
    parser.add_argument(
        "--poll-interval",
        type=whole_number(1, 300),
        default=10,
        metavar="SECONDS",
        help="seconds between two checks of one execution (default: 10)",
    )
    parser.add_argument(
        "--batch-seconds",
        type=whole_number(0, 600),
        default=30,
        metavar="SECONDS",
        help="how long each batch takes (default: 30)",
    )
    parser.add_argument(
        "--quotas",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="enforce the Data API's quotas on calls per second and active statements (default: on)",
    )
    parser.add_argument(
        "--quota-percent",
        type=whole_number(1, 100),
        default=100,
        metavar="PERCENT",
        help="scale AWS's quotas, for a proportionally smaller load (default: 100)",
    )
    parser.add_argument(
        "--lose-statement-events",
        type=percentage,
        default=Fraction(0),
        metavar="SHARE",
        help="lose this share of the Data API's events, such as 50%% for every other one; ways that wait "
        f"for them then look every {FALLBACK_SECONDS} s (default: none)",
    )
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    shape.add_argument("--markdown", action="store_true", help="print Markdown and nothing else")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Put the load on a stack of its own, print what came of it, and return 1 where anything was lost."""
    console = Console(stderr=True)

    def progress(said: str) -> None:
        console.print(f"- {said}", highlight=False)

    ways = ways_of(arguments.way)
    check_that_one_waits_for_events(ways, arguments.lose_statement_events)
    plan = LoadPlan(
        ways=tuple(way.name for way in ways),
        at_once=arguments.at_once,
        poll_interval_seconds=arguments.poll_interval,
        batch_seconds=arguments.batch_seconds,
        quota_share=arguments.quota_percent / 100 if arguments.quotas else None,
        lost_events=arguments.lose_statement_events,
    )
    with LocalStack.start(stack_options(plan), progress) as stack:
        warehouse = Warehouse(stack.client("redshift-data"), stack.outputs)
        bench = Bench(connect_local(stack))
        summary = summarize_load(
            put_load(bench, warehouse, plan, lambda: calls_of(stack.redshift["url"]), progress)
        )
    if arguments.json:
        print(json.dumps(summary, indent=2))  # noqa: T201 - the command's answer
    elif arguments.markdown:
        print(load_markdown(summary), end="")  # noqa: T201 - the command's answer
    else:
        print_load(Console(), summary)
    return 1 if summary["lost"] else 0


def check_that_one_waits_for_events(ways: Sequence[Way], lost: Fraction) -> None:
    """Have events lost only where somebody would miss them.

    Raises:
        UsageError: none of the ways waits for them.
    """
    if lost and not any(way.waits is Waits.FOR_AN_EVENT for way in ways):
        names = ", ".join(way.name for way in ways)
        raise UsageError(
            f"--lose-statement-events loses what {names} would not wait for: name a way that waits for the "
            "Data API's event (--way), or leave the option out."
        )


def stack_options(plan: LoadPlan) -> StackOptions:
    """Return how the stack is started: with inline SQL, and the Data API's quotas as the plan asks."""
    share = plan.quota_share
    quotas = ("--no-quotas",) if share is None else ("--quota-share", f"{share:g}")
    lost = ("--lose-statement-events", str(plan.lost_events)) if plan.lost_events else ()
    options = local_options(plan.ways, published=False)
    return replace(
        options,
        parameters={**options.parameters, "InlineSqlAllowed": "true"},
        redshift_arguments=(*quotas, *lost),
    )


def calls_of(url: str) -> Json:
    """Return the local Data API's counts of its calls so far."""
    with urllib.request.urlopen(f"{url}/calls", timeout=30) as answer:  # noqa: S310 - this stack's own server
        counts: Json = json.loads(answer.read())
    return counts
