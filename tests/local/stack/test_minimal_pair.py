"""The minimal pair of docs/examples deploys as it stands, and runs its batch on the local AWS."""

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


def test_the_minimal_pair_deploys_and_each_of_it_fills_the_mart(
    tmp_path: Path, wait_until: Callable[..., Any]
) -> None:
    folder = tmp_path / "minimal"
    shutil.copytree(MINIMAL, folder, ignore=shutil.ignore_patterns("__pycache__"))
    ways = [way_named(name) for name in PAIR]
    with LocalStack.start(StackOptions(folder=folder, stack_name="minimal", published=False)) as stack:
        database = psycopg.connect(stack.redshift["postgresql"], autocommit=True)
        database.execute(TABLES.read_bytes())
        database.execute(ORDER)
        for way in ways:
            service = way.platform.service(stack)
            arn = str(service.start(stack.outputs[way.target_output], "first", {}).execution_arn)
            wait_until(lambda arn=arn, service=service: service.status(arn) is not ExecutionStatus.RUNNING)
            trace = way.platform.trace(way, "local", service.record(arn), [])

            assert (trace.status, trace.error_name) == (ExecutionStatus.SUCCEEDED, None)
            assert database.execute(MART).fetchall() == [(7, 7)]
        database.close()
