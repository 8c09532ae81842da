"""Runs another command of this program, by its name and with the defaults of its options."""

import argparse
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

from orchbench.commands.failure import CommandFailed

PACKAGE = "orchbench.commands"


def is_there(name: str) -> bool:
    """Tell whether this version has such a command."""
    return importlib.util.find_spec(f"{PACKAGE}.{name}") is not None


def run_command(name: str, given: Sequence[str]) -> None:
    """Run a command.

    Args:
        name: of the command, and of its module.
        given: its arguments, as a shell would give them.

    Raises:
        CommandFailed: it ended with another exit code than 0.
    """
    parser = argparse.ArgumentParser(prog="orchbench")
    add_parser: Callable[[Any], None] = importlib.import_module(f"{PACKAGE}.{name}").add_parser
    add_parser(parser.add_subparsers())
    parsed = parser.parse_args([name, *given])
    if (code := int(parsed.run(parsed))) != 0:
        raise CommandFailed(f"`orchbench {name}` ended with exit code {code}.")
