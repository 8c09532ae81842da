"""The executor that runs real SQL on PostgreSQL: one thread and one connection a request.

Approximations of Redshift: a statement sees what was committed when it got its table lock (READ COMMITTED),
where Redshift takes one snapshot a transaction; waiting for the lock is part of its duration; TRUNCATE does
not commit; deadlocks are detected and worded by PostgreSQL; every request runs as the same database user;
the time of a batch's commit is in no statement's duration.
"""

import itertools
import threading
from collections.abc import Callable

import psycopg

from orchbench.redshift.clock import Clock
from orchbench.redshift.postgres_run import Limits, PostgresRun
from orchbench.redshift.postgres_server import PostgresServer
from orchbench.redshift.quotas import QUERY_SECONDS, RESULT_BYTES
from orchbench.redshift.slots import Slots
from orchbench.redshift.statement import Work

# Connections left for whoever seeds, verifies and looks at the server.
RESERVED_CONNECTIONS = 20


class PostgresExecutor:
    """Run requests on a PostgreSQL server.

    Args:
        server: a started server.
        clock: the service's clock; must be a wall clock.
        concurrency: how many requests run at once; the others wait as SUBMITTED. None: as many as the
            server has connections for.
    """

    def __init__(
        self,
        server: PostgresServer,
        clock: Clock,
        *,
        concurrency: int | None = None,
        query_seconds_limit: float = QUERY_SECONDS,
        result_bytes_limit: int = RESULT_BYTES,
    ) -> None:
        self._server = server
        self._clock = clock
        available = max(1, server.max_connections - RESERVED_CONNECTIONS)
        self._slots = Slots(min(concurrency or available, available))
        self._limits = Limits(query_seconds_limit, result_bytes_limit)
        self._query_ids = itertools.count(1)
        self._lock = threading.Lock()
        self._running: dict[str, PostgresRun] = {}

    def submit(self, work: Work, ended: Callable[[], None] | None = None) -> PostgresRun:
        """Start a request in a thread of its own."""
        run = PostgresRun(
            work,
            connect=lambda: psycopg.connect(self._server.connection_info(work.database), autocommit=True),
            clock=self._clock,
            slots=self._slots,
            limits=self._limits,
            new_query_id=self._query_ids.__next__,
        )
        with self._lock:
            self._running[work.statement_id] = run
        threading.Thread(
            target=self._play, args=(run, work, ended), name=f"statement-{work.statement_id}", daemon=True
        ).start()
        return run

    def close(self) -> None:
        """Let nothing further start; the end of the PostgreSQL server ends what runs."""
        with self._lock:
            running = list(self._running.values())
        for run in running:
            run.give_up()

    def _play(self, run: PostgresRun, work: Work, ended: Callable[[], None] | None) -> None:
        try:
            run.play()
        finally:
            with self._lock:
                del self._running[work.statement_id]
        if ended is not None:
            ended()
