import json
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orchbench.redshift.local import LocalRedshift
from orchbench.redshift.quotas import UNLIMITED

pytestmark = pytest.mark.local
HOME = {"WorkgroupName": "orders", "Database": "dev"}


def test_a_batch_runs_as_one_transaction(caller: Any, table: str) -> None:
    description = caller.run(f"CREATE TABLE {table} (n int)", f"INSERT INTO {table} VALUES (1), (2)")
    assert description["Status"] == "FINISHED"
    assert [each["ResultRows"] for each in description["SubStatements"]] == [0, 2]
    assert description["RedshiftPid"] > 0
    assert all(each["RedshiftQueryId"] > 0 for each in description["SubStatements"])
    assert caller.query(f"SELECT n FROM {table} ORDER BY n") == [(1,), (2,)]


def test_a_failing_batch_leaves_nothing_behind(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    insert = f"INSERT INTO {table} VALUES (1)"
    description = caller.run(insert, f"INSERT INTO {table} SELECT 1/0", insert)
    assert description["Status"] == "FAILED"
    assert description["Error"] == "Query #2 failed with ERROR: division by zero"
    assert [each["Status"] for each in description["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert description["SubStatements"][1]["Error"] == "ERROR: division by zero"
    assert caller.query(f"SELECT count(*) FROM {table}") == [(0,)]


def test_auto_commit_keeps_what_succeeded(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    insert = f"INSERT INTO {table} VALUES (1)"
    mode = {"ExecutionMode": "AUTO_COMMIT"}
    description = caller.run(insert, f"INSERT INTO {table} SELECT 1/0", "SELECT 1/0", insert, **mode)
    assert description["Status"] == "FAILED"
    statuses = [each["Status"] for each in description["SubStatements"]]
    assert statuses == ["FINISHED", "FAILED", "FAILED", "FINISHED"]
    assert caller.query(f"SELECT count(*) FROM {table}") == [(2,)]


def test_statements_that_refuse_a_transaction_run_outside_one(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    assert caller.run(f"VACUUM {table}", ExecutionMode="AUTO_COMMIT")["Status"] == "FINISHED"
    assert "cannot run inside a transaction block" in caller.run(f"VACUUM {table}")["Error"]


def test_a_commit_among_the_statements_ends_one_transaction_and_the_next_begins(
    caller: Any, table: str
) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    sqls = ["BEGIN", f"INSERT INTO {table} VALUES (1)", "COMMIT", f"INSERT INTO {table} VALUES (2)"]
    assert caller.run(*sqls)["Status"] == "FINISHED"
    assert caller.run(*sqls, "SELECT 1/0")["Status"] == "FAILED"
    assert caller.query(f"SELECT n FROM {table} ORDER BY n") == [(1,), (1,), (2,)]


def test_under_auto_commit_the_statements_may_begin_and_end_a_transaction(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    insert = f"INSERT INTO {table} VALUES (1)"
    mode = {"ExecutionMode": "AUTO_COMMIT"}
    assert caller.run("BEGIN", insert, insert, "ROLLBACK", **mode)["Status"] == "FINISHED"
    assert caller.query(f"SELECT count(*) FROM {table}") == [(0,)]
    description = caller.run("BEGIN", insert, "SELECT 1/0", insert, "ROLLBACK", insert, **mode)
    statuses = [each["Status"] for each in description["SubStatements"]]
    assert statuses == ["FINISHED", "FINISHED", "FAILED", "FAILED", "FINISHED", "FINISHED"]
    assert caller.query(f"SELECT count(*) FROM {table}") == [(1,)]


def test_one_sql_text_is_one_statement(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    description = caller.run(f"INSERT INTO {table} VALUES (1); COMMIT; INSERT INTO {table} VALUES (2)")
    assert "multiple commands" in description["Error"]
    assert caller.query(f"SELECT count(*) FROM {table}") == [(0,)]


def test_an_unknown_database_fails_the_statement_without_naming_a_path(caller: Any) -> None:
    answer = caller.client.execute_statement(Sql="SELECT 1", WorkgroupName="orders", Database="nowhere")
    description = caller.ended(answer["Id"])
    assert description["Status"] == "FAILED"
    assert description["Error"] == 'FATAL: database "nowhere" does not exist'


def test_rows_come_back_typed(caller: Any) -> None:
    sql = (
        "SELECT 7::int4 AS i, 8::int8 AS big, 1.50::numeric(10,2) AS amount, 0.25::float8 AS f, true AS yes, "
        "'日本'::varchar(20) AS name, NULL::int AS nothing, DATE '2026-01-31' AS day, 'NaN'::float8 AS nan, "
        "'\\x00ff'::bytea AS raw, count(DISTINCT n) AS distinct_rows FROM generate_series(1, 3) AS g(n) "
        "WHERE CURRENT_TIMESTAMP IS NOT NULL"
    )
    answer = caller.client.execute_statement(Sql=sql, WaitTimeSeconds=30, **HOME)
    assert (answer["Status"], answer["HasResultSet"]) == ("FINISHED", True)
    result = caller.client.get_statement_result(Id=answer["Id"])
    assert result["Records"] == [
        [
            {"longValue": 7},
            {"longValue": 8},
            {"stringValue": "1.50"},
            {"doubleValue": 0.25},
            {"booleanValue": True},
            {"stringValue": "日本"},
            {"isNull": True},
            {"stringValue": "2026-01-31"},
            {"stringValue": "NaN"},
            {"blobValue": b"\x00\xff"},
            {"longValue": 3},
        ]
    ]
    columns = {each["name"]: each for each in result["ColumnMetadata"]}
    assert [each["typeName"] for each in result["ColumnMetadata"]][:4] == [
        "int4",
        "int8",
        "numeric",
        "float8",
    ]
    assert (columns["amount"]["precision"], columns["amount"]["scale"]) == (10, 2)
    assert columns["name"]["length"] == 20


def test_long_results_are_paged(caller: Any) -> None:
    statement_id = caller.run("SELECT n FROM generate_series(1, 2500) AS g(n)")["Id"]
    pages = list(caller.client.get_paginator("get_statement_result").paginate(Id=f"{statement_id}:1"))
    assert [len(page["Records"]) for page in pages] == [1000, 1000, 500]
    assert sum(record[0]["longValue"] for page in pages for record in page["Records"]) == 2500 * 2501 // 2


def test_an_empty_result_is_still_a_result(caller: Any) -> None:
    description = caller.run("SELECT 1 WHERE false")
    assert description["HasResultSet"] is True
    result = caller.client.get_statement_result(Id=f"{description['Id']}:1")
    assert (result["Records"], result["TotalNumRows"]) == ([], 0)


@pytest.mark.parametrize(
    "value", ["plain", "o'hara", "'; DROP TABLE x; --", "\\'; SELECT 1", "100% %s %(a)s", ":name", "$1 $$"]
)
def test_a_parameter_is_data_whatever_it_holds(caller: Any, table: str, value: str) -> None:
    caller.execute(f"CREATE TABLE {table} (v varchar(100), n int)")
    description = caller.run(
        f"INSERT INTO {table} VALUES (:name, :number)",
        f"SELECT v, ':name', 5 % 3 FROM {table} WHERE v = :name AND n = :number::int",
        Parameters=[{"name": "name", "value": value}, {"name": "number", "value": "7"}],
    )
    assert description.get("Error") is None
    records = caller.client.get_statement_result(Id=f"{description['Id']}:2")["Records"]
    assert records == [[{"stringValue": value}, {"stringValue": ":name"}, {"longValue": 2}]]


def test_a_repeated_token_does_not_run_the_sql_twice(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    insert = f"INSERT INTO {table} VALUES (1)"
    answers: list[str] = []

    def submit() -> None:
        answers.append(caller.submit(insert, ClientToken=table))

    threads = [threading.Thread(target=submit) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert caller.ended(answers[0])["Status"] == "FINISHED"
    assert caller.query(f"SELECT count(*) FROM {table}") == [(1,)]


def test_twenty_refreshes_at_once_leave_the_mart_right_and_run_once_each(caller: Any, table: str) -> None:
    mart, ledger = f"mart_{table}", f"ledger_{table}"
    caller.execute(
        f"CREATE TABLE {table} AS SELECT n, n % 100 AS customer FROM generate_series(1, 5000) g(n)"
    )
    caller.execute(f"CREATE TABLE {mart} (customer int, orders bigint)")
    caller.execute(f"CREATE TABLE {ledger} (run varchar(20))")
    ids = [
        caller.submit(
            f"DELETE FROM {mart}",
            f"INSERT INTO {mart} SELECT customer, COUNT(DISTINCT n) FROM {table} GROUP BY customer",
            f"INSERT INTO {ledger} VALUES ('{number}')",
        )
        for number in range(20)
    ]
    assert [caller.ended(each)["Status"] for each in ids] == ["FINISHED"] * 20
    assert caller.query(f"SELECT count(*), sum(orders) FROM {mart}") == [(100, 5000)]
    assert caller.query(f"SELECT count(*), count(DISTINCT run) FROM {ledger}") == [(20, 20)]


def test_a_writer_does_not_hold_up_a_reader(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    writer = caller.submit(f"INSERT INTO {table} VALUES (1)", "SELECT pg_sleep(600)")
    caller.until(lambda: _statuses(caller, writer)[1] == "STARTED")
    assert caller.run(f"SELECT count(*) FROM {table}")["Status"] == "FINISHED"
    caller.client.cancel_statement(Id=writer)


def test_a_deadlock_fails_one_of_the_two_with_its_error(caller: Any, table: str) -> None:
    other = f"other_{table}"
    for name in (table, other):
        caller.execute(f"CREATE TABLE {name} (n int)")
    gate = f"pg_advisory_lock_shared({int(table[2:9], 16)})"
    with caller.redshift.connect() as holder:
        holder.execute(f"SELECT {gate.replace('_shared', '')}".encode())
        ids = [
            caller.submit(f"INSERT INTO {one} VALUES (1)", f"SELECT {gate}", f"INSERT INTO {two} VALUES (1)")
            for one, two in ((table, other), (other, table))
        ]
        for statement_id in ids:
            caller.until(lambda each=statement_id: _statuses(caller, each)[1] == "STARTED")
    ended = sorted((caller.ended(each) for each in ids), key=lambda each: str(each["Status"]))
    assert [each["Status"] for each in ended] == ["FAILED", "FINISHED"]
    assert "deadlock detected" in ended[0]["Error"]


def test_the_times_of_a_statement_add_up(caller: Any) -> None:
    before = datetime.now(UTC)
    description = caller.run("SELECT pg_sleep(0.2)", "SELECT pg_sleep(0.1)")
    after = datetime.now(UTC)
    seconds = [each["Duration"] / 1e9 for each in description["SubStatements"]]
    assert seconds[0] >= 0.2
    assert seconds[1] >= 0.1
    assert description["Duration"] / 1e9 == pytest.approx(sum(seconds))
    queue = (description["UpdatedAt"] - description["CreatedAt"]).total_seconds() - sum(seconds)
    assert 0 < queue < (after - before).total_seconds()
    slack = timedelta(seconds=1)  # the service tells whole parts of a second
    assert before - slack <= description["CreatedAt"] <= description["UpdatedAt"] <= after + slack


def test_statements_beyond_the_concurrency_wait_as_submitted_and_cannot_be_cancelled_there(
    caller: Any,
) -> None:
    with LocalRedshift(quotas=UNLIMITED, concurrency=1) as redshift:
        caller = type(caller)(redshift)
        first = caller.submit("SELECT pg_sleep(600)")
        caller.until(lambda: _statuses(caller, first) == ["STARTED"])
        second, third = caller.submit("SELECT 1"), caller.submit("SELECT 2")
        assert caller.client.describe_statement(Id=second)["Status"] == "SUBMITTED"
        with pytest.raises(ClientError, match="already in SUBMITTED state"):
            caller.client.cancel_statement(Id=second)
        caller.client.cancel_statement(Id=first)
        assert caller.ended(second)["Status"] == "FINISHED"
        assert caller.ended(third)["Status"] == "FINISHED"


def test_two_hundred_batches_run_at_once(caller: Any) -> None:
    ids = [caller.submit("SELECT pg_sleep(0.5)") for _ in range(200)]
    assert {caller.ended(each)["Status"] for each in ids} == {"FINISHED"}


def _statuses(caller: Any, statement_id: str) -> list[str]:
    description = caller.client.describe_statement(Id=statement_id)
    return [each["Status"] for each in description["SubStatements"]]


def test_statements_that_wait_run_in_the_order_of_their_submission(caller: Any) -> None:
    with LocalRedshift(quotas=UNLIMITED, concurrency=1) as redshift:
        caller = type(caller)(redshift)
        ids = [caller.submit("SELECT pg_sleep(0.02)") for _ in range(15)]
        ends = [caller.ended(each)["UpdatedAt"] for each in ids]
    assert ends == sorted(ends)


@pytest.mark.timeout(300)
def test_stopping_does_not_wait_for_what_runs(caller: Any) -> None:
    with LocalRedshift(quotas=UNLIMITED, concurrency=30) as redshift:
        caller = type(caller)(redshift)
        ids = [caller.submit("SELECT pg_sleep(600)") for _ in range(60)]
        caller.until(lambda: _statuses(caller, ids[29]) == ["STARTED"])


def test_a_statement_over_a_limit_fails_with_the_reason(caller: Any) -> None:
    # Two servers: within 0.3 s a busy machine may not answer the other one either.
    with LocalRedshift(query_seconds_limit=0.3) as redshift:
        slow = type(caller)(redshift).run("SELECT pg_sleep(600)")
    with LocalRedshift(result_bytes_limit=1000) as redshift:
        caller = type(caller)(redshift)
        large = caller.run("SELECT repeat('x', 600) FROM generate_series(1, 2)")
    assert slow["Status"] == large["Status"] == "FAILED"
    assert "statement timeout" in slow["Error"]
    assert "larger than 1000 bytes" in large["Error"]


def test_a_database_that_is_gone_fails_the_statement_without_naming_a_path(caller: Any) -> None:
    with LocalRedshift(quotas=UNLIMITED) as redshift:
        caller = type(caller)(redshift)
        redshift.postgres.stop()
        description = caller.run("SELECT 1")
    assert description["Status"] == "FAILED"
    assert description["Error"] == "The database could not be reached."
    assert description["SubStatements"][0]["Status"] == "ABORTED"


def test_getdate_is_the_statements_start_as_a_timestamp_without_time_zone(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (at timestamp)")
    insert = f"INSERT INTO {table} SELECT GETDATE() FROM generate_series(1, 3)"
    assert caller.run(insert, "SELECT pg_sleep(1.1)", insert)["Status"] == "FINISHED"

    (kind,) = caller.query("SELECT pg_typeof(getdate())::text")[0]
    stamps = caller.query(f"SELECT at, count(*) FROM {table} GROUP BY at ORDER BY at")

    assert kind == "timestamp without time zone"
    # One time a statement, and another for the next one of the same transaction.
    assert [count for _at, count in stamps] == [3, 3]
    assert all(at.microsecond == 0 for at, _count in stamps)


def test_getdate_is_found_whatever_the_search_path_and_in_a_new_database(caller: Any) -> None:
    path = caller.run("CREATE SCHEMA elsewhere", "SET LOCAL search_path TO elsewhere", "SELECT getdate()")
    made = caller.client.execute_statement(Sql="CREATE DATABASE made_later", WaitTimeSeconds=30, **HOME)
    there = caller.client.execute_statement(
        Sql="SELECT getdate()", WaitTimeSeconds=30, **{**HOME, "Database": "made_later"}
    )

    assert (path["Status"], made["Status"], there["Status"]) == ("FINISHED",) * 3


def test_sql_that_redshift_may_not_take_runs_and_is_told_without_its_text(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (at timestamp)")
    sqls = [f"DELETE FROM {table}", f"INSERT INTO {table} SELECT CURRENT_TIMESTAMP FROM {table}"]
    first = caller.submit(*sqls)
    assert caller.ended(first)["Status"] == "FINISHED"
    assert caller.run(*sqls)["Status"] == "FINISHED"

    with urllib.request.urlopen(f"{caller.redshift.url}/warnings", timeout=10) as answer:
        told = [said for said in json.loads(answer.read()) if first in said]

    assert [said.partition(":")[0] for said in told] == [f"SQL 2 of statement {first}, line 1"]
    assert "CURRENT_TIMESTAMP" in told[0]
    assert table not in told[0]
