"""``python benchmarks/interval_coverage.py``: how often intervals that are shown cover the truth."""

import argparse
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from orchbench.commands.options import whole_number
from orchbench.evaluation.intervals import (
    CONFIDENCE,
    MEDIAN,
    P95,
    STOPPING_CONFIDENCE,
    Interval,
    difference,
    fewest_runs,
    interval,
    is_within,
    ranks,
)

Floats = NDArray[np.float64]
RUNS = (5, 6, 7, 8, 9, 10, 15, 20, 30, 50, 72, 100)
MOST_RUNS = 400
QUANTILES = {"median": MEDIAN, "95th percentile": P95}
NORMAL_P95 = 1.6448536269514722
STOPPED = ((0.1, 0.05), (0.2, 0.1), (0.3, 0.1), (0.5, 0.15))
"""The spread of the runs, and the share of the median that their interval must come to."""
SEED = 20_261_121


def _normal(random: np.random.Generator, spread: float, shape: tuple[int, ...]) -> Floats:
    return 1 + spread * random.standard_normal(shape)


def _lognormal(random: np.random.Generator, spread: float, shape: tuple[int, ...]) -> Floats:
    return np.exp(spread * random.standard_normal(shape))


LENGTHS: Mapping[str, Callable[[np.random.Generator, float, tuple[int, ...]], Floats]] = {
    "normal": _normal,
    "lognormal": _lognormal,
}
"""How long runs take, by name; the median is 1, and the spread a standard deviation, of the logarithm too."""


def coverage(lengths: str, runs: int, samples: int, spread: float = 1.0) -> dict[str, float]:
    """Return how often each interval of so many runs covers the truth, by its name; 95 % is claimed.

    Args:
        lengths: how long the runs take.
        runs: of each of two ways, alike in truth.
        samples: how often that is tried.
        spread: of the runs.
    """
    random, found = np.random.default_rng(SEED), {}
    one, other = (LENGTHS[lengths](random, spread, (samples, runs)) for _ in range(2))
    for name, quantile in QUANTILES.items():
        if runs < fewest_runs(quantile):
            continue
        truth = _truth(lengths, quantile, spread)
        firsts = [interval(sample, quantile) for sample in one]
        found[name] = _share(low <= truth <= high for low, high in map(_bounds, firsts))
        seconds = [interval(sample, quantile) for sample in other]
        differences = [difference(*pair) for pair in zip(firsts, seconds, strict=True)]
        found[f"{name} difference"] = _share(low <= 0 <= high for low, high in map(_bounds, differences))
    return found


def stopped_coverage(lengths: str, spread: float, share: float, samples: int) -> float:
    """Return how often the median's interval covers the truth where runs went on until it was narrow.

    Args:
        lengths: how long the runs take.
        spread: of the runs.
        share: of the median that ``compare --until-within`` is asked for.
        samples: how often that is tried.
    """
    random = np.random.default_rng(SEED)

    def covers(sample: Sequence[float]) -> bool:
        runs = fewest_runs(MEDIAN, STOPPING_CONFIDENCE)
        while runs < MOST_RUNS and not is_within(
            [interval(sample[:runs], MEDIAN, STOPPING_CONFIDENCE)], share
        ):
            runs += 1
        low, high = _bounds(interval(sample[:runs], MEDIAN))
        return low <= 1 <= high

    return _share(covers(LENGTHS[lengths](random, spread, (MOST_RUNS,)).tolist()) for _ in range(samples))


def _truth(lengths: str, quantile: float, spread: float) -> float:
    above = 0.0 if quantile == MEDIAN else spread * NORMAL_P95
    return 1 + above if lengths == "normal" else math.exp(above)


def _bounds(found: Interval | None) -> tuple[float, float]:
    """Return where a figure lies; nowhere where there is no interval, so that it covers nothing."""
    if found is None or found.low is None or found.high is None:
        return math.nan, math.nan
    return found.low, found.high


def _share(covered: Iterable[bool]) -> float:
    return float(np.mean([*covered]))


def table(samples: int) -> Iterator[str]:
    """Yield the lines of the documents' tables."""
    names = [f"{name}{of}" for name in QUANTILES for of in ("", " difference")]
    yield f"| runs | ranks of a median's bounds | runs are | {' | '.join(names)} |"
    yield f"|--:|---|---|{'--:|' * len(names)}"
    for runs in RUNS:
        bounds = ranks(runs, MEDIAN, CONFIDENCE)
        told = f"{bounds[0]} and {bounds[1]}" if bounds else "none"
        for lengths in LENGTHS:
            found = coverage(lengths, runs, samples)
            cells = [f"{found[name]:.1%}" if name in found else "not shown" for name in names]
            yield f"| {runs} | {told} | {lengths} | {' | '.join(cells)} |"
    yield ""
    yield "| `--until-within` | spread of the runs | runs are | median |"
    yield "|--:|--:|---|--:|"
    for spread, share in STOPPED:
        for lengths in LENGTHS:
            found_share = stopped_coverage(lengths, spread, share, max(1, samples // 5))
            yield f"| {share:.0%} | {spread:.0%} | {lengths} | {found_share:.1%} |"


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python benchmarks/interval_coverage.py", description=__doc__)
    parser.add_argument(
        "samples",
        type=whole_number(1, 1_000_000),
        nargs="?",
        default=10_000,
        help="how often each case is tried (default: 10000)",
    )
    print("\n".join(table(parser.parse_args().samples)))  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
