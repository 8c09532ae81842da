from typing import Any

import pytest

from orchbench.redshift.errors import ServiceError
from orchbench.redshift.quotas import Quotas
from orchbench.redshift.script import Script, ScriptedStatement, always, lasting
from orchbench.redshift.statement import ResultSet

NOWHERE = "ffffffff-0000-0000-0000-000000000000"
ROWS = ResultSet(({"name": "n", "typeName": "int8"},), tuple([{"longValue": n}] for n in range(5)))
HOME = {"WorkgroupName": "orders", "Database": "dev"}


def code_of(service: Any, operation: str, **request: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        service.call(operation, **request)
    return caught.value.code


@pytest.mark.parametrize("operation", ["DescribeStatement", "CancelStatement", "GetStatementResult"])
def test_an_unknown_statement_is_not_found(make_service: Any, operation: str) -> None:
    with pytest.raises(ServiceError) as caught:
        make_service().call(operation, Id=NOWHERE)
    assert caught.value.code == "ResourceNotFoundException"
    assert caught.value.members == {"ResourceId": NOWHERE}


@pytest.mark.parametrize("suffix", [":0", ":3", ":"])
def test_a_sub_statement_that_is_not_there_is_not_found(make_service: Any, suffix: str) -> None:
    service = make_service()
    statement_id = service.submit("SELECT 1", "SELECT 2")
    if suffix == ":":
        assert service.describe(statement_id + suffix)["Id"] == statement_id
    else:
        assert code_of(service, "DescribeStatement", Id=statement_id + suffix) == "ResourceNotFoundException"


@pytest.mark.parametrize("wait", [0, 10])
def test_an_ended_statement_cannot_be_cancelled(make_service: Any, clock: Any, wait: float) -> None:
    service = make_service(lasting(10))
    statement_id = service.submit("SELECT 1")
    clock.sleep(wait)
    if not wait:
        service.call("CancelStatement", Id=statement_id)
    with pytest.raises(ServiceError, match=r"ValidationException: Could not cancel a query that is already"):
        service.call("CancelStatement", Id=statement_id)


def test_a_sub_statement_cannot_be_cancelled_alone(make_service: Any) -> None:
    service = make_service()
    assert code_of(service, "CancelStatement", Id=service.submit("SELECT 1") + ":1") == "ValidationException"


def test_results_are_paged(make_service: Any, clock: Any) -> None:
    service = make_service(always(Script((ScriptedStatement(rows=5, result=ROWS),))), result_page=2)
    statement_id = service.submit("SELECT n") + ":1"
    pages = [service.call("GetStatementResult", Id=statement_id)]
    while token := pages[-1].get("NextToken"):
        pages.append(service.call("GetStatementResult", Id=statement_id, NextToken=token))
    assert [len(page["Records"]) for page in pages] == [2, 2, 1]
    assert [field[0]["longValue"] for page in pages for field in page["Records"]] == [0, 1, 2, 3, 4]
    assert all(page["TotalNumRows"] == 5 and page["ColumnMetadata"] for page in pages)


@pytest.mark.parametrize("token", ["nonsense", "", "WzEsIDJd", "é"])
def test_a_page_token_of_another_origin_is_refused(make_service: Any, token: str) -> None:
    service = make_service(always(Script((ScriptedStatement(result=ROWS),))))
    statement_id = service.submit("SELECT n") + ":1"
    if token:
        request = {"Id": statement_id, "NextToken": token}
        assert code_of(service, "GetStatementResult", **request) == "ValidationException"
    assert code_of(service, "ListStatements", NextToken="WzEsIDJd") == "ValidationException"


def test_there_is_no_result_before_the_end_nor_of_a_whole_batch_nor_of_a_statement_without_rows(
    make_service: Any, clock: Any
) -> None:
    script = Script((ScriptedStatement(5, result=ROWS), ScriptedStatement(5)))
    service = make_service(always(script))
    statement_id = service.submit("SELECT n", "DELETE FROM mart")
    assert code_of(service, "GetStatementResult", Id=f"{statement_id}:1") == "ResourceNotFoundException"
    clock.sleep(5)
    assert service.call("GetStatementResult", Id=f"{statement_id}:1")["TotalNumRows"] == 5
    clock.sleep(5)
    assert code_of(service, "GetStatementResult", Id=statement_id) == "ResourceNotFoundException"
    assert code_of(service, "GetStatementResult", Id=f"{statement_id}:2") == "ResourceNotFoundException"
    assert service.describe(statement_id)["HasResultSet"] is True


def test_results_are_kept_for_a_day(make_service: Any, clock: Any) -> None:
    service = make_service(always(Script((ScriptedStatement(result=ROWS),))))
    statement_id = service.submit("SELECT n") + ":1"
    clock.sleep(86_400)
    service.call("GetStatementResult", Id=statement_id)
    clock.sleep(1)
    assert code_of(service, "GetStatementResult", Id=statement_id) == "ResourceNotFoundException"


def test_a_long_poll_returns_when_the_statement_ends(make_service: Any, clock: Any) -> None:
    service = make_service(lasting(40))
    began = clock.now()
    answer = service.call("BatchExecuteStatement", Sqls=["SELECT 1"], WaitTimeSeconds=30, **HOME)
    assert (answer["Status"], clock.now() - began) == ("STARTED", 30)
    description = service.describe(answer["Id"], WaitTimeSeconds=30)
    assert (description["Status"], clock.now() - began) == ("FINISHED", 40)
    service.describe(answer["Id"], WaitTimeSeconds=30)
    assert clock.now() - began == 40


def test_a_submit_that_does_not_wait_tells_no_status(make_service: Any) -> None:
    assert "Status" not in make_service().call("ExecuteStatement", Sql="SELECT 1", **HOME)


def test_a_long_poll_for_a_sub_statement_does_not_wait_for_the_rest(make_service: Any, clock: Any) -> None:
    service = make_service(lasting(20))
    statement_id = service.submit("SELECT 1", "SELECT 2")
    began = clock.now()
    service.describe(f"{statement_id}:1", WaitTimeSeconds=30)
    assert clock.now() - began == 10


def test_a_long_poll_for_a_result_that_is_not_there_in_time_is_not_found(
    make_service: Any, clock: Any
) -> None:
    service = make_service(lasting(20))
    statement_id = service.submit("SELECT 1")
    request = {"Id": f"{statement_id}:1", "WaitTimeSeconds": 5}
    began = clock.now()
    assert code_of(service, "GetStatementResult", **request) == "ResourceNotFoundException"
    assert clock.now() - began == 5


def test_the_long_polls_of_one_statement_can_be_limited(make_service: Any, clock: Any) -> None:
    service = make_service(lasting(20), quotas=Quotas(waits_per_statement=1, calls_per_second={}))
    statement_id = service.submit("SELECT 1")
    codes: list[str] = []
    request = {"Id": statement_id, "WaitTimeSeconds": 2}
    clock.at(clock.now() + 1, lambda: codes.append(code_of(service, "DescribeStatement", **request)))
    service.describe(statement_id, WaitTimeSeconds=2)
    assert codes == ["ActiveWaitingRequestsExceededException"]
    service.describe(statement_id, WaitTimeSeconds=2)


def test_a_list_shows_the_finished_ones_unless_asked_otherwise(make_service: Any, clock: Any) -> None:
    service = make_service(lasting(10))
    finished = service.submit("SELECT 1")
    clock.sleep(10)
    running = service.submit("SELECT 1")

    def ids(**request: Any) -> list[str]:
        return [each["Id"] for each in service.call("ListStatements", **request)["Statements"]]

    assert ids() == [finished]
    assert ids(Status="FINISHED") == [finished]
    assert ids(Status="STARTED") == [running]
    assert ids(Status="ALL") == [running, finished]
    assert ids(Status="FAILED") == []


def test_a_list_is_filtered_by_the_beginning_of_the_name_and_by_warehouse(
    make_service: Any, clock: Any
) -> None:
    service = make_service(lasting(0))
    for name in ("nightly-1", "nightly-2", "Nightly-3", "hourly"):
        service.submit("SELECT 1", StatementName=name)
    cluster = {"ClusterIdentifier": "c", "Database": "test"}
    service.call("ExecuteStatement", Sql="SELECT 1", StatementName="nightly-4", **cluster)

    def names(**request: Any) -> list[str]:
        return [each["StatementName"] for each in service.call("ListStatements", **request)["Statements"]]

    assert names(StatementName="nightly") == ["nightly-4", "nightly-2", "nightly-1"]
    assert names(ClusterIdentifier="c") == ["nightly-4"]
    assert names(WorkgroupName="orders", StatementName="n") == ["nightly-2", "nightly-1"]
    assert names(Database="test") == ["nightly-4"]
    assert code_of(service, "ListStatements", WorkgroupName="orders", ClusterIdentifier="c")


def test_the_pages_of_a_list_do_not_shift_when_statements_are_added(make_service: Any, clock: Any) -> None:
    service = make_service(lasting(0))
    submitted = [service.submit("SELECT 1") for _ in range(5)]
    seen: list[str] = []
    request: dict[str, Any] = {"MaxResults": 2}
    while True:
        page = service.call("ListStatements", **request)
        seen += [each["Id"] for each in page["Statements"]]
        if "NextToken" not in page:
            break
        service.submit("SELECT 2")
        request["NextToken"] = page["NextToken"]
    assert seen == submitted[::-1]


def test_a_listed_batch_shows_its_statements(make_service: Any, clock: Any) -> None:
    service = make_service(lasting(0))
    service.submit("SELECT 1", "SELECT 2")
    service.call("ExecuteStatement", Sql="SELECT 3", **HOME)
    single, batch = service.call("ListStatements")["Statements"]
    assert (batch["QueryStrings"], batch["IsBatchStatement"]) == (["SELECT 1", "SELECT 2"], True)
    assert (single["QueryString"], single["IsBatchStatement"]) == ("SELECT 3", False)
