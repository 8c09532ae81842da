import re
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.local


def running(caller: Any, marker: str) -> int:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE %s AND pid <> pg_backend_pid()"
    return int(caller.query(sql, f"%{marker}%")[0][0])


def stop_by_hand(caller: Any, function: str, marker: str) -> None:
    activity = "pg_stat_activity WHERE query LIKE %s AND pid <> pg_backend_pid()"
    caller.query(f"SELECT {function}(pid) FROM {activity}", f"%{marker}%")


def test_a_cancel_stops_the_query_on_the_server_and_rolls_back(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    statement_id = caller.submit(
        f"INSERT INTO {table} VALUES (1)", f"SELECT pg_sleep(600) /* {table} */", "SELECT 1"
    )
    caller.until(lambda: running(caller, f"pg_sleep(600) /* {table}") == 1)
    assert caller.client.cancel_statement(Id=statement_id)["Status"] is True
    description = caller.client.describe_statement(Id=statement_id)
    assert description["Status"] == "ABORTED"
    assert [each["Status"] for each in description["SubStatements"]] == ["FINISHED", "ABORTED", "ABORTED"]
    caller.until(lambda: running(caller, table) == 0)
    assert caller.query(f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_cancel_reaches_a_real_query_and_one_that_waits_for_a_lock(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    holder = caller.submit(
        f"INSERT INTO {table} VALUES (1)",
        f"SELECT count(*) FROM generate_series(1, 200000) a, generate_series(1, 200000) b /* {table} */",
    )
    caller.until(lambda: running(caller, f"a, generate_series(1, 200000) b /* {table}") == 1)
    waiter = caller.submit(f"DELETE FROM {table}")
    caller.until(lambda: running(caller, f"LOCK TABLE {table}") == 1)
    for statement_id in (waiter, holder):
        caller.client.cancel_statement(Id=statement_id)
        assert caller.client.describe_statement(Id=statement_id)["Status"] == "ABORTED"
    caller.until(lambda: running(caller, table) == 0)


def test_an_auto_committed_part_survives_the_cancel(caller: Any, table: str) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    sqls = (f"INSERT INTO {table} VALUES (1)", f"SELECT pg_sleep(600) /* {table} */")
    statement_id = caller.submit(*sqls, ExecutionMode="AUTO_COMMIT")
    caller.until(lambda: running(caller, f"pg_sleep(600) /* {table}") == 1)
    caller.client.cancel_statement(Id=statement_id)
    assert caller.ended(statement_id)["Status"] == "ABORTED"
    assert caller.query(f"SELECT count(*) FROM {table}") == [(1,)]


def test_an_ended_statement_cannot_be_cancelled(caller: Any) -> None:
    statement_id = caller.run("SELECT 1")["Id"]
    with pytest.raises(ClientError, match="already in FINISHED state"):
        caller.client.cancel_statement(Id=statement_id)


def test_a_query_cancelled_by_somebody_else_is_aborted(caller: Any, table: str) -> None:
    statement_id = caller.submit(f"SELECT pg_sleep(600) /* {table} */")
    caller.until(lambda: running(caller, table) == 1)
    stop_by_hand(caller, "pg_cancel_backend", table)
    assert caller.ended(statement_id)["Status"] == "ABORTED"


def test_a_query_whose_backend_dies_fails(caller: Any, table: str) -> None:
    statement_id = caller.submit(f"SELECT pg_sleep(600) /* {table} */")
    caller.until(lambda: running(caller, table) == 1)
    stop_by_hand(caller, "pg_terminate_backend", table)
    description = caller.ended(statement_id)
    assert description["Status"] == "FAILED"
    assert "closed the connection" in description["Error"]


@pytest.mark.parametrize("round_", range(15))
def test_a_cancel_at_any_moment_leaves_all_or_nothing(caller: Any, table: str, round_: int) -> None:
    caller.execute(f"CREATE TABLE {table} (n int)")
    statement_id = caller.submit(*[f"INSERT INTO {table} VALUES ({n})" for n in range(20)])
    time.sleep(round_ * 0.002)
    try:
        caller.client.cancel_statement(Id=statement_id)
    except ClientError as error:
        # Any outcome is right: it came too early, or too late.
        assert re.search("already in (SUBMITTED|PICKED|FINISHED) state", str(error))  # noqa: PT017
    status = caller.ended(statement_id)["Status"]
    assert caller.query(f"SELECT count(*) FROM {table}") == [(20 if status == "FINISHED" else 0,)]


def test_a_long_poll_returns_early_when_the_statement_is_cancelled(caller: Any) -> None:
    import threading

    statement_id = caller.submit("SELECT pg_sleep(600)")
    outcomes: list[str] = []

    def poll() -> None:
        outcomes.append(caller.client.describe_statement(Id=statement_id, WaitTimeSeconds=30)["Status"])

    thread = threading.Thread(target=poll)
    thread.start()
    caller.until(lambda: caller.client.describe_statement(Id=statement_id)["Status"] == "STARTED")
    caller.client.cancel_statement(Id=statement_id)
    # One that went on waiting would be back after 30 s only.
    thread.join(25)
    assert outcomes == ["ABORTED"]
