"""Commands that have become parts of others: the former name says the present one."""

import argparse

from orchbench.commands.failure import UsageError

FORMER = {
    "adr": "`orchbench decide --record FOLDER` (and `orchbench decide --check OLD.json`)",
    "show": "`orchbench report FOLDER --print table`",
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the former names, which no help lists."""
    for name in FORMER:
        # No word is an option here, so that each former argument is taken, whatever it was.
        parser = subparsers.add_parser(name, add_help=False, prefix_chars="\0")
        parser.add_argument("former", nargs="*")
        parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Say the present name.

    Raises:
        UsageError: always.
    """
    raise UsageError(f"`orchbench {arguments.command}` is now {FORMER[arguments.command]}.")
