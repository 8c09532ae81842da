"""``python benchmarks/estimate.py``: how fast estimates of random scenarios are, on one core."""

import argparse
import json
import time

import numpy as np

from orchbench.commands.estimation import candidates
from orchbench.commands.options import whole_number
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.estimate import CLOSED_FORM, Columns, estimate
from orchbench.evaluation.figures import figure, given
from orchbench.evaluation.polling import CHUNK, PolicyColumns
from orchbench.evaluation.prices import known_regions, price_list
from orchbench.evaluation.price_keys import Rates, rate_names
from orchbench.trace import Json, Label
from orchbench.ways.usage import Usage


def benchmark(points: int) -> Json:
    """Time estimates of random scenarios: ways, regions, architectures, policies, timeouts, all mixed."""
    ways = candidates(None)
    tariffs = [
        Rates.of(price_list(region), architecture)
        for region in known_regions()
        for architecture in ("x86_64", "arm64")
    ]
    prepared = [
        _random_columns(points // len(ways) + (index < points % len(ways)), tariffs, way.usage, index)
        for index, way in enumerate(ways)
    ]
    began, began_working = time.perf_counter(), time.process_time()
    polls, spent = 0, 0.0
    for way, batches in zip(ways, prepared, strict=True):
        for columns, rates in batches:
            found = estimate(way.usage, way.budget_polls, columns, rates, default_assumptions())
            polls += int(found.polled.polls.sum())
            spent += float(found.cost_usd.sum())
    seconds, working = time.perf_counter() - began, time.process_time() - began_working
    source = "this process, one core"
    return {
        "points": given(points, "points"),
        "cost_estimated": figure(round(spent, 6), "USD", Label.ESTIMATED, CLOSED_FORM),
        "polls_estimated": figure(polls, "polls", Label.ESTIMATED, CLOSED_FORM),
        "seconds": figure(round(seconds, 3), "s", Label.MEASURED, source),
        "processor_seconds": figure(round(working, 3), "s", Label.MEASURED, source),
        "points_a_second": figure(round(points / seconds), "points/s", Label.MEASURED, source),
    }


def _random_columns(
    points: int, tariffs: list[Rates], usage: Usage, seed: int
) -> list[tuple[Columns, Rates]]:
    """Return random scenarios in batches that stay in a core's own cache."""
    random = np.random.default_rng(seed)
    low = random.integers(1, 120, points).astype(float)
    adaptive = random.random(points) < 0.5
    high = np.where(adaptive, low + random.integers(1, 600, points), low)
    share = np.where(adaptive, random.uniform(0.01, 0.3, points), 1.0)
    durations = np.round(np.minimum(random.lognormal(np.log(1_200), 1.2, points), 86_400), 6)
    timeouts = random.choice([3_600.0, 7_200.0, 21_600.0, 86_400.0], points)
    policies = PolicyColumns(share, low, high, random.random(points) < 0.8)
    memory = random.choice([128.0, 256.0, 512.0, 1_024.0], points)
    index = random.integers(0, len(tariffs), points)
    rates = {name: np.array([one[name] for one in tariffs])[index] for name in rate_names([usage])}
    return [
        (
            Columns(durations[part], timeouts[part], policies.rows(part), memory[part]),
            Rates({name: values[part] for name, values in rates.items()}),
        )
        for start in range(0, points, CHUNK)
        for part in [slice(start, start + CHUNK)]
    ]


def main() -> int:
    """Time the estimates and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python benchmarks/estimate.py", description=__doc__)
    parser.add_argument(
        "points",
        type=whole_number(1, 100_000_000),
        nargs="?",
        default=1_000_000,
        help="how many scenarios (default: 1000000)",
    )
    print(json.dumps(benchmark(parser.parse_args().points), indent=2))  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
