"""``orchbench.toml``: the reader's workload in a file, for ``decide``, its record and the report.

Its keys are named as the options are, and an option that is given counts before the file. What it says is
checked when it is read, so that whatever is wrong names its line.
"""

import argparse
import difflib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchbench.commands.decision_question import bearable_seconds, promise_of
from orchbench.commands.estimation import amount_of, lost_events, region, timeout_seconds
from orchbench.commands.failure import UsageError
from orchbench.evaluation.assumptions import UnknownAssumption, stated
from orchbench.evaluation.workload import from_distribution

FILE = Path("orchbench.toml")
ASSUME = "assume"
HOW_LONG = ("duration", "durations", "column")
"""What says how long queries take: an option of these replaces all of them."""


@dataclass(frozen=True)
class _Key:
    """One key: the types that TOML may give it, what raises where a value is wrong, and what is right."""

    types: tuple[type, ...]
    check: Callable[[str], object]
    right: str


def _architecture(text: str) -> None:
    if text not in ("x86_64", "arm64"):
        raise ValueError


def _memory(text: str) -> None:
    if not 128 <= int(text) <= 10_240:
        raise ValueError


KEYS: Mapping[str, _Key] = {
    "duration": _Key(
        (str,), from_distribution, 'a time with its unit, or a distribution, such as "25m", 24h at most'
    ),
    "durations": _Key((str,), Path, 'the name of a file, such as "past.csv"'),
    "column": _Key((str,), str, 'the name of a column of durations, such as "seconds"'),
    "runs_a_month": _Key(
        (int, float), lambda text: amount_of(text, "", 1), "a number from 1 to a billion, such as 6000"
    ),
    "acceptable_lag": _Key(
        (str,),
        promise_of,
        'a time from 1s to 24h with its unit, or a share of the query\'s time, such as "1m" or "5%"',
    ),
    "bearable_lag": _Key((str,), bearable_seconds, 'a time from 1s to 24h with its unit, such as "30m"'),
    "lost_events": _Key((str, int, float), lost_events, 'a share, such as "0.1%" or 0.001'),
    "timeout": _Key((str,), timeout_seconds, 'a time from 1s to 24h with its unit, such as "4h"'),
    "region": _Key((str,), region, 'the name of a region, such as "us-east-1"'),
    "architecture": _Key((str,), _architecture, '"x86_64" or "arm64"'),
    "memory": _Key((int,), _memory, "a whole number of MB from 128 to 10240, such as 512"),
}


def add_workload_file(parser: "argparse._ActionsContainer") -> None:
    """Add the file that holds the workload."""
    parser.add_argument(
        "--workload",
        type=Path,
        metavar="FILE",
        help=f"the workload in TOML, with keys named like the options (default: {FILE}, if it is here)",
    )


def with_workload_file(arguments: argparse.Namespace) -> list[str]:
    """Fill in what the command line leaves open, and return a sentence that names the file, if there is one.

    Raises:
        UsageError: the file cannot be read, or says something that is wrong.
    """
    path = arguments.workload or (FILE if FILE.is_file() else None)
    if path is None:
        return []
    found = read_workload_file(path)
    if any(getattr(arguments, name) is not None for name in HOW_LONG):
        found = {name: value for name, value in found.items() if name not in HOW_LONG}
    for name, value in found.items():
        if name == ASSUME:
            # Of two values of an assumption the later one holds.
            arguments.assume = [*value, *arguments.assume]
        elif getattr(arguments, name) is None:
            setattr(arguments, name, value)
    return [f"The workload is that of {path}."]


def read_workload_file(path: Path) -> dict[str, Any]:
    """Return what a workload file says, as the options would: text, but memory as a number.

    Raises:
        UsageError: in one sentence that names the file and the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"--workload {str(path)!r} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise UsageError(f"--workload {str(path)!r} is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_not_toml(path, text, str(error))) from None
    if {"duration", "durations"} <= document.keys():
        raise _wrong(path, text, "durations", "duration is given already: keep one of the two")
    found = {name: _value(path, text, name, one) for name, one in document.items() if name != ASSUME}
    if ASSUME in document:
        found[ASSUME] = _assumed(path, text, document[ASSUME])
    return found


def _value(path: Path, text: str, name: str, value: object) -> object:
    key = KEYS.get(name)
    if key is None:
        close = difflib.get_close_matches(name, KEYS, n=1)
        meant = f"did you mean {close[0]}?" if close else f"it takes {', '.join(KEYS)} and [{ASSUME}]"
        raise _wrong(path, text, name, f"there is no key {name!r}; {meant}")
    if not _is_right(key, value):
        shown = json.dumps(value, default=str, ensure_ascii=False)
        raise _wrong(path, text, name, f"{name} takes {key.right}, and not {shown:.60}")
    if name == "durations":
        # As a reader of the file finds it, wherever the command runs.
        return path.parent / str(value)
    return value if name == "memory" else str(value)


def _is_right(key: _Key, value: object) -> bool:
    # In Python true is a number.
    if isinstance(value, bool) or not isinstance(value, key.types):
        return False
    try:
        key.check(str(value))
    except (ValueError, UsageError, argparse.ArgumentTypeError):
        return False
    return True


def _assumed(path: Path, text: str, values: object) -> list[str]:
    if not isinstance(values, dict):
        raise _wrong(path, text, ASSUME, f"{ASSUME} is a table: write [{ASSUME}], and NAME = VALUE below it")
    for name, value in values.items():
        try:
            stated([f"{name}={value}"])
        except UnknownAssumption as error:
            raise _wrong(path, text, name, str(error).rstrip("."), ASSUME) from None
    return [f"{name}={value}" for name, value in values.items()]


def _wrong(path: Path, text: str, name: str, said: str, table: str = "") -> UsageError:
    ending = "" if said.endswith("?") else "."
    return UsageError(f"{path}, line {_line_of(text, name, table)}: {said}{ending}")


def _not_toml(path: Path, text: str, said: str) -> str:
    what, _, where = said.partition(" (at ")
    found = re.match(r"line ([0-9]+)", where)
    line = int(found[1]) if found else max(1, len(text.splitlines()))
    return f"{path}, line {line}: this is not valid TOML ({what[0].lower()}{what[1:]})."


def _line_of(text: str, name: str, table: str) -> int:
    """Return the line where a key stands, or the table of that name begins; the parser does not tell."""
    inside = ""
    key = re.compile(rf"[\"']?{re.escape(name)}[\"']?\s*[=.]")
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if heading := re.match(r"\[+\s*[\"']?([^\"'\].]+)", line):
            inside = heading[1].strip()
            if inside == name and not table:
                return number
        elif inside == table and key.match(line):
            return number
    return 1
