"""A local AWS as an acceptance test uses it: start, wait, look into the database, set faults."""

import json
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from orchbench.local.stack import LocalStack
from orchbench.platforms.platform import Service
from orchbench.trace import ExecutionStatus, Trace
from orchbench.ways import Way, all_ways

PROJECT = Path(__file__).parents[3]


def ledger_of(way: Way) -> str:
    """Return the name of the table that the way alone writes to."""
    return "ledger_" + way.name.replace("-", "_")


@dataclass
class Bench:
    """A stack, and what a test does with it."""

    stack: LocalStack

    def __post_init__(self) -> None:
        self.outputs = self.stack.outputs
        self._names = 0

    def start(self, way: Way, name: str, **event: Any) -> str:
        arn: str | None = self._service(way).start(self.outputs[way.target_output], name, event).execution_arn
        assert arn is not None
        return arn

    def wait(self, way: Way, arn: str, seconds: float = 240, look_seconds: float = 0.5) -> Trace:
        service = self._service(way)
        deadline = time.monotonic() + seconds
        while service.status(arn) is ExecutionStatus.RUNNING:
            assert time.monotonic() < deadline, f"{arn} still runs after {seconds} s"
            time.sleep(look_seconds)
        return way.platform.trace(way, "local", service.record(arn), [])

    def invocations(self, way: Way, arn: str) -> int:
        """Return how many invocations the service's history shows."""
        return len(way.platform.requests(self._service(way).record(arn)))

    def run(self, way: Way, **event: Any) -> Trace:
        self._names += 1
        return self.wait(way, self.start(way, f"run-{way.name}-{self._names}", **event))

    def run_each(self, ways: Iterable[Way], **event: Any) -> list[tuple[Way, Trace]]:
        """Run an event on several ways at once."""
        started = self.start_each(ways, **event)
        return [(way, self.wait(way, arn)) for way, arn in started]

    def start_each(self, ways: Iterable[Way], **event: Any) -> list[tuple[Way, str]]:
        """Start an event on several ways; ``LEDGER`` in its SQL is a table of the way's own.

        Whoever writes to one table waits for whoever wrote before.
        """
        self._names += 1
        started = []
        for way in ways:
            own = {"sql": event["sql"].replace("LEDGER", ledger_of(way))} if "sql" in event else {}
            started.append((way, self.start(way, f"each-{way.name}-{self._names}", **event | own)))
        return started

    def new_ledgers(self) -> None:
        """Let every way have an empty ledger of its own."""
        for way in all_ways().values():
            self.sql(f"CREATE TABLE IF NOT EXISTS {ledger_of(way)} (entry TEXT NOT NULL)")
            self.sql(f"TRUNCATE {ledger_of(way)}")

    def entries(self) -> list[tuple[Any, ...]]:
        """Return what the ways' ledgers hold."""
        return [row for way in all_ways().values() for row in self.sql(f"SELECT * FROM {ledger_of(way)}")]

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.stack.redshift["postgresql"], autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def running_queries(self) -> list[str]:
        """Return what PostgreSQL is running, this question apart."""
        rows = self.sql(
            "SELECT query FROM pg_stat_activity WHERE state <> 'idle' AND backend_type = 'client backend' "
            "AND pid <> pg_backend_pid()"
        )
        return [str(query) for (query,) in rows]

    def end_queries(self) -> None:
        """End whatever PostgreSQL is running."""
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state <> 'idle' "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )

    def set_faults(self, *rules: dict[str, Any]) -> None:
        request = urllib.request.Request(
            self.stack.redshift["url"] + "/faults",
            data=json.dumps(list(rules)).encode(),
            method="PUT",
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status < 300

    def log_messages(self, function: str) -> list[str]:
        logs = self.stack.client("logs")
        group = f"/aws/lambda/orchbench-{function}"
        events = logs.filter_log_events(logGroupName=group)["events"]
        return [event["message"] for event in events]

    def _service(self, way: Way) -> Service:
        return way.platform.service(self.stack)
