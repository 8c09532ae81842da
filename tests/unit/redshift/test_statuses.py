from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchbench.redshift.errors import ServiceError
from orchbench.redshift.script import Script, ScriptedStatement, always, lasting
from orchbench.redshift.scripted import ScriptedExecutor
from orchbench.redshift.statement import Status, Work
from orchbench.redshift.timeline import build_timeline

SCRIPT = Script(
    (ScriptedStatement(30, rows=7), ScriptedStatement(20, rows=5)), queue_seconds=4, pickup_seconds=1
)


@pytest.mark.parametrize(
    ("after", "status", "parts"),
    [
        (0, "SUBMITTED", ["SUBMITTED", "SUBMITTED"]),
        (3.999, "SUBMITTED", ["SUBMITTED", "SUBMITTED"]),
        (4, "PICKED", ["SUBMITTED", "SUBMITTED"]),
        (5, "STARTED", ["STARTED", "SUBMITTED"]),
        (35, "STARTED", ["FINISHED", "STARTED"]),
        (54.999, "STARTED", ["FINISHED", "STARTED"]),
        (55, "FINISHED", ["FINISHED", "FINISHED"]),
    ],
)
def test_a_batch_passes_through_its_statuses(
    make_service: Any, clock: Any, after: float, status: str, parts: list[str]
) -> None:
    service = make_service(always(SCRIPT))
    statement_id = service.submit("DELETE FROM mart", "INSERT INTO mart SELECT 1")
    clock.sleep(after)
    description = service.describe(statement_id)
    assert description["Status"] == status
    assert [each["Status"] for each in description["SubStatements"]] == parts


def test_the_times_of_a_finished_batch_tell_the_queue_exactly(make_service: Any, clock: Any) -> None:
    service = make_service(always(SCRIPT))
    statement_id = service.submit("DELETE FROM mart", "INSERT INTO mart SELECT 1")
    clock.sleep(3600)
    description = service.describe(statement_id)
    queue = description["UpdatedAt"] - description["CreatedAt"] - description["Duration"] / 1e9
    assert queue == pytest.approx(5, abs=1e-6)
    assert description["Duration"] == 50_000_000_000
    assert description["ResultRows"] == 12
    assert [each["Id"][-2:] for each in description["SubStatements"]] == [":1", ":2"]
    assert [each["Duration"] for each in description["SubStatements"]] == [30_000_000_000, 20_000_000_000]


def test_updated_at_is_the_moment_of_the_last_change_of_status(make_service: Any, clock: Any) -> None:
    service = make_service(always(SCRIPT))
    statement_id = service.submit("SELECT 1", "SELECT 2")
    clock.sleep(30)
    description = service.describe(statement_id)
    assert description["UpdatedAt"] - description["CreatedAt"] == 5
    assert description["Duration"] == -1
    assert description["ResultRows"] == -1


def test_a_failure_ends_a_transaction_and_aborts_what_follows(make_service: Any, clock: Any) -> None:
    script = Script((ScriptedStatement(2), ScriptedStatement(3, error="ERROR: no"), ScriptedStatement(9)))
    service = make_service(always(script))
    statement_id = service.submit("SELECT 1", "SELECT 2", "SELECT 3")
    clock.sleep(5)
    description = service.describe(statement_id)
    assert description["Status"] == "FAILED"
    assert description["Error"] == "Query #2 failed with ERROR: no"
    assert [each["Status"] for each in description["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert description["SubStatements"][1]["Error"] == "ERROR: no"
    assert description["Duration"] == 5_000_000_000


def test_with_auto_commit_the_other_statements_run_on(make_service: Any, clock: Any) -> None:
    script = Script((ScriptedStatement(2, error="ERROR: no"), ScriptedStatement(3)))
    service = make_service(always(script))
    statement_id = service.submit("SELECT 1", "SELECT 2", ExecutionMode="AUTO_COMMIT")
    clock.sleep(4)
    assert service.describe(statement_id)["Status"] == "STARTED"
    clock.sleep(1)
    description = service.describe(statement_id)
    assert description["Status"] == "FAILED"
    assert description["ExecutionMode"] == "AUTO_COMMIT"
    assert [each["Status"] for each in description["SubStatements"]] == ["FAILED", "FINISHED"]


def test_a_single_statement_has_no_sub_statements_and_keeps_the_bare_error(
    make_service: Any, clock: Any
) -> None:
    service = make_service(always(Script((ScriptedStatement(1, error="ERROR: no"),))))
    answer = service.call("ExecuteStatement", Sql="SELECT 1", WorkgroupName="orders", Database="dev")
    clock.sleep(1)
    description = service.describe(answer["Id"])
    assert description["Error"] == "ERROR: no"
    assert description["QueryString"] == "SELECT 1"
    assert "SubStatements" not in description


def test_a_query_fails_at_the_limit_of_its_duration(make_service: Any, clock: Any) -> None:
    service = make_service(lasting(100_000, queue_seconds=60))
    statement_id = service.submit("SELECT 1")
    clock.sleep(86_459)
    assert service.describe(statement_id)["Status"] == "STARTED"
    clock.sleep(1)
    description = service.describe(statement_id)
    assert description["Status"] == "FAILED"
    assert description["Duration"] == 86_400_000_000_000
    assert "86400 seconds" in description["Error"]


def test_a_script_may_have_somebody_else_abort_the_query(make_service: Any, clock: Any) -> None:
    script = Script((ScriptedStatement(60), ScriptedStatement(60)), aborted_after_seconds=30)
    service = make_service(always(script))
    statement_id = service.submit("SELECT 1", "SELECT 2")
    clock.sleep(30)
    description = service.describe(statement_id)
    assert description["Status"] == "ABORTED"
    assert [each["Status"] for each in description["SubStatements"]] == ["ABORTED", "ABORTED"]
    assert [each["Duration"] for each in description["SubStatements"]] == [30_000_000_000, 0]


def test_a_cancel_stops_the_clock_of_the_query(make_service: Any, clock: Any) -> None:
    service = make_service(lasting(60))
    statement_id = service.submit("SELECT 1")
    clock.sleep(12.5)
    assert service.call("CancelStatement", Id=statement_id) == {"Status": True}
    clock.sleep(1000)
    description = service.describe(statement_id)
    assert description["Status"] == "ABORTED"
    assert description["Duration"] == 12_500_000_000
    assert description["UpdatedAt"] - description["CreatedAt"] == 12.5


@pytest.mark.parametrize(("waited", "status"), [(20, "SUBMITTED"), (70, "PICKED")])
def test_a_statement_that_waits_cannot_be_cancelled_before_it_runs(
    make_service: Any, clock: Any, waited: int, status: str
) -> None:
    service = make_service(always(Script((ScriptedStatement(60),), queue_seconds=60, pickup_seconds=20)))
    statement_id = service.submit("SELECT 1")
    clock.sleep(waited)
    with pytest.raises(ServiceError) as refused:
        service.call("CancelStatement", Id=statement_id)
    assert str(refused.value) == (
        f"ValidationException: Could not cancel a query that is already in {status} state "
        f"with ID: {statement_id}"
    )
    assert service.describe(statement_id)["Status"] == status
    clock.sleep(80 - waited)
    assert service.call("CancelStatement", Id=statement_id) == {"Status": True}
    assert service.describe(statement_id)["Status"] == "ABORTED"


def test_a_statement_aborted_in_the_queue_leaves_no_duration(make_service: Any, clock: Any) -> None:
    script = Script((ScriptedStatement(60),), queue_seconds=60, aborted_after_seconds=20)
    service = make_service(always(script))
    statement_id = service.submit("SELECT 1")
    clock.sleep(20)
    description = service.describe(statement_id)
    assert (description["Status"], description["Duration"]) == ("ABORTED", 0)
    assert description["SubStatements"][0]["RedshiftQueryId"] == -1


def test_the_description_of_a_sub_statement_is_its_batch_with_that_one_alone(
    make_service: Any, clock: Any
) -> None:
    service = make_service(always(SCRIPT))
    statement_id = service.submit("SELECT 1", "SELECT 2")
    clock.sleep(36)
    description = service.describe(f"{statement_id}:1")
    assert description["Id"] == statement_id
    assert description["Status"] == "STARTED"
    assert [each["Status"] for each in description["SubStatements"]] == ["FINISHED"]


def test_a_script_of_the_wrong_length_is_refused(clock: Any) -> None:
    work = Work("a", ("SELECT 1", "SELECT 2"), "dev", clock.now(), {})
    with pytest.raises(ValueError, match="1 statements, the request 2"):
        ScriptedExecutor(clock, always(Script((ScriptedStatement(),)))).submit(work)


ORDER = [Status.SUBMITTED, Status.PICKED, Status.STARTED]
SECONDS = st.floats(0, 90_000, allow_nan=False).map(lambda each: round(each, 3))


@given(
    statements=st.lists(
        st.builds(ScriptedStatement, SECONDS, error=st.sampled_from([None, "ERROR"])), min_size=1, max_size=4
    ),
    queue=SECONDS,
    cancelled=st.none() | SECONDS,
    moments=st.lists(SECONDS, min_size=2, max_size=6).map(sorted),
    one_transaction=st.booleans(),
)
def test_no_status_ever_goes_back(
    statements: list[ScriptedStatement],
    queue: float,
    cancelled: float | None,
    moments: list[float],
    one_transaction: bool,
) -> None:
    sqls = ("SELECT 1",) * len(statements)
    work = Work("a", sqls, "dev", 1_790_000_000.0, {}, True, one_transaction)
    script = Script(tuple(statements), queue)
    timeline = build_timeline(work, script, tuple(range(len(sqls))), 1, 86_400)
    if cancelled is not None:
        timeline = timeline.aborted(work.created_at + cancelled)
    seen = [timeline.progress(work.created_at + moment) for moment in moments]
    for one, other in pairwise(seen):
        assert one.updated_at <= other.updated_at
        assert one.status == other.status or not one.status.ended
        for early, late in zip(one.statements, other.statements, strict=True):
            assert early == late or not early.status.ended
    final = timeline.progress(timeline.ended_at)
    assert final.status.ended
    assert all(each.status.ended for each in final.statements)
    ran = sum(each.duration_nanoseconds for each in final.statements) / 1e9
    assert final.updated_at - work.created_at - ran == pytest.approx(
        min(queue, final.updated_at - work.created_at), abs=1e-5
    )
