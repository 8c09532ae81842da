"""``orchbench compare-aws``: from an empty account to a report of the pair, and back to an empty account.

It says what it will deploy, run and cost, and asks. Wherever it ends, it says what is left, and how that is
removed.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from orchbench.commands import consent
from orchbench.commands.comparison_plan import INTERVAL_SECONDS, RUNS
from orchbench.commands.consent import Ask, asking
from orchbench.commands.deployed import require_clone
from orchbench.commands.failure import CommandFailed
from orchbench.commands.failure_said import sentence_of
from orchbench.commands.options import whole_number
from orchbench.commands.trial_arguments import named_target, require_partition, require_sound
from orchbench.commands.trial_path import Trial
from orchbench.commands.trial_plan import plan
from orchbench.deployment.connection import AwsClients, is_on_this_machine, signed_in
from orchbench.project import project_folder
from orchbench.results.folder import ResultsFolder
from orchbench.trial.sam import RUNTIMES, Sam, SamFailed, runtime_found
from orchbench.trial.stacks import may_exist, require_free
from orchbench.trial.walk import Left, Say, account_of, walk

DELETED = "delete"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("compare-aws")
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
        "--workgroup", metavar="NAME|ARN", help="use this workgroup, and deploy no warehouse"
    )
    existing.add_argument("--cluster", metavar="ID", help="use this cluster, and deploy no warehouse")
    parser.add_argument(
        "--database", default="dev", metavar="NAME", help="the database (default: %(default)s)"
    )
    parser.add_argument(
        "--admin-secret",
        metavar="ARN",
        help="secret of a database user who may create users and grant, if yours may not",
    )
    parser.add_argument(
        "--rpu",
        type=int,
        choices=[4, 8, 16, 24, 32],
        help="the warehouse's capacity (default: 4 where the region offers it, 8 elsewhere)",
    )
    parser.add_argument(
        "--rpu-hours",
        type=whole_number(1, 1000),
        default=8,
        metavar="N",
        help="turn the warehouse off for the day after this many RPU-hours (default: %(default)s)",
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
    parser.add_argument(
        "--only-credentials", action="store_true", help="look for credentials, and do nothing else"
    )
    probing = parser.add_mutually_exclusive_group()
    probing.add_argument(
        "--probe",
        action="append",
        metavar="NAME",
        help="test only this claim about AWS, as `orchbench probe` takes it (default: all)",
    )
    probing.add_argument("--no-probes", action="store_true", help="do not test the claims about AWS")
    parser.add_argument("--container", action="store_true", help="build the functions in a container")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="results folder (default: below results/)")
    parser.add_argument("--yes", action="store_true", help="do not ask before anything is deployed")
    afterwards = parser.add_mutually_exclusive_group()
    afterwards.add_argument(
        "--delete", action="store_true", help="delete everything at the end, without asking"
    )
    afterwards.add_argument("--keep", action="store_true", help="keep everything at the end, without asking")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prepare a trial, agree on it, and walk it."""
    require_clone()
    clients, identity = signed_in(arguments.region, arguments.profile)
    require_partition(identity)
    if arguments.only_credentials:
        return 0
    console = Console(stderr=True)
    trial = prepared(arguments, clients, console)
    console.print("\n".join(plan(trial, identity)), highlight=False, markup=False, soft_wrap=True)
    ask = asking(console)
    agree(arguments, ask)
    return undertake(trial, ask)


def prepared(arguments: argparse.Namespace, clients: AwsClients, console: Console) -> Trial:
    """Return a trial that can begin: what it was given is sound, its tools are there, no stack is in the way.

    Raises:
        UsageError: a name or an ARN is none that the templates take, or of nothing that is there.
        ToolMissing: the SAM CLI or an interpreter is not there.
        StackInTheWay: a stack of this name was made by somebody else, or is in no state to go on from.
    """
    folder = project_folder()
    local = is_on_this_machine(clients)
    require_sound(arguments, folder, local=local)
    sam = Sam(folder, clients.region, arguments.profile)
    sam.require()
    runtime = RUNTIMES[0] if local or arguments.container else runtime_found()
    target = named_target(arguments, clients, local=local)
    out = arguments.out or folder / "results" / time.strftime("%Y%m%d-%H%M%S")
    trial = Trial(arguments, clients, sam, runtime, ResultsFolder(out), console, local, target)
    cloudformation = clients.client("cloudformation")
    for step in trial.steps():
        for one in step.leaves if step.skipped is None else ():
            if one.removal and one.stack_name and require_free(cloudformation, one.stack_name, one.removal):
                console.print(
                    f"- {one.stack_name} is there from an earlier trial: it is used again", highlight=False
                )
    return trial


def agree(arguments: argparse.Namespace, ask: Ask | None) -> None:
    """Go on with a yes alone.

    Raises:
        UsageError: nobody said yes.
    """
    if not arguments.yes:
        consent.agree(
            ask,
            "Type yes to go on: ",
            lambda said: said.lower() == "yes",
            else_said="nothing was deployed",
        )


def undertake(trial: Trial, ask: Ask | None) -> int:
    """Walk the path; however that ends, delete what it made where that is wanted, and say what is left.

    Raises:
        CommandFailed: the path was walked to its end, and something could not be deleted.
    """
    left: list[Left] = []

    def say(sentence: str) -> None:
        trial.console.print(f"- {sentence}", highlight=False, markup=False, soft_wrap=True)

    try:
        trial.results.prepare()
        walk(trial.steps(), left, say)
    except (KeyboardInterrupt, Exception) as error:
        # Before the question: whoever answers it should know.
        say("interrupted" if isinstance(error, KeyboardInterrupt) else f"not finished: {sentence_of(error)}")
        clear(trial, left, ask, say)
        raise
    kept = clear(trial, left, ask, say)
    if kept:
        raise CommandFailed(f"{' and '.join(kept)} could not be deleted.")
    return 0


def clear(trial: Trial, left: Sequence[Left], ask: Ask | None, say: Say) -> list[str]:
    """Delete what was made where that is wanted, say what is left, and return what could not be deleted."""
    cloudformation = trial.clients.client("cloudformation")
    failed: list[str] = []
    try:
        names = [name for name in deletable(left) if may_exist(cloudformation, name)]
        for name in names if wanted(trial, names, ask) else ():
            say(f"delete: {name}")
            try:
                trial.sam.delete(name)
            except SamFailed as error:
                say(str(error))
                failed.append(name)
    finally:
        lines = account_of([*left, *trial.further_left()], lambda name: may_exist(cloudformation, name))
        trial.console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
    return failed


def wanted(trial: Trial, names: Sequence[str], ask: Ask | None) -> bool:
    """Tell whether these stacks are to be deleted now."""
    if trial.arguments.delete or trial.arguments.keep or ask is None or not names:
        return bool(trial.arguments.delete)
    try:
        answer = ask(f"Type {DELETED} to delete {' and '.join(names)} now, or Enter to keep: ")
    except EOFError:
        # Whoever could be asked has gone.
        return False
    return answer.strip().lower() == DELETED


def deletable(left: Sequence[Left]) -> list[str]:
    """Return the stacks that this command deployed, the last first."""
    return [one.stack_name for one in reversed(left) if one.removal and one.stack_name]
