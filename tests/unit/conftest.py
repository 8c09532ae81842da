"""Recorded histories, and the traces and comparisons made of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchbench.platforms.durable_functions import history as durable_history
from orchbench.platforms.platform import InvocationRequest, TraceBuilder
from orchbench.platforms.step_functions import history as step_functions_history
from orchbench.results.comparison import Comparison, Run, Settings
from orchbench.trace import Invocation, Label, Trace

HISTORIES = Path(__file__).parent / "histories"
Recorded = Callable[[str], dict[str, Any]]
Traced = Callable[..., Trace]


@pytest.fixture
def recorded() -> Recorded:
    def read(name: str) -> dict[str, Any]:
        history: dict[str, Any] = json.loads((HISTORIES / f"{name}.json").read_text())
        return history

    return read


def requests_of(name: str, history: dict[str, Any]) -> list[InvocationRequest]:
    if name.startswith("sfn"):
        return step_functions_history.invocation_requests(history["events"])
    return durable_history.invocation_requests(history["events"], "orchbench-durable-poll")


@pytest.fixture
def traced(recorded: Recorded) -> Traced:
    """Make the trace of a recorded history; each invocation was billed 100 ms at 128 MB."""

    def trace(name: str, host: str = "aws", billed_seconds: float | None = 0.1) -> Trace:
        history = recorded(name)
        build: TraceBuilder = (
            step_functions_history if name.startswith("sfn") else durable_history
        ).trace_from_history
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
            for one in requests_of(name, history)
        ]
        return build(
            orchestrator="sfn-poll" if name.startswith("sfn") else "durable-poll",
            host=host,
            description=history["description"],
            events=history["events"],
            invocations=invocations,
        )

    return trace


@pytest.fixture
def comparison(traced: Traced) -> Comparison:
    settings = Settings(
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
