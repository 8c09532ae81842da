"""The deployment that arguments name, local or on AWS, and what a clone alone can start."""

import argparse
from collections.abc import Iterable

from orchbench.commands.failure import UsageError
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import connect_aws, connect_running
from orchbench.local import LOCAL_WORKGROUP_ARN, LocalStack, LocalStackError, StackOptions, running_stack
from orchbench.project import is_clone, project_folder, working_folder
from orchbench.ways import deployed_by

NEEDS_CLONE = (
    "This needs servers and tools that an installed package does not bring: clone the repository, and run "
    "it there after `make setup`."
)


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add what names a deployment."""
    parser.add_argument(
        "--target", choices=["local", "aws"], default="local", help="where the stack is (default: local)"
    )
    parser.add_argument("--stack", default="orchbench", metavar="NAME", help="the stack's name on AWS")
    parser.add_argument("--region", help="the region on AWS (default: as boto3 finds it)")
    parser.add_argument("--profile", help="the profile of the AWS credentials")


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


def require_bundled(sql_file: str) -> str:
    """Return a bundled SQL file's name, or raise a UsageError that names those there are."""
    folder = project_folder() / "functions" / "sql"
    names = sorted(path.name for path in folder.glob("*.sql"))
    if sql_file not in names:
        raise UsageError(
            f"--sql-file {sql_file!r} is not bundled in functions/sql: there are {', '.join(names)}."
        )
    return sql_file
