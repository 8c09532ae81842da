"""Supplements of a comparison while its runs are made: rehearsals in a process of the lowest priority.

Runs mostly wait for their next poll. What they leave of the processor is enough for every rehearsal, and at
the lowest priority a rehearsal gives way whenever a run goes on.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from orchbench.commands.supplement import LONGEST_SECONDS, supplemented
from orchbench.ways import all_ways

LOWEST_PRIORITY = 19


@contextmanager
def rehearsing(folder: Path, longest_seconds: float = LONGEST_SECONDS) -> Iterator[Callable[[], str]]:
    """Supplement a folder in a process of its own, and yield what waits for it and tells what it did.

    What ends the block early ends the rehearsals too.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, _prepare_process) as pool:
        try:
            yield pool.submit(_supplemented, folder, longest_seconds).result
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def _supplemented(folder: Path, longest_seconds: float) -> str:
    return supplemented(folder, list(all_ways().values()), longest_seconds=longest_seconds, processes=1)


def _prepare_process() -> None:
    # Imported in the process that rehearses alone: the engines take a second.
    from orchbench.rehearsal.several import prepare_process  # noqa: PLC0415

    os.nice(LOWEST_PRIORITY)
    prepare_process()
