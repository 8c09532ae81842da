"""Arguments that several commands take, and the deployment they name."""

import argparse
from collections.abc import Callable, Iterable, Sequence

from orchbench.commands.failure import UsageError
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import connect_aws, connect_running
from orchbench.local import LOCAL_WORKGROUP_ARN, LocalStack, LocalStackError, StackOptions, running_stack
from orchbench.project import is_clone, project_folder, working_folder
from orchbench.ways import Way, all_ways, deployed_by
from orchbench.ways.durations import InvalidDuration, Policy, parse_policy, split_policies

NEEDS_CLONE = (
    "This needs servers and tools that an installed package does not bring: clone the repository, and run "
    "it there after `make setup`."
)
ALL = "all"
"""What ``--way`` takes for every way."""


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


def add_ways(parser: argparse.ArgumentParser, default: Iterable[str] = (ALL,)) -> None:
    """Add which ways are meant, for ``ways_of`` to read."""
    names = ", ".join([*all_ways(), ALL])
    parser.add_argument(
        "--way",
        action="append",
        metavar="WAY",
        help=f"{names}; several with commas, or the option again (default: {', '.join(default)})",
    )


def ways_of(names: Iterable[str] | None) -> list[Way]:
    """Return the ways of an argument, each once, in the order of a table.

    Args:
        names: each a way, several with commas between them, or ``all``; None for every way.

    Raises:
        UsageError: there is no such way, or none is named.
    """
    known = all_ways()
    named = listed(names or [ALL], "--way")
    unknown = next((name for name in named if name not in (*known, ALL)), None)
    if unknown is not None:
        raise UsageError(f"There is no way {unknown!r}: take one of {', '.join(known)}, or {ALL}.")
    return [way for name, way in known.items() if name in named or ALL in named]


def add_polls(parser: argparse.ArgumentParser, default: Iterable[str]) -> None:
    """Add which poll policies are meant, for ``policies_of`` to read."""
    parser.add_argument(
        "--poll",
        action="append",
        metavar="POLICY",
        help="fixed:INTERVAL, adaptive or adaptive:share=0.05,minimum=2s,maximum=5m; several with commas, or "
        f"the option again (default: {', '.join(default)})",
    )


def policies_of(texts: Iterable[str], *, budget: bool) -> list[Policy]:
    """Return the poll policies of an argument, each once; one text may hold several, with commas between.

    Raises:
        UsageError: one is no policy, or none is named.
    """
    try:
        texts = listed(texts, "--poll", split_policies)
        return list(dict.fromkeys(parse_policy(text, budget=budget) for text in texts))
    except InvalidDuration as error:
        raise UsageError(str(error)) from None


def at_commas(text: str) -> list[str]:
    """Split a text at its commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def listed(texts: Iterable[str], option: str, split: Callable[[str], Sequence[str]] = at_commas) -> list[str]:
    """Return what an option names that may be given again and takes several with commas, each once.

    Raises:
        UsageError: it names nothing.
    """
    parts = [part for text in texts for part in split(text)]
    if not parts:
        raise UsageError(f"{option} is empty: give at least one, or leave it out.")
    return list(dict.fromkeys(parts))


def connected(arguments: argparse.Namespace) -> Bench:
    """Return the deployment that the arguments name; a local one must be running."""
    if arguments.target == "aws":
        return Bench(connect_aws(arguments.stack, arguments.region, arguments.profile))
    require_local_aws()
    return Bench(connect_running(working_folder()))


def require_local_aws() -> None:
    """Refuse, before anything is made, where no local AWS runs and none can be started.

    Raises:
        UsageError: this is an installed package, which has no local AWS.
    """
    if not is_clone() and running_stack(working_folder()) is None:
        require_clone()


def require_clone() -> None:
    """Refuse what an installed package lacks the servers and tools for.

    Raises:
        UsageError: this is one.
    """
    if not is_clone():
        raise UsageError(NEEDS_CLONE)


def local_options(ways: Iterable[str], *, published: bool) -> StackOptions:
    """Return how a local stack is started on which these ways can run."""
    require_clone()
    parameters = {"WorkgroupArn": LOCAL_WORKGROUP_ARN, **deployed_by(ways)}
    return StackOptions(folder=project_folder(), parameters=parameters, published=published)


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
