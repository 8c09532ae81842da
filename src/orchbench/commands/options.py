"""Arguments that several commands take."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from orchbench.commands.failure import UsageError
from orchbench.ways import Way, all_ways
from orchbench.ways.durations import InvalidDuration, Policy, parse_policy, split_policies

ALL = "all"
"""What ``--way`` takes for every way."""


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


def policies_of(texts: Iterable[str], *, budget: bool, option: str = "--poll") -> list[Policy]:
    """Return the poll policies of an argument, each once; one text may hold several, with commas between.

    Raises:
        UsageError: one is no policy, or none is named.
    """
    try:
        texts = listed(texts, option, split_policies)
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


def percentage(text: str) -> Fraction:
    """Read a share such as ``50%`` or ``0.5``, exactly."""
    number, percent, rest = text.partition("%")
    try:
        found = Fraction(number) / (100 if percent else 1)
    except (ValueError, ZeroDivisionError):
        found = Fraction(-1)
    if rest or not 0 <= found <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0% to 100%")
    return found


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
