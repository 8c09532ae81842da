"""``orchbench template``: one way's template, definition and functions, in a folder of their own."""

import argparse
import shutil
from pathlib import Path

from rich.console import Console

from orchbench.commands.failure import UsageError
from orchbench.commands.failure_said import what_to_do
from orchbench.commands.options import ways_of
from orchbench.deployment.one_way import files_of, kept_of, template_of
from orchbench.project import TEMPLATE, project_root
from orchbench.project.templates import load_template
from orchbench.ways import Way


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("template")
    parser.add_argument("--way", required=True, metavar="WAY", help="the way to export")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="a new or empty folder")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the files, and say how they are deployed."""
    ways = ways_of([arguments.way])
    if len(ways) != 1:
        raise UsageError(f"--way {arguments.way!r} names {len(ways)} ways: name the one to write.")
    folder = arguments.out
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--out {str(folder)!r} is there and holds something: name a new folder.")
    try:
        count = write(ways[0], project_root(), folder)
    except OSError as error:
        raise UsageError(
            f"--out {str(folder)!r} cannot be written to ({error.strerror}): {what_to_do(error)}."
        ) from None
    say = Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print
    print(f"{ways[0].name}: {count} files in {folder}")  # noqa: T201 - the command's answer
    say("Put your SQL into functions/sql, your tables' grants into functions/setup; then, in that folder:")
    say("  sam validate --lint && sam build")
    say("  sam deploy --stack-name NAME --resolve-s3 --capabilities CAPABILITY_IAM \\")
    say("    --parameter-overrides WorkgroupArn=ARN")
    return 0


def write(way: Way, project: Path, folder: Path) -> int:
    """Write one way's project into a folder, and return how many files it has.

    Raises:
        OSError: a file cannot be written.
        InvalidTemplate: the project's template cannot be cut.
    """
    template = project / TEMPLATE
    text = template_of(template, way.name, f"A long Amazon Redshift query: {way.title}.")
    files = list(
        dict.fromkeys(files_of(template, [way.implementation], kept_of(load_template(template), way.name)))
    )
    for file in files:
        copy = folder / file.relative_to(project)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    (folder / TEMPLATE).write_text(text)
    return len(files) + 1
