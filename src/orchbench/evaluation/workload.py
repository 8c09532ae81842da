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

from orchbench.durations import InvalidDuration, parse_duration
from orchbench.evaluation.polling import Floats
from orchbench.trace import Label

QUANTILES = 2_000
LONGEST_SECONDS = 86_400
"""Redshift runs a query for 24 hours at most."""
_Z95 = NormalDist().inv_cdf(0.95)
FORMS = "lognormal:median=20m,p95=2h, uniform:1m,2h or one duration, such as 6h"


class InvalidWorkload(ValueError):
    """A workload that cannot be read, in one sentence."""


@dataclass(frozen=True)
class Workload:
    """The queries' durations, each as likely as the other.

    Attributes:
        label: measured for a file of past queries, assumed for a distribution.
    """

    durations_seconds: Floats
    label: Label
    source: str


def from_distribution(text: str) -> Workload:
    """Read a distribution: ``lognormal:median=20m,p95=2h``, ``uniform:1m,2h`` or one duration.

    Raises:
        InvalidWorkload: in one sentence.
    """
    kind, _, rest = text.partition(":")
    try:
        if kind not in _DISTRIBUTIONS:
            return _workload([_runnable(text)], Label.ASSUMED, f"one duration, {text}")
        quantile = _DISTRIBUTIONS[kind](rest)
    except _TooLong as error:
        raise InvalidWorkload(
            f"A duration of {error} is longer than the 24 h that Redshift runs a query: give 24h at most."
        ) from None
    except InvalidWorkload:
        raise
    except ValueError:
        raise InvalidWorkload(f"{text!r} is no distribution: it takes {FORMS}.") from None
    values = [quantile((number + 0.5) / QUANTILES) for number in range(QUANTILES)]
    capped = [min(value, float(LONGEST_SECONDS)) for value in values]
    return _workload(capped, Label.ASSUMED, f"{QUANTILES:,} quantiles of {text}, 24 h at most")


class _TooLong(Exception):
    """A duration that Redshift runs no query for."""


def _runnable(text: str) -> float:
    seconds = parse_duration(text)
    if seconds > LONGEST_SECONDS:
        raise _TooLong(text.strip())
    return seconds


def _lognormal(text: str) -> Callable[[float], float]:
    named = dict(part.split("=", 1) for part in text.split(","))
    if set(named) != {"median", "p95"}:
        raise ValueError
    median, p95 = _runnable(named["median"]), _runnable(named["p95"])
    if not 0 < median < p95:
        raise InvalidWorkload(
            f"'lognormal:{text}' has no 95th percentile above its median, and both above 0."
        )
    normal = NormalDist(math.log(median), math.log(p95 / median) / _Z95)
    return lambda share: math.exp(normal.inv_cdf(share))


def _uniform(text: str) -> Callable[[float], float]:
    low, high = (_runnable(part) for part in text.split(","))
    if low > high:
        raise InvalidWorkload(f"'uniform:{text}' does not begin with the shorter duration.")
    return lambda share: low + share * (high - low)


_DISTRIBUTIONS = {"lognormal": _lognormal, "uniform": _uniform}
LONGEST_LINE = 1000


def from_file(path: Path) -> Workload:
    """Read past durations: a JSON list, or a text or CSV file with one in the first column of each line.

    Each is a number of seconds, or with s, m, h or d behind it. A first line that is no duration is a
    heading; an empty line is none.

    Raises:
        InvalidWorkload: in one sentence that names the file and the line.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidWorkload(f"{path} cannot be read: {error}.") from None
    values = list(_json_values(path, text) if path.suffix == ".json" else _lines(path, text))
    if not values:
        raise InvalidWorkload(f"{path} holds no duration: it takes one a line.")
    return _workload(values, Label.MEASURED, f"{len(values):,} durations of {path.name}")


def _json_values(path: Path, text: str) -> Iterator[float]:
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidWorkload(f"{path} is no JSON: it takes a list of seconds.") from None
    if not isinstance(listed, list):
        raise InvalidWorkload(f"{path} is no list: it takes a list of seconds.")
    for number, value in enumerate(listed, start=1):
        if isinstance(value, float) and math.isfinite(value):
            value = f"{value:f}"  # noqa: PLW2901 - without an exponent
        yield _seconds(path, f"element {number}", str(value))


def _lines(path: Path, text: str) -> Iterator[float]:
    for number, line in enumerate(text.splitlines(), start=1):
        # Only the first column is read, and no duration is longer than this.
        row = next(csv.reader([line[:LONGEST_LINE]]), [])
        if not row or not row[0].strip():
            continue
        if number == 1 and not row[0].strip()[0].isdigit():
            continue
        yield _seconds(path, f"line {number}", row[0])


def _seconds(path: Path, where: str, text: str) -> float:
    text = text if len(text) <= 60 else f"{text[:60]}..."
    try:
        seconds = parse_duration(text)
    except InvalidDuration as error:
        raise InvalidWorkload(f"{path}, {where}: {error}") from None
    if seconds > LONGEST_SECONDS:
        raise InvalidWorkload(f"{path}, {where}: {text} is longer than the 24 h that Redshift runs a query.")
    return seconds


def _workload(values: list[float], label: Label, source: str) -> Workload:
    # Moments are kept to the microsecond, and the closed forms compare them.
    return Workload(np.sort(np.round(np.array(values, dtype=np.float64), 6)), label, source)
