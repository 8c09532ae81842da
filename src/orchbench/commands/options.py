"""Arguments that several commands take, and the deployment they name."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from orchbench.commands.failure import UsageError
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import connect_aws, connect_running
from orchbench.local import LOCAL_WORKGROUP_ARN, LocalStack, LocalStackError, StackOptions
from orchbench.ways import all_ways, the_pair

PROJECT = Path(__file__).resolve().parents[3]
ALL = "all"


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add what names a deployment."""
    parser.add_argument(
        "--target", choices=["local", "aws"], default="local", help="where the stack is (default: local)"
    )
    parser.add_argument("--stack", default="orchbench", metavar="NAME", help="the stack's name on AWS")
    parser.add_argument("--region", help="the region on AWS (default: as boto3 finds it)")
    parser.add_argument("--profile", help="the profile of the AWS credentials")


def add_way(parser: argparse.ArgumentParser) -> None:
    """Add which way is meant."""
    parser.add_argument("way", choices=list(all_ways()), metavar="WAY", help=", ".join(all_ways()))


def add_ways_to_run(parser: argparse.ArgumentParser) -> None:
    """Add which ways are run: those of the pair, where none is named."""
    parser.add_argument(
        "--way",
        action="extend",
        type=names_of_ways,
        metavar="WAY",
        help=f"{', '.join(all_ways())} or {ALL}; several with commas, or again "
        f"(default: {', '.join(the_pair())})",
    )


def names_of_ways(text: str) -> list[str]:
    """Read the names of ways with commas between them, or ``all``; an argument type.

    Raises:
        argparse.ArgumentTypeError: there is no such way.
    """
    if text == ALL:
        return list(all_ways())
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in all_ways()]:
        raise argparse.ArgumentTypeError(
            f"there is no way {unknown[0]!r}: it takes {', '.join(all_ways())} or {ALL}"
        )
    return names


def connected(arguments: argparse.Namespace) -> Bench:
    """Return the deployment that the arguments name; a local one must be running."""
    if arguments.target == "aws":
        return Bench(connect_aws(arguments.stack, arguments.region, arguments.profile))
    return Bench(connect_running(project_folder()))


def project_folder() -> Path:
    """Return the folder with the template: the current one, or this project's."""
    return Path.cwd() if (Path.cwd() / "template.yaml").exists() else PROJECT


def local_options(ways: Iterable[str], *, published: bool) -> StackOptions:
    """Return how a local stack is started on which these ways can run."""
    parameters = {"WorkgroupArn": LOCAL_WORKGROUP_ARN, "Ways": deployed_for(ways)}
    return StackOptions(folder=project_folder(), parameters=parameters, published=published)


def deployed_for(ways: Iterable[str]) -> str:
    """Return the value of the template's parameter ``Ways`` that deploys these."""
    return "pair" if set(ways) <= set(the_pair()) else ALL


def require_sound(bench: Bench) -> None:
    """Refuse to take for a result what the local stack itself has failed at.

    Raises:
        LocalStackError: a server of it has ended, or its disk is full.
    """
    stack = bench.connection.clients
    if isinstance(stack, LocalStack) and (trouble := stack.trouble()):
        raise LocalStackError(trouble)


def whole_number(minimum: int, maximum: int) -> Callable[[str], int]:
    """Return an argument type: a whole number within bounds."""

    def number(text: str) -> int:
        try:
            value = int(text.replace("_", "").replace(",", ""))
        except ValueError:
            value = minimum - 1
        if not minimum <= value <= maximum:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {minimum} to {maximum}")
        return value

    return number


def require_bundled(sql_file: str) -> str:
    """Return a bundled SQL file's name, or raise a UsageError that names those there are."""
    folder = project_folder() / "functions" / "sql"
    names = sorted(path.name for path in folder.glob("*.sql"))
    if sql_file not in names:
        raise UsageError(
            f"--sql-file {sql_file!r} is not bundled in functions/sql: there are {', '.join(names)}."
        )
    return sql_file
