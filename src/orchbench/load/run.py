"""Puts load on one deployment: many executions of each way at once, each with a batch that leaves one entry.

It starts, waits and counts; it prints nothing and computes no figure. The ledger is a table of the database,
so that what was lost or ran twice shows in the database itself.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import SERVICE_ERRORS
from orchbench.deployment.execution import Execution
from orchbench.deployment.warehouse import RunsSql
from orchbench.platforms.errors import OrchestratorError
from orchbench.trace import Json, Trace

LEDGER = "public.load_ledger"
TIMEOUT_SECONDS = 1200
"""Of each batch: short enough that no poll budget stretches an interval of a second or more."""
FALLBACK_SECONDS = 60
"""Between two looks of a way whose event was lost: the deployed half an hour would outlast the load."""
STARTERS = 64
"""Threads that start executions; more would wait for one processor all the same."""
START_ATTEMPTS = 5
"""A local AWS that starts hundreds of workers may not answer within a minute."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class LoadPlan:
    """What is put on a deployment.

    Attributes:
        ways: by name.
        at_once: executions of each way.
        poll_interval_seconds: between two checks of one execution.
        batch_seconds: how long each batch runs on its own.
        quota_share: of AWS's calls a second and active statements; None for no quotas.
        lost_events: the share of the Data API's events that is lost.
    """

    ways: Sequence[str]
    at_once: int
    poll_interval_seconds: int
    batch_seconds: float
    quota_share: float | None
    lost_events: Fraction = Fraction(0)

    def document(self, name: str) -> Json:
        """Return one execution's input; its batch leaves its name in the ledger as its last act."""
        fallback = {"policy": "fixed", "interval_seconds": FALLBACK_SECONDS}
        return {
            "statements": [
                f"SELECT pg_sleep({self.batch_seconds:g})",
                f"INSERT INTO {LEDGER} VALUES ('{name}')",  # noqa: S608 - a name made here
            ],
            "timeout_seconds": TIMEOUT_SECONDS,
            "poll": {"policy": "fixed", "interval_seconds": self.poll_interval_seconds},
            **({"fallback": fallback} if self.lost_events else {}),
        }


@dataclass(frozen=True)
class LoadedExecution:
    """One execution of a load: its trace, or why there is none."""

    way: str
    name: str
    trace: Trace | None
    problem: str | None = None


@dataclass(frozen=True)
class Load:
    """What came of a load.

    Attributes:
        entries: how often each execution's name stands in the ledger.
        transactions: that wrote the ledger, as the database numbers them.
        calls: of the Data API by operation: ``calls``, ``errors`` by code, ``most_a_second``.
        start_seconds: that it took to start them all.
    """

    plan: LoadPlan
    executions: tuple[LoadedExecution, ...]
    entries: Mapping[str, int]
    transactions: int
    calls: Json
    start_seconds: float


def put_load(
    bench: Bench,
    warehouse: RunsSql,
    plan: LoadPlan,
    calls: Callable[[], Json],
    progress: Progress,
) -> Load:
    """Start every execution at once, wait for all of them, and return what came of it.

    Args:
        bench: a deployment that allows inline SQL and has nothing else to do.
        warehouse: its database.
        plan: what to start.
        calls: returns the Data API's counts so far.
        progress: told of each stage.
    """
    warehouse.run(f"CREATE TABLE {LEDGER} (entry VARCHAR(64) NOT NULL)", "Creating the ledger")
    names = [(way, f"load-{way}-{number:04}") for number in range(plan.at_once) for way in plan.ways]
    progress(f"starting {len(names):,} executions")
    began = time.monotonic()
    with ThreadPoolExecutor(min(STARTERS, len(names))) as pool:
        started = list(pool.map(lambda one: _start(bench, plan, *one), names))
    start_seconds = time.monotonic() - began
    progress(f"all are started after {start_seconds:.1f} s; waiting for their ends")
    deadline = time.monotonic() + TIMEOUT_SECONDS
    executions = tuple(_ended(bench, *one, deadline) for one in started)
    counted = calls()
    ledger = f"SELECT entry, COUNT(*) FROM {LEDGER} GROUP BY entry"  # noqa: S608
    entries = {str(name): int(times) for name, times in warehouse.rows(ledger, "Reading the ledger")}
    # PostgreSQL keeps in each row which transaction wrote it.
    distinct = f"SELECT COUNT(DISTINCT xmin::text) FROM {LEDGER}"  # noqa: S608
    transactions = int(warehouse.rows(distinct, "Counting the transactions")[0][0])
    return Load(plan, executions, entries, transactions, counted, start_seconds)


def _start(bench: Bench, plan: LoadPlan, way: str, name: str) -> tuple[str, str, Execution | str]:
    """Start one execution; one whose answer was lost is asked for again, which starts no second one."""
    problem = ""
    for _attempt in range(START_ATTEMPTS):
        try:
            return way, name, bench.start(way, plan.document(name), name=name)
        except (OrchestratorError, *SERVICE_ERRORS) as error:
            problem = f"not started: {error}"
    return way, name, problem


def _ended(bench: Bench, way: str, name: str, execution: Execution | str, deadline: float) -> LoadedExecution:
    """Wait for one execution's end; one after the other, so that the waiting itself is no load."""
    if isinstance(execution, str):
        return LoadedExecution(way, name, None, execution)
    try:
        bench.wait(execution, timeout_seconds=max(0.0, deadline - time.monotonic()))
        return LoadedExecution(way, name, bench.trace(execution, reports=False))
    except (OrchestratorError, *SERVICE_ERRORS) as error:
        return LoadedExecution(way, name, None, str(error))
