"""Asks before something is done, and goes on with the expected answer alone."""

import sys
from collections.abc import Callable

from rich.console import Console

from orchbench.commands.failure import UsageError

Ask = Callable[[str], str]
"""Asks a question and returns the answer."""


def asking(console: Console) -> Ask | None:
    """Return how somebody is asked, or None where nobody can be."""
    if not sys.stdin.isatty():
        return None
    return lambda question: console.input(question, markup=False)


def agree(ask: Ask | None, question: str, is_yes: Callable[[str], bool], *, else_said: str) -> None:
    """Go on with a yes alone.

    Args:
        ask: asks somebody; None where nobody can be asked.
        question: what is asked.
        is_yes: of an answer without the blanks around it.
        else_said: what has not happened then.

    Raises:
        UsageError: nobody said yes.
    """
    if ask is None:
        raise UsageError("Nobody can be asked here: give --yes if that is what you want.")
    if not is_yes(ask(question).strip()):
        raise UsageError(f"Not confirmed, so {else_said}.")
