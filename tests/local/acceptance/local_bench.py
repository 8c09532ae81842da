"""A local AWS as an acceptance test uses it: start, wait, look into the database, set faults."""

import json
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from orchbench.local.stack import LocalStack
from orchbench.platforms.platform import Service
from orchbench.trace import ExecutionStatus, Trace
from orchbench.ways import Way

PROJECT = Path(__file__).parents[3]


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

    def wait(self, way: Way, arn: str, seconds: float = 240, look_seconds: float = 0.2) -> Trace:
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
