"""What ``orchbench check`` says of SQL files: warnings alone, found without a database."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console

from orchbench.commands.failure import UsageError
from orchbench.redshift.dialect import count_statements, differences

BUNDLED = ("functions/sql", "functions/setup")


def bundled_files(project: Path) -> list[Path]:
    """Return the SQL files that a deployment or its operator runs."""
    return [path for folder in BUNDLED for path in sorted((project / folder).glob("*.sql"))]


def warnings_of(files: Iterable[Path]) -> Iterator[str]:
    """Yield one line for each construct that PostgreSQL takes and Redshift may not.

    Raises:
        UsageError: a file cannot be read.
    """
    for path in files:
        for one in differences(_text(path)):
            yield f"{path}, line {one.line} (statement {one.statement}): {one.said}"


def without_statement(files: Iterable[Path]) -> list[Path]:
    """Return the files that hold nothing but comments and blanks.

    Raises:
        UsageError: a file cannot be read.
    """
    return [path for path in files if not count_statements(_text(path))]


def warn(console: Console, files: Iterable[Path]) -> None:
    """Print the warnings beside what a command says of its progress."""
    for said in warnings_of(files):
        console.print(f"- warning: {said}", highlight=False, markup=False, soft_wrap=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"--sql-file {str(path)!r} cannot be read: {reason}.") from None
