"""Runs another command of this program, by its name and with the defaults of its options."""

import argparse
import importlib
from collections.abc import Callable, Sequence
from typing import Any

from orchbench.commands.failure import CommandFailed

PACKAGE = "orchbench.commands"


def exit_code_of(name: str, given: Sequence[str]) -> int:
    """Run a command and return its exit code.

    Args:
        name: of the command, and of its module.
        given: its arguments, as a shell would give them.
    """
    parser = argparse.ArgumentParser(prog="orchbench")
    add_parser: Callable[[Any], None] = importlib.import_module(f"{PACKAGE}.{name}").add_parser
    add_parser(parser.add_subparsers())
    parsed = parser.parse_args([name, *given])
    return int(parsed.run(parsed))


def run_command(name: str, given: Sequence[str]) -> None:
    """Run a command as ``exit_code_of`` does.

    Raises:
        CommandFailed: it ended with another exit code than 0.
    """
    if (code := exit_code_of(name, given)) != 0:
        raise CommandFailed(f"`orchbench {name}` ended with exit code {code}.")
