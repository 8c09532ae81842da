"""Recorded histories, and the traces and comparisons made of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchbench.platforms.platform import Record
from orchbench.results.comparison import Comparison, ComparisonSettings, Run
from orchbench.trace import Invocation, Label, Trace
from orchbench.ways import Way, way_named

HISTORIES = Path(__file__).parent / "histories"
Recorded = Callable[[str], dict[str, Any]]
Traced = Callable[..., Trace]


@pytest.fixture
def recorded() -> Recorded:
    def read(name: str) -> dict[str, Any]:
        history: dict[str, Any] = json.loads((HISTORIES / f"{name}.json").read_text())
        return history

    return read


def way_of(name: str) -> Way:
    """Return the way that a recorded history is taken to be of."""
    return way_named("sfn-poll" if name.startswith("sfn") else "durable-poll")


@pytest.fixture
def traced(recorded: Recorded) -> Traced:
    """Make the trace of a recorded history; each invocation was billed 100 ms at 128 MB."""

    def trace(name: str, host: str = "aws", billed_seconds: float | None = 0.1) -> Trace:
        history = recorded(name)
        way, record = way_of(name), Record(history["description"], history["events"])
        label = Label.MEASURED if billed_seconds is not None else Label.MISSING
        invocations = [
            Invocation(
                one.function_name or "orchbench-status",
                one.request_id,
                one.started_at,
                billed_seconds,
                billed_seconds,
                None,
                128 if billed_seconds is not None else None,
                label,
            )
            for one in way.platform.requests(record)
        ]
        return way.platform.trace(way, host, record, invocations)

    return trace


@pytest.fixture
def comparison(traced: Traced) -> Comparison:
    settings = ComparisonSettings(
        host="local",
        region="us-east-1",
        stack_name="orchbench",
        target="arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/1",
        database="dev",
        rows=3000,
        runs_each=1,
        input={
            "sql_file": "refresh_customer_summary.sql",
            "timeout_seconds": 600,
            "poll": {"policy": "fixed", "interval_seconds": 2},
        },
    )
    right = {"outcome": "right", "said": "1,000 rows compared one by one."}
    runs = (
        Run("sfn-poll", 1, right, traced("sfn_succeeded", "local")),
        Run("durable-poll", 1, right, traced("durable_retried", "local")),
    )
    ways = {"sfn-poll": "Step Functions", "durable-poll": "Durable function"}
    return Comparison(settings, ways, "2026-11-21T03:00:00+00:00", runs, complete=True)
