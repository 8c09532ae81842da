"""``orchbench compare-aws``: from an empty account to a report of the pair, and back to an empty account.

It says what it will deploy, run and cost, and asks. Wherever it ends, it says what is left, and how that is
removed.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from orchbench.commands.aws_consent import ASSUMED_QUERY_SECONDS, estimated_usd
from orchbench.commands.comparison_plan import INTERVAL_SECONDS, RUNS
from orchbench.commands.failure import UsageError
from orchbench.commands.options import project_folder, whole_number
from orchbench.commands.other_command import is_there
from orchbench.commands.trial_path import Trial
from orchbench.deployment.connection import AwsClients, is_on_this_machine, signed_in
from orchbench.deployment.template import load_template
from orchbench.evaluation.figures import told_usd
from orchbench.local.stack_name import too_long
from orchbench.results.folder import ResultsFolder
from orchbench.trial.cost import SECRET_USD_A_MONTH, warehouse_cost
from orchbench.trial.sam import RUNTIMES, Sam, runtime_found
from orchbench.trial.stacks import may_exist, require_free
from orchbench.trial.walk import Left, account_of, walk
from orchbench.ways import the_pair

Ask = Callable[[str], str]
DELETED = "delete"
WORKGROUP_NAME = re.compile(r"[a-z][a-z0-9-]{2,}")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "compare-aws",
        help="on AWS: deploy a warehouse and the application, compare, report, and offer to delete all",
    )
    parser.add_argument(
        "--stack",
        default="orchbench-trial",
        metavar="NAME",
        help="the application's stack, and with -warehouse the warehouse's (default: %(default)s)",
    )
    parser.add_argument("--region", help="the region on AWS (default: as boto3 finds it)")
    parser.add_argument("--profile", help="the profile of the AWS credentials")
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument(
        "--workgroup", metavar="NAME|ARN", help="a workgroup that is there: deploy no warehouse"
    )
    existing.add_argument("--cluster", metavar="ID", help="a cluster that is there: deploy no warehouse")
    parser.add_argument(
        "--database", default="dev", metavar="NAME", help="the database (default: %(default)s)"
    )
    parser.add_argument(
        "--admin-secret",
        metavar="ARN",
        help="of a database user who may create users and grant, where the caller's own may not",
    )
    parser.add_argument(
        "--rpu", type=int, choices=[4, 8, 16, 24, 32], default=4, help="the warehouse's capacity (default: 4)"
    )
    parser.add_argument(
        "--rpu-hours",
        type=whole_number(1, 1000),
        default=8,
        metavar="N",
        help="turn the warehouse off for the day after so many RPU-hours (default: %(default)s)",
    )
    parser.add_argument(
        "--runs", type=whole_number(1, 1000), default=RUNS, help="runs of each way (default: %(default)s)"
    )
    parser.add_argument(
        "--rows", type=whole_number(1, 100_000_000), help="orders to fill an empty table with"
    )
    parser.add_argument(
        "--poll-interval",
        type=whole_number(1, 86_400),
        default=INTERVAL_SECONDS["aws"],
        metavar="SECONDS",
        help="seconds between two checks (default: %(default)s)",
    )
    parser.add_argument("--no-probes", action="store_true", help="leave out the claims about AWS")
    parser.add_argument("--container", action="store_true", help="build the functions in a container")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="results folder (default: below results/)")
    parser.add_argument("--yes", action="store_true", help="do not ask before anything is deployed")
    afterwards = parser.add_mutually_exclusive_group()
    afterwards.add_argument("--delete", action="store_true", help="delete all of it at the end, unasked")
    afterwards.add_argument("--keep", action="store_true", help="keep all of it at the end, unasked")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prepare a trial, agree on it, and walk it."""
    clients, identity = signed_in(arguments.region, arguments.profile)
    console = Console(stderr=True)
    trial = prepared(arguments, clients, console)
    console.print("\n".join(plan(trial, identity)), highlight=False, markup=False, soft_wrap=True)
    ask = _asking(console)
    agree(arguments, ask)
    return undertake(trial, ask)


def prepared(arguments: argparse.Namespace, clients: AwsClients, console: Console) -> Trial:
    """Return a trial that can begin: its tools are there, and no stack is in the way.

    Raises:
        UsageError: the stack's name is too long, or none for a workgroup.
        ToolMissing: the SAM CLI or an interpreter is not there.
        StackInTheWay: a stack of this name was made by somebody else, or is in no state to go on from.
    """
    folder = project_folder()
    if refusal := too_long(load_template(folder / "template.yaml"), arguments.stack):
        raise UsageError(refusal)
    local = is_on_this_machine(clients)
    if not local and not WORKGROUP_NAME.fullmatch(arguments.stack):
        raise UsageError(
            f"--stack {arguments.stack!r} would name the workgroup too: use lower-case letters, digits and "
            "hyphens."
        )
    sam = Sam(folder, clients.region, arguments.profile)
    sam.require()
    runtime = RUNTIMES[0] if local or arguments.container else runtime_found()
    out = arguments.out or folder / "results" / time.strftime("%Y%m%d-%H%M%S")
    trial = Trial(arguments, clients, sam, runtime, ResultsFolder(out), console, local)
    cloudformation = clients.client("cloudformation")
    for step in trial.steps():
        for one in step.leaves if step.skipped is None else ():
            if one.removal and one.stack_name and require_free(cloudformation, one.stack_name, one.removal):
                console.print(
                    f"- {one.stack_name} is there from an earlier trial: it is used again", highlight=False
                )
    return trial


def plan(trial: Trial, identity: str) -> list[str]:
    """Return the lines that say what will be deployed, run and paid."""
    return [
        f"As {identity}, in {trial.clients.region}:",
        *(f"  {step.name}: {step.said_before}" for step in trial.steps()),
        "  then it offers to delete what it has deployed",
        *costs(trial),
    ]


def costs(trial: Trial) -> list[str]:
    """Return the lines that say what it should cost, each with its label."""
    if trial.local:
        return ["It costs nothing: nothing leaves this machine."]
    arguments = trial.arguments
    runs = arguments.runs * len(the_pair())
    poll = {"policy": "fixed", "interval_seconds": arguments.poll_interval}
    orchestration = runs * estimated_usd(list(the_pair()), trial.clients.region, "x86_64", poll)
    lines = [
        "What it should cost, at list prices; nothing of it has been measured on an account:",
        f"  {runs} runs: ${told_usd(orchestration, 2)} for orchestrating queries of {ASSUMED_QUERY_SECONDS} s"
        " (estimated)",
    ]
    if is_there("probe") and not arguments.no_probes:
        lines.append("  the probes: less than a dollar (assumed)")
    if not trial.makes_warehouse:
        return [*lines, "  the warehouse: what its own queries cost you"]
    cost = warehouse_cost(
        trial.clients.region, arguments.rpu, runs, ASSUMED_QUERY_SECONDS, arguments.rpu_hours
    )
    whose = "" if cost.is_known else ", another region's: this one's is not known here"
    return [
        *lines,
        f"  the warehouse: ${told_usd(cost.expected_usd, 2)} for {cost.expected_seconds // 60} min of "
        f"{arguments.rpu} RPU (assumed: ${cost.rpu_hour_usd} per RPU-hour{whose})",
        f"  the most that its usage limit allows: ${told_usd(cost.most_usd_a_day, 2)} a day (assumed)",
        f"  while it is kept: ${SECRET_USD_A_MONTH} a month for its admin's secret (assumed), and storage",
    ]


def agree(arguments: argparse.Namespace, ask: Ask | None) -> None:
    """Go on with a yes alone.

    Raises:
        UsageError: nobody said yes.
    """
    if arguments.yes:
        return
    if ask is None:
        raise UsageError("Nobody can be asked here: give --yes if that is what you want.")
    if ask("Type yes to go on: ").strip().lower() != "yes":
        raise UsageError("Not confirmed, so nothing was deployed.")


def undertake(trial: Trial, ask: Ask | None) -> int:
    """Walk the path and offer to delete what it made; however it ends, say what is left."""
    left: list[Left] = []

    def say(sentence: str) -> None:
        trial.console.print(f"- {sentence}", highlight=False, markup=False, soft_wrap=True)

    try:
        trial.results.prepare()
        walk(trial.steps(), left, say)
        if wanted(trial, left, ask):
            for name in deletable(left):
                say(f"delete: {name}")
                trial.sam.delete(name)
    finally:
        cloudformation = trial.clients.client("cloudformation")
        lines = account_of(left, lambda name: may_exist(cloudformation, name))
        trial.console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
    return 0


def wanted(trial: Trial, left: list[Left], ask: Ask | None) -> bool:
    """Tell whether what was made is to be deleted now."""
    if trial.arguments.delete or trial.arguments.keep or ask is None:
        return bool(trial.arguments.delete)
    names = " and ".join(deletable(left))
    return ask(f"Type {DELETED} to delete {names} now, or Enter to keep: ").strip().lower() == DELETED


def deletable(left: list[Left]) -> list[str]:
    """Return the stacks that this command deployed, the last first."""
    return [one.stack_name for one in reversed(left) if one.removal and one.stack_name]


def _asking(console: Console) -> Ask | None:
    """Return how somebody is asked, or None where nobody can be."""
    if not sys.stdin.isatty():
        return None
    return lambda question: console.input(question, markup=False)
