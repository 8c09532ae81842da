"""``python benchmarks/estimate.py``: how fast estimates of random workloads are, on one core."""

import argparse
import json
import time

import numpy as np

from orchbench.commands.estimation import candidates
from orchbench.commands.options import whole_number
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.estimate import CLOSED_FORM, Terms, estimate_way
from orchbench.evaluation.figures import figure, given
from orchbench.evaluation.prices import known_regions, price_list
from orchbench.trace import Json, Label
from orchbench.ways.durations import Policy

QUERIES = 10_000
"""Of one workload."""


def benchmark(points: int) -> Json:
    """Time estimates of random workloads: ways, regions, architectures, policies, timeouts, all mixed."""
    random, ways = np.random.default_rng(0), candidates(None)
    began, began_working = time.perf_counter(), time.process_time()
    polls, spent = 0, 0.0
    for start in range(0, points, QUERIES):
        queries = min(QUERIES, points - start)
        durations = np.round(np.minimum(random.lognormal(np.log(1_200), 1.2, queries), 86_400), 6)
        low = int(random.integers(1, 120))
        share = float(random.uniform(0.01, 0.3))
        adaptive = Policy(share, low, low + int(random.integers(1, 600)))
        policy = adaptive if random.random() < 0.5 else Policy.fixed(low)
        terms = Terms(
            price_list(random.choice(known_regions())),
            random.choice(["x86_64", "arm64"]),
            int(random.choice([128, 256, 512, 1_024])),
            default_assumptions(),
        )
        timeout = float(random.choice([3_600.0, 7_200.0, 21_600.0, 86_400.0]))
        found = estimate_way(ways[start // QUERIES % len(ways)], durations, policy, terms, timeout)
        polls += int(found.polled.polls.sum())
        spent += float(found.bill.total_usd) * queries
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


def main() -> int:
    """Time the estimates and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python benchmarks/estimate.py", description=__doc__)
    parser.add_argument(
        "points",
        type=whole_number(1, 100_000_000),
        nargs="?",
        default=1_000_000,
        help="how many queries (default: 1000000)",
    )
    print(json.dumps(benchmark(parser.parse_args().points), indent=2))  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
