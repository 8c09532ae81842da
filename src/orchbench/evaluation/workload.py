"""Workloads: how long the queries of a month take, from a distribution or from a file of past ones.

A distribution becomes a fixed set of quantiles, so that the same question always has the same answer.
"""

import csv
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np

from orchbench.evaluation.polling import Floats
from orchbench.trace import Label
from orchbench.ways.durations import InvalidDuration, parse_duration

QUANTILES = 2_000
ENOUGH = 30
"""From fewer past queries, the next ones may be quite unlike them."""
LONGEST_SECONDS = 86_400
"""Redshift runs a query for 24 hours at most."""
_Z95 = NormalDist().inv_cdf(0.95)
FORMS = "lognormal:median=20m,p95=2h[,max=6h], uniform:1m,2h or one duration, such as 6h"


class InvalidWorkload(ValueError):
    """A workload that cannot be read, in one sentence."""


@dataclass(frozen=True)
class Workload:
    """The queries' durations, each as likely as the other.

    Attributes:
        label: assumed of a distribution and of a file, which may hold anything; measured of results.
        is_sample: whether they are single queries, of which few say little.
    """

    durations_seconds: Floats
    label: Label
    source: str
    is_sample: bool = False

    @property
    def warning(self) -> str | None:
        """What must be said where they are too few to decide on."""
        found = len(self.durations_seconds)
        if not self.is_sample or found >= ENOUGH:
            return None
        return f"A decision on {found} durations fits these and may fit no others: give {ENOUGH} or more."


def from_distribution(text: str) -> Workload:
    """Read a distribution: ``lognormal:median=20m,p95=2h``, ``uniform:1m,2h`` or one duration.

    With ``max=6h``, what a lognormal distribution has beyond that takes as long as that; else 24 h.

    Raises:
        InvalidWorkload: in one sentence.
    """
    kind, _, rest = text.partition(":")
    try:
        if kind not in _DISTRIBUTIONS:
            return _workload([_runnable(text)], Label.ASSUMED, f"one duration, {text}")
        quantile = _DISTRIBUTIONS[kind](rest)
    except InvalidWorkload:
        raise
    except ValueError:
        raise InvalidWorkload(f"{text!r} is not a distribution: it takes {FORMS}.") from None
    values = [quantile((number + 0.5) / QUANTILES) for number in range(QUANTILES)]
    capped = [min(value, float(LONGEST_SECONDS)) for value in values]
    return _workload(capped, Label.ASSUMED, f"{QUANTILES:,} quantiles of {text}, 24 h at most")


def _runnable(text: str) -> float:
    seconds = parse_duration(text)
    if seconds > LONGEST_SECONDS:
        raise InvalidWorkload(
            f"A duration of {text.strip()} is longer than the 24 h that Redshift runs a query: give 24h at "
            "most."
        )
    return seconds


def _lognormal(text: str) -> Callable[[float], float]:
    named = dict(part.split("=", 1) for part in text.split(","))
    if not {"median", "p95"} <= set(named) <= {"median", "p95", "max"}:
        raise ValueError
    median, p95 = _runnable(named["median"]), _runnable(named["p95"])
    most = _runnable(named.get("max", f"{LONGEST_SECONDS}s"))
    if not 0 < median < p95 <= most:
        raise InvalidWorkload(
            f"'lognormal:{text}' has no 95th percentile above its median and up to its maximum, all above 0."
        )
    normal = NormalDist(math.log(median), math.log(p95 / median) / _Z95)
    return lambda share: min(most, math.exp(normal.inv_cdf(share)))


def _uniform(text: str) -> Callable[[float], float]:
    low, high = (_runnable(part) for part in text.split(","))
    if low > high:
        raise InvalidWorkload(f"'uniform:{text}' does not begin with the shorter duration.")
    return lambda share: low + share * (high - low)


_DISTRIBUTIONS = {"lognormal": _lognormal, "uniform": _uniform}
LONGEST_LINE = 1000
NO_HEADINGS = {"nan", "inf", "infinity"}
"""Numbers that begin with a letter."""


def from_file(path: Path, column: str | None = None) -> Workload:
    """Read past durations: a JSON list, or a text or CSV file with one a line.

    Each is a number of seconds, or with s, m, h or d behind it. A first line that begins with a letter is a
    heading; an empty line is none. Of several columns one must be named.

    Args:
        path: of the file; one that begins with a bracket, or is named so, is JSON.
        column: its heading in the first line.

    Raises:
        InvalidWorkload: in one sentence that names the file and the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InvalidWorkload(f"{path} cannot be read: {reason}.") from None
    if path.suffix == ".json" or text.lstrip().startswith("["):
        if column is not None:
            raise InvalidWorkload(f"{path} is JSON, and has no column {column!r}: leave --column out.")
        values = list(_json_values(path, text))
    else:
        values = list(_lines(path, text, column))
    if not values:
        raise InvalidWorkload(f"{path} holds no duration: it takes one a line, or a JSON list.")
    named = "" if column is None else f", column {column!r}"
    return _workload(
        values, Label.ASSUMED, f"{len(values):,} durations of {path.name}{named}", is_sample=True
    )


def _json_values(path: Path, text: str) -> Iterator[float]:
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidWorkload(f"{path} is not valid JSON: it takes a list of seconds.") from None
    if not isinstance(listed, list):
        raise InvalidWorkload(f"{path} is not a list: it takes a list of seconds.")
    for number, value in enumerate(listed, start=1):
        if isinstance(value, float) and math.isfinite(value):
            value = f"{value:f}"  # noqa: PLW2901 - without an exponent
        yield _seconds(path, f"element {number}", str(value))


def _lines(path: Path, text: str, column: str | None) -> Iterator[float]:
    rows = [(number, _cells(line)) for number, line in enumerate(text.splitlines(), start=1)]
    rows = [(number, cells) for number, cells in rows if any(cells)]
    heading = rows[0][1] if rows and _is_heading(rows[0][1]) else None
    at = _column_at(path, heading, column)
    for number, cells in rows[1:] if heading else rows:
        if column is None and any(cells[1:]):
            raise InvalidWorkload(_several(path, number, cells, heading))
        if at < len(cells) and cells[at]:
            yield _seconds(path, f"line {number}", cells[at])
        else:
            raise InvalidWorkload(f"{path}, line {number} has no duration: each line takes one.")


def _cells(line: str) -> list[str]:
    line = line[:LONGEST_LINE]
    return [cell.strip() for cell in (next(csv.reader([line]), []) if '"' in line else line.split(","))]


def _is_heading(cells: list[str]) -> bool:
    """Tell whether a first line names columns: it begins with a letter, and is no number for that."""
    words = [cell for cell in cells if cell]
    return all(word[0].isalpha() or word[0] == "_" for word in words) and NO_HEADINGS.isdisjoint(
        word.lower() for word in words
    )


def _column_at(path: Path, heading: list[str] | None, column: str | None) -> int:
    if column is None:
        if heading and any(heading[1:]):
            raise InvalidWorkload(_several(path, 1, heading, heading))
        return 0
    if not heading or column not in heading:
        there = f"there are {', '.join(heading)}" if heading else "its first line names none"
        raise InvalidWorkload(f"{path} has no column {column!r:.60}: {there:.200}.")
    if heading.count(column) > 1:
        raise InvalidWorkload(f"{path} has {heading.count(column)} columns {column!r:.60}: it takes one.")
    return heading.index(column)


def _several(path: Path, number: int, cells: list[str], heading: list[str] | None) -> str:
    shown = ",".join(cells)
    named = (
        f"name one with --column, of {', '.join(heading)}"
        if heading and any(heading[1:])
        else "it takes one duration a line, without separators of thousands"
    )
    return f"{path}, line {number}: {shown[:60]!r} has {len(cells)} columns: {named:.200}."


def _seconds(path: Path, where: str, text: str) -> float:
    text = text if len(text) <= 60 else f"{text[:60]}..."
    try:
        seconds = parse_duration(text)
    except InvalidDuration as error:
        raise InvalidWorkload(f"{path}, {where}: {error}") from None
    if seconds > LONGEST_SECONDS:
        raise InvalidWorkload(f"{path}, {where}: {text} is longer than the 24 h that Redshift runs a query.")
    return seconds


def _workload(values: list[float], label: Label, source: str, *, is_sample: bool = False) -> Workload:
    # Moments are kept to the microsecond, and the closed forms compare them.
    return Workload(np.sort(np.round(np.array(values, dtype=np.float64), 6)), label, source, is_sample)
