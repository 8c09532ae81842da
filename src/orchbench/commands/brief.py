"""The answer at a glance: at most ten lines of whole words in 80 columns, the last one the next command.

What does not fit is left to ``--verbose``, which ends with the same command.
"""

import argparse
import shlex
import textwrap
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

MOST_LINES, WIDTH = 10, 80
REST = "(--verbose shows the rest)"
"""Said behind the command where it fits, and above it where there is a line left."""


def add_verbose(parser: argparse.ArgumentParser) -> None:
    """Add the choice of all there is to say."""
    parser.add_argument(
        "--verbose", action="store_true", help="show whole tables, every assumption and every caveat"
    )


def print_brief(
    headline: str,
    body: Sequence[str | Text | Table],
    following: str,
    extra: Sequence[str] = (),
    *,
    rest: str = REST,
) -> None:
    """Print an answer to standard output.

    Args:
        headline: the conclusion, in bold.
        body: what it rests on; a ``Text`` stays one line, as a path does.
        following: the next command to run.
        extra: sentences worth a line where there is one left, the most important first.
        rest: says where more is; empty where there is no more.
    """
    console = Console()
    width = min(console.width, WIDTH)
    joined = f"Next: {following}  {rest}".rstrip()
    shown: list[str | Text | Table] = [headline, *body]
    ending = _command_lines(following, width)
    left = MOST_LINES - sum(_height(part, width) for part in shown) - len(ending)
    for sentence in extra:
        if _height(sentence, width) <= left:
            shown.append(sentence)
            left -= _height(sentence, width)
    if rest and len(joined) > width and left > 0:
        shown.append(rest)
    for part in shown:
        if isinstance(part, Table):
            _print_table(console, part)
        elif isinstance(part, Text):
            console.print(part, soft_wrap=True)
        else:
            style = "bold" if part is headline else ""
            console.print(Text("\n".join(_wrapped(part, width)), style), soft_wrap=True)
    console.print(Text(joined if len(joined) <= width else "\n".join(ending), style="cyan"), soft_wrap=True)


def print_next(console: Console, following: str) -> None:
    """Print the next command to run."""
    lines = _command_lines(following, min(console.width, WIDTH))
    console.print(Text("\n".join(lines), style="cyan"), soft_wrap=True)


def small_table(*titles: str) -> Table:
    """Return a table whose cells stay whole; a title with ``>`` before it is one of figures."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        justify = "right" if title.startswith(">") else "left"
        table.add_column(title.removeprefix(">"), no_wrap=True, justify=justify)  # type: ignore[arg-type]
    return table


def _print_table(console: Console, table: Table) -> None:
    """Print a table without cutting a column off, however narrow the terminal is."""
    needed = Console(width=1000).measure(table).maximum
    if needed <= console.width:
        console.print(table)
    else:
        Console(file=console.file, width=needed).print(table)


def _command_lines(following: str, width: int) -> list[str]:
    """Return a command in lines that a shell takes for one when they are copied."""
    if len(f"Next: {following}") <= width:
        return [f"Next: {following}"]
    lines = ["Next:"]
    for word in map(shlex.quote, shlex.split(following)):
        if len(lines[-1]) + len(word) + 3 > width and lines[-1] != "Next:":
            lines[-1] += " \\"
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}"
    return lines


def _height(part: str | Text | Table, width: int) -> int:
    if isinstance(part, Table):
        titles = max((str(column.header).count("\n") + 1 for column in part.columns), default=0)
        return part.row_count + titles
    return -(-len(part) // width) if isinstance(part, Text) else len(_wrapped(part, width))


def _wrapped(sentence: str, width: int) -> list[str]:
    return textwrap.wrap(sentence, width, break_long_words=False, break_on_hyphens=False)
