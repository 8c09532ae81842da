"""Every ending of a batch on real servers: the same name from both ways, and nothing left running."""

import time

import pytest
from local_bench import Bench

from orchbench.evaluation.counts import count
from orchbench.trace import ExecutionStatus
from orchbench.ways import Way, all_ways

pytestmark = pytest.mark.local

WAYS = list(all_ways().values())
POLL = {"policy": "fixed", "interval_seconds": 1}
MART = "SELECT customer_id, total_orders, total_amount, last_order_date FROM mart_customer_summary ORDER BY 1"
EXPECTED = (
    "SELECT customer_id, COUNT(*), SUM(quantity * unit_price), MAX(order_date) "
    "FROM (SELECT DISTINCT * FROM orders) AS o GROUP BY customer_id ORDER BY 1"
)


def test_the_bundled_batch_fills_the_mart(bench: Bench, way: Way) -> None:
    bench.sql("TRUNCATE mart_customer_summary")
    trace = bench.run(way, poll=POLL)
    assert trace.status is ExecutionStatus.SUCCEEDED
    assert trace.output["status"] == "FINISHED"
    if "statement_count" not in way.lacks:
        assert trace.output["statement_count"] == 2
    if "statements" not in way.lacks:
        assert [one["result_rows"] for one in trace.output["statements"]] == [0, 1000]
    assert trace.output["result_rows"] == 1000
    assert bench.sql(MART) == bench.sql(EXPECTED)


def test_a_failing_statement_fails_the_execution_within_a_poll_and_rolls_back(bench: Bench) -> None:
    bench.new_ledgers()
    sql = "INSERT INTO LEDGER VALUES ('lost'); SELECT pg_sleep(0.5); SELECT 1 / 0"
    for way, trace in bench.run_each(WAYS, sql=sql, poll=POLL):
        assert (trace.status, trace.error_name) == (ExecutionStatus.FAILED, "BatchFailed"), way.name
        assert "division by zero" in (trace.cause or "")
        assert trace.statement is not None
        # One poll a second at most while the statement ran, and the one that saw its end.
        counts = count(trace)
        assert counts.polls <= 1 + int(trace.statement.updated_at - trace.started_at), way.name
        assert counts.retries == 0, way.name
    assert bench.entries() == []


def test_a_statement_that_somebody_cancels_aborts_the_execution(bench: Bench) -> None:
    bench.new_ledgers()
    sql = "INSERT INTO LEDGER VALUES ('lost'); SELECT pg_sleep(600)"
    arns = bench.start_each(WAYS, sql=sql, poll=POLL)
    deadline = time.monotonic() + 240
    # All of them sleep, and have written before.
    while bench.running_queries() != ["SELECT pg_sleep(600)"] * len(WAYS):
        assert time.monotonic() < deadline
        time.sleep(0.25)
    redshift = bench.stack.client("redshift-data")
    running = redshift.list_statements(Status="STARTED")["Statements"]
    assert len(running) == len(WAYS)
    for statement in running:
        redshift.cancel_statement(Id=statement["Id"])
    for way, arn in arns:
        trace = bench.wait(way, arn)
        assert (trace.status, trace.error_name) == (ExecutionStatus.FAILED, "BatchAborted"), way.name
    assert bench.entries() == []
    assert bench.running_queries() == []


def test_a_batch_past_its_deadline_is_cancelled_and_times_out(bench: Bench) -> None:
    bench.new_ledgers()
    sql = "INSERT INTO LEDGER VALUES ('lost'); SELECT pg_sleep(600)"
    for way, trace in bench.run_each(WAYS, sql=sql, poll=POLL, timeout_seconds=3):
        assert (trace.status, trace.error_name) == (ExecutionStatus.FAILED, "BatchTimedOut"), way.name
    assert bench.entries() == []
    assert bench.running_queries() == []


def test_a_wrong_input_is_refused_under_its_own_name(bench: Bench) -> None:
    for way, trace in bench.run_each(WAYS, sql_file="../telemetry.py"):
        assert (trace.status, trace.error_name) == (ExecutionStatus.FAILED, "SqlFileNotAllowed"), way.name
        assert "leads outside the bundled folder" in (trace.cause or "")


def test_a_lost_answer_to_the_submit_does_not_run_the_sql_twice(bench: Bench, way: Way) -> None:
    bench.sql("TRUNCATE ledger")
    bench.set_faults({"operation": "BatchExecuteStatement", "kind": "lose-answer", "calls": 1})
    trace = bench.run(way, sql="INSERT INTO ledger VALUES ('once')", poll=POLL)
    assert trace.status is ExecutionStatus.SUCCEEDED
    assert bench.sql("SELECT * FROM ledger") == [("once",)]


def test_a_throttled_check_slows_the_execution_and_does_not_fail_it(bench: Bench, way: Way) -> None:
    bench.set_faults({"operation": "DescribeStatement", "kind": "throttle", "calls": 4})
    trace = bench.run(way, sql="SELECT 1", poll=POLL)
    assert trace.status is ExecutionStatus.SUCCEEDED
