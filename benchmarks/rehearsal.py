"""``python benchmarks/rehearsal.py``: how long one hour polled every 10 s takes to rehearse.

One core, start-up of the process apart. With ``--stock`` the durable version runs on the testing SDK as it
is shipped too, which takes most of a minute.
"""

import argparse
import importlib
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from aws_durable_execution_sdk_python_testing.clock import SkipClock
from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner

from orchbench.evaluation.counts import count
from orchbench.redshift.endpoint import Endpoint
from orchbench.redshift.in_process import attach
from orchbench.redshift.script import lasting
from orchbench.redshift.scripted import ScriptedExecutor
from orchbench.redshift.service import DataApi
from orchbench.rehearsal.rehearse import forget_clients, rehearse
from orchbench.rehearsal.scenario import Scenario
from orchbench.virtual_time.application import load_application
from orchbench.virtual_time.environment import deployed, with_variables
from orchbench.virtual_time.quiet import quiet
from orchbench.ways import all_ways

HOUR = 3600.0
LONGEST_REAL_SECONDS = 600


def measured(work: Callable[[], int]) -> dict[str, float]:
    """Return what some work took, and how often it polled."""
    wall, cpu = time.perf_counter(), time.process_time()
    polls = work()
    return {
        "polls": polls,
        "wall_seconds": round(time.perf_counter() - wall, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }


def rehearsed(way: str, duration_seconds: float) -> int:
    """Rehearse one way and return its polls."""
    trace = rehearse(Scenario.polled(duration_seconds, "fixed:10s", poll_budget=False), way).trace
    return count(trace).polls


class _RunnersClock:
    """The Data API's clock where the testing SDK keeps the time: it skips what a wait would take."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock

    def now(self) -> float:
        """Return seconds since the epoch."""
        return float(self._clock.now().timestamp())

    def sleep(self, seconds: float) -> None:
        """Skip that much time."""
        self._clock.arm(self._clock.now() + timedelta(seconds=seconds))


def stock(duration_seconds: float) -> int:
    """Run the durable version on the testing SDK as it is shipped, and return its polls."""
    application = load_application()
    function = next(one for one in application.functions.values() if one.name.endswith("durable-poll"))
    with ExitStack() as stack:
        stack.enter_context(deployed(application))
        stack.enter_context(with_variables(function.environment))
        module, _, name = function.handler.rpartition(".")
        handler = getattr(importlib.import_module(module), name)
        stack.enter_context(quiet())
        runner = stack.enter_context(
            DurableFunctionTestRunner(handler=handler, execution_timeout=LONGEST_REAL_SECONDS)
        )
        clock = runner._clock  # noqa: SLF001 - the time it has skipped to is not told otherwise
        if not isinstance(clock, SkipClock):
            raise TypeError(
                f"The testing SDK keeps time by {type(clock).__name__} now, and not by SkipClock."
            )
        service = _RunnersClock(clock)
        api = DataApi(ScriptedExecutor(service, lasting(duration_seconds)), service)
        forget_clients()
        stack.callback(forget_clients)
        data_api = importlib.import_module("redshift_batch.data_api")
        attach(data_api.redshift_data_client(), Endpoint(api))
        document = Scenario.polled(duration_seconds, "fixed:10s", poll_budget=False).input
        result = runner.run(input=json.dumps(document))
        return int(json.loads(result.result or "{}")["polls"])


def main() -> int:
    """Measure every way and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python benchmarks/rehearsal.py", description=__doc__)
    parser.add_argument("--stock", action="store_true", help="run the testing SDK as it is shipped too")
    parser.add_argument("--seconds", type=float, default=HOUR, help="the query's length (default: one hour)")
    arguments = parser.parse_args()
    ways = list(all_ways())
    for way in ways:
        rehearsed(way, 10.0)
    found = {way: measured(lambda way=way: rehearsed(way, arguments.seconds)) for way in ways}  # type: ignore[misc]
    if arguments.stock:
        found["durable-poll, stock testing SDK"] = measured(lambda: stock(arguments.seconds))
    print(json.dumps(found, indent=2))  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
