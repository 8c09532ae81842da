"""``orchbench decide``: which way, polling how often, for a workload; and what would change the answer."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from orchbench.commands.brief import add_verbose
from orchbench.commands.decision_comment import comment
from orchbench.commands.decision_question import OPTIONAL, add_bearable_lag, beside, can_be_done, decide
from orchbench.commands.decision_table import print_decision, print_decision_brief
from orchbench.commands.estimation import (
    add_deployment,
    add_json,
    add_lost_events,
    add_prices,
    add_warehouse,
    add_workload,
    prices_of,
    print_json,
    workload_of,
)
from orchbench.commands.failure import UsageError
from orchbench.commands.options import add_ways
from orchbench.commands.workload_file import FILE, add_workload_file, with_workload_file
from orchbench.evaluation.alternatives import Alternative
from orchbench.evaluation.estimate import USUAL_MEMORY_MB
from orchbench.evaluation.other_solutions import ALTERNATIVES
from orchbench.evaluation.prices import FALLBACK_REGION
from orchbench.trace import Json

USUAL = {
    "region": FALLBACK_REGION,
    "architecture": "x86_64",
    "memory": USUAL_MEMORY_MB,
    "peak_factor": OPTIONAL["peak_factor"],
}
"""What holds where an argument is not given, and no record or results say it."""
NEEDED = ("runs_a_month", "acceptable_lag")
ASKED = (
    *("results", "workload", "durations", "duration", "column", *NEEDED, "region", "architecture"),
    *("memory", "timeout", "assume", "way", "json", *OPTIONAL),
)
"""What a check takes from the record, besides."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("decide")
    add_workload(parser, required=False)
    parser.add_argument("--runs-a-month", metavar="N", help="how often the query runs per month")
    parser.add_argument(
        "--acceptable-lag",
        metavar="DURATION|SHARE",
        help="the longest that an end may go unseen: 1m, or 5%% of the query's time",
    )
    add_bearable_lag(parser)
    add_lost_events(parser)
    parser.add_argument("--budget-usd", metavar="USD", help="most that orchestration may cost per month")
    parser.add_argument(
        "--peak-factor",
        metavar="N",
        help=f"the busiest moment as a multiple of the average, assumed (default: {USUAL['peak_factor']})",
    )
    parser.add_argument("--free-tier", action="store_true", help="subtract the account's monthly free tier")
    parser.add_argument(
        "--material",
        action="append",
        metavar="USD|SHARE",
        help="what a way must save per month for cost to decide: an amount and a share of the bill, both "
        "(default: 10 and 1%%)",
    )
    parser.add_argument(
        "--alternatives",
        action="store_true",
        help="show what else could run it (never run here) instead of the rest of the answer; "
        "together with it if --verbose",
    )
    add_workload_file(parser)
    add_warehouse(parser)
    add_ways(parser, ["all but those that are off by default"])
    add_deployment(parser)
    add_prices(parser)
    add_json(parser)
    add_verbose(parser)
    parser.add_argument(
        "--markdown", action="store_true", help="print a comment for a pull request; also works with --check"
    )
    parser.add_argument(
        "results", type=Path, nargs="*", metavar="RESULTS", help="results folders that a record is based on"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--record",
        type=Path,
        metavar="FILE|FOLDER",
        help="write the decision as a record; without RESULTS it uses those in the FOLDER, if it has "
        "any, or only estimates; what is not given is taken from runs on AWS, or assumed",
    )
    instead.add_argument(
        "--check",
        type=Path,
        metavar="OLD.json",
        help="decide again from an old record's inputs, and exit with code 3 if the decision flips",
    )
    parser.set_defaults(run=run, **dict.fromkeys(USUAL))


def run(arguments: argparse.Namespace, alternatives: Sequence[Alternative] = ALTERNATIVES) -> int:
    """Answer, and return 1 where no way can do what is asked; or write a record, or check one."""
    if arguments.markdown and (arguments.json or arguments.verbose):
        raise UsageError("--markdown is one shape: leave out --json and --verbose.")
    if arguments.markdown or arguments.record is not None or arguments.check is not None:
        _refuse(arguments, ("alternatives",), "A record and a comment are of ways alone")
    if arguments.check is not None:
        _refuse(arguments, ASKED, "--check takes what was asked from the record")
    if arguments.check is not None or arguments.record is not None:
        # Results and their report take a moment to import, which an answer alone should not wait for.
        from orchbench.commands.decision_record import check_record, write_record  # noqa: PLC0415

        if arguments.check is not None:
            return check_record(arguments)
        return write_record(arguments, with_workload_file(arguments))
    told = with_workload_file(arguments)
    _refuse(arguments, ("results",), "Only a record stands on results, and --record is not given")
    missing = [_flag(name) for name in NEEDED if getattr(arguments, name) is None]
    if arguments.duration is None and arguments.durations is None:
        missing.insert(0, "--duration or --durations")
    if missing:
        raise UsageError(
            f"decide needs {', '.join(missing)}, or {FILE} with them; only --record takes them from results."
        )
    for name, usual in USUAL.items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, usual)
    prices = prices_of(arguments, arguments.region)
    workload = workload_of(arguments)
    document = decide(arguments, workload, prices)
    if arguments.alternatives:
        document["alternatives"] = beside(document, arguments, workload, prices, alternatives)
    _print(document, arguments, told)
    return 0 if can_be_done(document) else 1


def _print(document: Json, arguments: argparse.Namespace, told: Sequence[str]) -> None:
    if arguments.json:
        print_json(document)
    elif arguments.markdown:
        print(comment(document))  # noqa: T201 - the command's answer
    elif arguments.verbose:
        print_decision(document, told)
    else:
        print_decision_brief(document, told)


def _refuse(arguments: argparse.Namespace, names: Iterable[str], why: str) -> None:
    """Refuse arguments that would be ignored.

    Raises:
        UsageError: which names each of them.
    """
    given = [_flag(name) for name in names if getattr(arguments, name) not in (None, False, [])]
    if given:
        raise UsageError(f"{why}: leave out {', '.join(given)}.")


def _flag(name: str) -> str:
    return "RESULTS" if name == "results" else f"--{name.replace('_', '-')}"
