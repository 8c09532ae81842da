"""The faults of the local servers: real processes killed, real disks full, real networks slow.

Each is made while every way runs its batch, so that all meet the same one.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from orchbench.faults.matrix import Row
from orchbench.faults.scene import Scene, StruckExecution, scene
from orchbench.faults.server_processes import eventually, kill_data_api, kill_workers, limit_files
from orchbench.faults.unmeetable import without_a_function, without_an_event, without_polls
from orchbench.trace import Work
from orchbench.ways import Way, all_ways
from orchbench.ways.way import Waits

SUBMIT, DESCRIBE = "BatchExecuteStatement", "DescribeStatement"
HELD_SECONDS = 4.0
"""How long the Data API holds a call whose caller is killed; less than its caller waits."""
CUT_SECONDS = 5.0
SLOW_SECONDS = 1.0
"""Each way: an answer takes twice as long."""
LARGEST_FILE_BYTES = 32 * 1024 * 1024
"""More than a segment of PostgreSQL's own log, which it must go on writing; less than the batch writes."""
SLEEP = "SELECT pg_sleep({seconds}), 'ENTRY'"
UNTIL_OPENED = "SELECT wait_until_opened('ENTRY')"
BIG_TABLE = "INSERT INTO \"ENTRY\" SELECT repeat('x', 1000) FROM generate_series(1, 60000)"
EVERY_SECOND = {"policy": "fixed", "interval_seconds": 1}
EVERY_FOUR = {"policy": "fixed", "interval_seconds": 4}
EVERY_EIGHT = {"policy": "fixed", "interval_seconds": 8}
EVERY_TWENTY = {"policy": "fixed", "interval_seconds": 20}

Strike = Callable[[Scene, Sequence[StruckExecution]], None]


@contextmanager
def _nothing(_place: Scene) -> Iterator[None]:
    yield


@dataclass(frozen=True)
class LocalFault:
    """A row of the matrix.

    Attributes:
        strike: makes the fault while the executions run, and notes when on each.
        unmeetable: why a way cannot meet it, or None where it can.
        sql: the batch's last statement.
        fallback: of ways that wait for an event, where none comes.
        rules: of the Data API, set before the executions start.
        around: what is in force while they run.
    """

    name: str
    what: str
    strike: Strike
    unmeetable: Callable[[Way], str | None] = lambda _way: None
    sql: str = SLEEP.format(seconds=3)
    poll: Mapping[str, Any] = field(default_factory=lambda: EVERY_SECOND)
    fallback: Mapping[str, Any] = field(default_factory=lambda: EVERY_TWENTY)
    rules: tuple[Mapping[str, Any], ...] = ()
    around: Callable[[Scene], AbstractContextManager[None]] = field(default_factory=lambda: _nothing)


def local_rows(
    faults: Sequence[LocalFault], folder: Path, *, done: Callable[[int], None] = lambda _: None
) -> list[Row]:
    """Start a local stack, make every fault on it, and stop it.

    Args:
        folder: where the template is.
        done: called for each way of each fault.
    """
    rows = []
    with scene(folder) as place:
        for fault in faults:
            rows.append(row_of(fault, place))
            for number in range(len(rows[-1].cells)):
                done(number)
    return rows


def row_of(fault: LocalFault, place: Scene) -> Row:
    """Make one fault on every way at once."""
    place.make_ready(*fault.rules)
    event = {"timeout_seconds": 120, "poll": dict(fault.poll), "fallback": dict(fault.fallback)}
    try:
        with fault.around(place):
            executions = place.start(fault.name, fault.sql, event)
            fault.strike(place, executions)
            reasons = [fault.unmeetable(batch.way) for batch in executions]
            found = zip(place.observe_all(executions), reasons, strict=True)
            return Row(
                fault.name, fault.what, tuple(replace(cell, unmeetable=reason) for cell, reason in found)
            )
    finally:
        place.make_ready()


def _held(operation: str) -> tuple[Mapping[str, Any], ...]:
    """Have the Data API hold every call of an operation."""
    return ({"operation": operation, "kind": "delay", "seconds": HELD_SECONDS},)


def _kill_in_submit(place: Scene, executions: Sequence[StruckExecution]) -> None:
    _kill_in(place, executions, Work.SUBMIT, SUBMIT, _in_submit)


def _kill_in_check(place: Scene, executions: Sequence[StruckExecution]) -> None:
    _kill_in(place, executions, Work.LOOK, DESCRIBE, _in_look)


def _kill_arm(place: Scene, executions: Sequence[StruckExecution]) -> None:
    """Kill what arms a wait while the Data API holds its look."""
    _kill_in(place, executions, Work.WAIT, DESCRIBE, _in_wait)


def _kill_in(
    place: Scene,
    executions: Sequence[StruckExecution],
    work: Work,
    operation: str,
    unmeetable: Callable[[Way], str | None],
) -> None:
    """Kill the worker that does a work for each execution while the Data API holds its call.

    Args:
        unmeetable: why a way's worker is not meant.
    """
    meant = [batch for batch in executions if not unmeetable(batch.way)]
    # What the call of each has in it and no other's: ways share functions, and others call without one.
    known = {batch.entry: batch.entry for batch in meant} if operation == SUBMIT else {}

    def all_are_struck() -> bool:
        if unknown := [batch for batch in meant if batch.entry not in known]:
            known.update(place.statement_ids(unknown))
        asking = [
            batch
            for batch in meant
            if batch.struck_at is None
            and batch.entry in known
            and place.network.is_asking(operation, known[batch.entry])
        ]
        workers = {batch.way.workers[work] for batch in asking}
        killed = {worker: kill_workers(place.stack, worker) for worker in workers}
        for batch in asking:
            batch.struck_at = killed[batch.way.workers[work]]
        return all(batch.struck_at is not None for batch in meant)

    # Statements may be listed three times a second.
    eventually(all_are_struck, f"No call of {operation} is held for each way", look_seconds=0.4)
    place.make_ready()


def _woken(executions: Sequence[StruckExecution]) -> list[StruckExecution]:
    return [batch for batch in executions if batch.way.waits is Waits.FOR_AN_EVENT]


def _strike_woken(place: Scene, executions: Sequence[StruckExecution]) -> None:
    """Note what is in force all the time, once it is about to count."""
    place.await_begun(executions)
    _strike_all(_woken(executions))


@contextmanager
def _no_events(place: Scene) -> Iterator[None]:
    """Have no rule take the Data API's events."""
    with place.without_rules_for("aws.redshift-data"):
        yield


@contextmanager
def _failing_notify(place: Scene) -> Iterator[None]:
    """Let what an event invokes fail at every attempt, as after a deployment that went wrong."""
    workers = dict.fromkeys(way.workers[Work.WAKE] for way in all_ways().values() if Work.WAKE in way.workers)
    with ExitStack() as stack:
        for worker in workers:
            stack.enter_context(place.without_code_of(worker))
        yield


def _kill_between(place: Scene, executions: Sequence[StruckExecution]) -> None:
    for batch in executions:
        if _in_look(batch.way) is not None:
            continue
        place.await_polls([batch])
        batch.struck_at = kill_workers(place.stack, batch.way.workers[Work.LOOK])


def _in_submit(way: Way) -> str | None:
    return without_a_function(way, Work.SUBMIT)


def _in_look(way: Way) -> str | None:
    return without_a_function(way, Work.LOOK) or without_polls(way)


def _in_wait(way: Way) -> str | None:
    return without_a_function(way, Work.WAIT)


def _kill_data_api(place: Scene, executions: Sequence[StruckExecution]) -> None:
    place.await_running(executions)
    _strike_all(executions)
    kill_data_api(place.stack)()


def _kill_query(place: Scene, executions: Sequence[StruckExecution]) -> None:
    backend = place.await_running(executions)[0]
    _strike_all(executions)
    # One process killed: PostgreSQL ends all others, recovers, and takes connections again.
    os.kill(backend, signal.SIGKILL)
    place.await_recovery()


@contextmanager
def _full_disk(place: Scene) -> Iterator[None]:
    """Let no file of PostgreSQL's grow beyond a limit: the write fails, as on a disk that is full."""
    before = limit_files(place.stack, LARGEST_FILE_BYTES)
    try:
        yield
    finally:
        limit_files(place.stack, before)


def _strike_at_once(_place: Scene, executions: Sequence[StruckExecution]) -> None:
    _strike_all(executions)


def _slow_down(place: Scene, executions: Sequence[StruckExecution]) -> None:
    place.network.delay_seconds = SLOW_SECONDS
    _strike_all(executions)


def _cut(place: Scene, executions: Sequence[StruckExecution]) -> None:
    place.await_running(executions)
    place.network.is_cut = True
    _strike_all(executions)
    time.sleep(CUT_SECONDS)
    place.network.is_cut = False
    place.open(executions)


def _stop(place: Scene, executions: Sequence[StruckExecution]) -> None:
    place.await_running(executions)
    _stop_each(place, executions)


def _stop_each(place: Scene, executions: Sequence[StruckExecution]) -> None:
    for batch in executions:
        batch.struck_at = time.time()
        place.service(batch.way).stop(batch.arn, "Stopped by an operator.")


@contextmanager
def _full_queue(place: Scene) -> Iterator[None]:
    place.fill_queue()
    try:
        yield
    finally:
        place.empty_queue()


def _stop_in_queue(place: Scene, executions: Sequence[StruckExecution]) -> None:
    """Stop what waits, let every attempt of the events be refused, and leave what then runs to the sweep."""
    place.await_polls(executions)
    letters = place.dead_letters() + len(executions)
    _stop_each(place, executions)
    # They take a minute; who asks a busy server all the time makes it two.
    eventually(lambda: place.dead_letters() >= letters, "The events' attempts do not run out", look_seconds=1)
    place.empty_queue()
    place.await_running(executions)
    place.sweep()


def _strike_all(executions: Sequence[StruckExecution]) -> None:
    for batch in executions:
        batch.struck_at = time.time()


LOCAL = (
    LocalFault(
        "worker-killed-in-submit",
        "kill -9 of the worker while its submit is on its way",
        _kill_in_submit,
        _in_submit,
        rules=_held(SUBMIT),
    ),
    LocalFault(
        "worker-killed-in-check",
        "kill -9 of the worker while its check is on its way",
        _kill_in_check,
        _in_look,
        rules=_held(DESCRIBE),
    ),
    LocalFault(
        "worker-killed-between",
        "kill -9 of the worker between two checks",
        _kill_between,
        _in_look,
        sql=SLEEP.format(seconds=7),
        poll=EVERY_FOUR,
    ),
    LocalFault(
        "arm-killed",
        "kill -9 of what arms the wait while its look is on its way",
        _kill_arm,
        _in_wait,
        rules=_held(DESCRIBE),
    ),
    LocalFault(
        "statement-events-lost",
        "no event of a statement's end arrives",
        _strike_woken,
        without_an_event,
        fallback=EVERY_EIGHT,
        around=_no_events,
    ),
    LocalFault(
        "notify-fails",
        "what the event invokes fails at every attempt",
        _strike_woken,
        without_an_event,
        fallback=EVERY_EIGHT,
        around=_failing_notify,
    ),
    LocalFault(
        "data-api-killed",
        "kill -9 of the Data API with its PostgreSQL, and a start anew",
        _kill_data_api,
        sql=SLEEP.format(seconds=300),
        fallback=EVERY_FOUR,
    ),
    LocalFault(
        "postgresql-restarted",
        "kill -9 of a PostgreSQL process: it ends all, recovers and goes on",
        _kill_query,
        sql=SLEEP.format(seconds=300),
    ),
    LocalFault(
        "disk-full",
        "the disk takes no more of what the batch writes",
        _strike_at_once,
        sql=BIG_TABLE,
        around=_full_disk,
    ),
    LocalFault("network-slow", "each answer takes 2 s over a slow network", _slow_down),
    LocalFault("network-cut", "no connection to the Data API for 5 s", _cut, sql=UNTIL_OPENED),
    LocalFault("stopped", "an operator stops the execution", _stop, sql=SLEEP.format(seconds=300)),
    LocalFault(
        "stopped-in-queue",
        "a stop in a full queue, which empties after the event's attempts",
        _stop_in_queue,
        sql=SLEEP.format(seconds=300),
        fallback=EVERY_FOUR,
        around=_full_queue,
    ),
)
