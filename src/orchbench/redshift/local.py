"""The whole local Redshift in one object: PostgreSQL, the service on the wall clock, and its HTTP server."""

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from orchbench.redshift.clock import WallClock
from orchbench.redshift.dialect_watch import DialectWatch
from orchbench.redshift.endpoint import Endpoint
from orchbench.redshift.faults import FaultPlan, FaultRule
from orchbench.redshift.http_server import DataApiServer
from orchbench.redshift.postgres import PostgresExecutor
from orchbench.redshift.postgres_server import PostgresServer
from orchbench.redshift.quotas import QUERY_SECONDS, RESULT_BYTES, Quotas
from orchbench.redshift.service import DataApi
from orchbench.redshift.store import Entry
from orchbench.redshift.warehouse import Warehouse


class LocalRedshift:
    """Run the local Data API over PostgreSQL in this process, as a context manager or with start and stop.

    Args:
        directory: PostgreSQL's files go below it; None for a temporary one.
        port: of the HTTP server; 0 for a free one.
        database: the one to create.
        concurrency: how many requests run at once; None for as many as there are connections.
        query_seconds_limit: a statement that runs longer fails.
        result_bytes_limit: a statement that returns more fails.
        rules: the fault rules in force at the start.
        on_end: told of each statement that was submitted `WithEvent` and has ended.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        port: int = 0,
        database: str = "dev",
        warehouse: Warehouse | None = None,
        quotas: Quotas | None = None,
        max_connections: int = 300,
        concurrency: int | None = None,
        query_seconds_limit: float = QUERY_SECONDS,
        result_bytes_limit: int = RESULT_BYTES,
        rules: Iterable[FaultRule] = (),
        keep_files: bool = False,
        on_end: Callable[[Entry], None] | None = None,
    ) -> None:
        self.postgres = PostgresServer(
            directory, database=database, max_connections=max_connections, keep_files=keep_files
        )
        self._port = port
        self._warehouse = warehouse
        self._quotas = quotas
        self._concurrency = concurrency
        self._limits = (query_seconds_limit, result_bytes_limit)
        self.faults = FaultPlan(rules)
        self._on_end = on_end
        self._server: DataApiServer | None = None
        self._executor: PostgresExecutor | None = None

    @property
    def url(self) -> str:
        """The `endpoint_url` of clients."""
        if self._server is None:
            raise RuntimeError("the local Redshift has not been started")
        return self._server.url

    @property
    def port(self) -> int:
        """The port of the HTTP server."""
        return int(self.url.rpartition(":")[2])

    def connect(self) -> "psycopg.Connection[Any]":
        """Open a connection to the database, to seed tables and to verify them."""
        return self.postgres.connect()

    def start(self) -> None:
        """Start PostgreSQL, then the HTTP server."""
        clock = WallClock()
        self.postgres.start()
        try:
            self._executor = PostgresExecutor(
                self.postgres,
                clock,
                concurrency=self._concurrency,
                query_seconds_limit=self._limits[0],
                result_bytes_limit=self._limits[1],
            )
            watch = DialectWatch()
            api = DataApi(
                self._executor,
                clock,
                quotas=self._quotas,
                warehouse=self._warehouse,
                watch=watch,
                on_end=self._on_end,
            )
            self._server = DataApiServer(
                Endpoint(api, self.faults), self.faults, port=self._port, watch=watch
            )
            self._server.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything and delete the files. Idempotent."""
        if self._server is not None:
            self._server.stop()
            self._server = None
        if self._executor is not None:
            self._executor.close()
            self._executor = None
        self.postgres.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
