"""The minimal pair of docs/examples deploys as it stands, and runs its batch on the local AWS."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from examples import MINIMAL, PAIR

from orchbench.local import LocalStack, StackOptions
from orchbench.trace import ExecutionStatus
from orchbench.ways import way_named

pytestmark = pytest.mark.local

TABLES = Path(__file__).parents[3] / "functions" / "setup" / "tables.sql"
ORDER = b"INSERT INTO orders VALUES (1, 7, DATE '2026-01-01', 2, 3.5)"
MART = b"DELETE FROM mart_customer_summary RETURNING customer_id, total_amount"
REFUSES = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Refused"}}}

Until = Callable[..., Any]


def test_the_minimal_pair_deploys_and_each_of_it_fills_the_mart(tmp_path: Path, wait_until: Until) -> None:
    folder = tmp_path / "minimal"
    shutil.copytree(MINIMAL, folder, ignore=shutil.ignore_patterns("__pycache__"))
    ways = [way_named(name) for name in PAIR]
    with LocalStack.start(StackOptions(folder=folder, stack_name="minimal", published=False)) as stack:
        database = psycopg.connect(stack.redshift["postgresql"], autocommit=True)
        database.execute(TABLES.read_bytes())
        database.execute(ORDER)
        for way in ways:
            service, target = way.platform.service(stack), stack.outputs[way.target_output]
            arn = str(service.start(target, "first", {}).execution_arn)
            if way.name == PAIR[0]:
                a_new_definition_reaches_the_next_start_alone(stack, service, target, arn, wait_until)
            wait_until(lambda arn=arn, service=service: service.status(arn) is not ExecutionStatus.RUNNING)
            trace = way.platform.trace(way, "local", service.record(arn), [])

            assert (trace.status, trace.error_name) == (ExecutionStatus.SUCCEEDED, None)
            assert database.execute(MART).fetchall() == [(7, 7)]
        database.close()


def a_new_definition_reaches_the_next_start_alone(
    stack: LocalStack, service: Any, machine: str, sleeping: str, wait_until: Until
) -> None:
    wait_until(lambda: "WaitStateEntered" in [one["type"] for one in service.record(sleeping).events])
    stack.client("stepfunctions").update_state_machine(
        stateMachineArn=machine, definition=json.dumps(REFUSES)
    )
    later = str(service.start(machine, "later", {}).execution_arn)
    wait_until(lambda: service.status(later) is not ExecutionStatus.RUNNING)

    assert service.status(later) is ExecutionStatus.FAILED
    assert service.status(sleeping) is ExecutionStatus.RUNNING
