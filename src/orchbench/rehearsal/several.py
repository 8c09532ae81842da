"""Rehearses several scenarios on several ways, on as many cores as there are."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from orchbench.rehearsal.rehearse import Rehearsal, rehearse
from orchbench.rehearsal.scenario import Scenario
from orchbench.virtual_time.application import Application, load_application
from orchbench.ways.way import Way

Task = tuple[Scenario, str | Way] | tuple[Scenario, str | Way, Application | None]


def rehearse_all(
    tasks: Sequence[Task], *, processes: int | None = None, done: Callable[[int], None] = lambda _: None
) -> list[Rehearsal]:
    """Run every task and return the rehearsals in the tasks' order.

    Args:
        tasks: each a scenario and a way, or its name, and what is deployed if not the project's own template.
        processes: how many at once; as many as this process may use cores by default.
        done: called with a task's index whenever one has ended.
    """
    workers = min(processes or len(os.sched_getaffinity(0)), len(tasks))
    found: dict[int, Rehearsal] = {}
    if workers <= 1:
        for index, task in enumerate(tasks):
            found[index] = _rehearsed(*task)
            done(index)
    else:
        # A fresh interpreter each: a rehearsal owns its process's clock and signals.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, prepare_process) as pool:
            try:
                futures = {pool.submit(_rehearsed, *task): index for index, task in enumerate(tasks)}
                for future in as_completed(futures):
                    found[futures[future]] = future.result()
                    done(futures[future])
            except BaseException:
                # Interrupted, or one failed: nobody waits for the others, which may take a minute.
                for child in multiprocessing.active_children():
                    child.terminate()
                raise
    return [found[index] for index in range(len(tasks))]


def _rehearsed(scenario: Scenario, way: str | Way, application: Application | None = None) -> Rehearsal:
    return rehearse(scenario, way, application=application)


def prepare_process() -> None:
    """Make this process one that rehearses and nothing else: its parent is told of interrupts.

    The project's functions are on its module path for good, so that a rehearsal does not import them anew and
    read botocore's service models again: that took more time than a minute's rehearsal.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path.insert(0, str(load_application().code.resolve()))
