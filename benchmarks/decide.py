"""``python benchmarks/decide.py``: what ``orchbench decide`` takes on many past durations, over all ways.

Processor time of whole processes, as the operating system counts it, and the time on the clock beside it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from orchbench.commands.options import whole_number
from orchbench.evaluation.figures import figure, given
from orchbench.trace import Json, Label

ASKED = ("--runs-a-month", "3000", "--acceptable-lag", "59s", "--json")


def benchmark(queries: int, rounds: int) -> Json:
    """Time decisions, each in a process of its own."""
    random = np.random.default_rng(3)
    durations = np.round(np.minimum(random.lognormal(np.log(600), 1.2, queries), 86_000), 3)
    with tempfile.TemporaryDirectory() as folder:
        past = Path(folder, "past.csv")
        past.write_text("\n".join(map(str, durations)))
        command = [sys.executable, "-m", "orchbench.cli", "decide", "--durations", str(past), *ASKED]
        taken = [_round(command) for _ in range(rounds)]
    working, passed = zip(*taken, strict=True)
    return {
        "durations": given(queries, "durations"),
        "rounds": given(rounds, "processes"),
        "processor_seconds_median": _measured(statistics.median(working)),
        "processor_seconds_least": _measured(min(working)),
        "seconds_median": _measured(statistics.median(passed)),
    }


def _measured(seconds: float) -> Json:
    return figure(round(seconds, 3), "s", Label.MEASURED, "whole processes on this machine")


def _round(command: list[str]) -> tuple[float, float]:
    """Return the processor time and the time on the clock of one process."""
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - this program itself
    after, ended = os.times(), time.perf_counter()
    working = after.children_user + after.children_system - before.children_user - before.children_system
    return working, ended - began


def main() -> int:
    """Time the decisions and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python benchmarks/decide.py", description=__doc__)
    parser.add_argument(
        "durations",
        type=whole_number(1, 1_000_000),
        nargs="?",
        default=10_000,
        help="how many past durations (default: 10000)",
    )
    parser.add_argument(
        "--rounds", type=whole_number(1, 100), default=5, help="how many processes (default: 5)"
    )
    parsed = parser.parse_args()
    print(json.dumps(benchmark(parsed.durations, parsed.rounds), indent=2))  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
