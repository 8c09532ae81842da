import time
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from orchbench.redshift.faults import FaultKind, FaultPlan, FaultRule
from orchbench.redshift.quotas import Quotas
from orchbench.redshift.script import Script, ScriptedStatement, always, lasting
from orchbench.redshift.statement import ResultSet

HOME = {"WorkgroupName": "orders", "Database": "dev"}


def test_a_boto3_client_follows_a_batch_to_its_end(make_client: Any, clock: Any) -> None:
    client = make_client(lasting(60, queue_seconds=0.125))
    began = clock.now()
    statement_id = client.batch_execute_statement(Sqls=["DELETE FROM a", "SELECT 1"], **HOME)["Id"]
    assert client.describe_statement(Id=statement_id)["Status"] == "SUBMITTED"
    clock.sleep(61)
    description = client.describe_statement(Id=statement_id)
    assert description["Status"] == "FINISHED"
    assert description["CreatedAt"] == datetime.fromtimestamp(began, UTC)
    assert description["UpdatedAt"] == datetime.fromtimestamp(began + 60.125, UTC)


def test_a_boto3_client_gets_its_own_error_classes(make_client: Any) -> None:
    client = make_client()
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.describe_statement(Id="ffffffff-0000-0000-0000-000000000000")
    assert caught.value.response["ResourceId"].startswith("ffffffff")
    with pytest.raises(client.exceptions.ValidationException):
        client.batch_execute_statement(Sqls=["SELECT 1"] * 41, **HOME)


def test_a_throttled_boto3_client_sees_the_code_that_it_retries(make_client: Any) -> None:
    client = make_client(quotas=Quotas(calls_per_second={"ListStatements": 1}))
    client.list_statements()
    with pytest.raises(ClientError, match="ThrottlingException"):
        client.list_statements()


def test_a_boto3_client_repeats_a_submit_whose_answer_was_lost_without_a_second_statement(
    make_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    rule = FaultRule("BatchExecuteStatement", FaultKind.LOSE_ANSWER, calls=1)
    client = make_client(faults=FaultPlan([rule]), attempts=3)
    answer = client.batch_execute_statement(Sqls=["SELECT 1"], **HOME)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert [each["Id"] for each in client.list_statements(Status="ALL")["Statements"]] == [answer["Id"]]


def test_a_broken_connection_and_a_slow_answer_are_botocores_own_errors(make_client: Any, clock: Any) -> None:
    rules = [
        FaultRule("ListStatements", FaultKind.DISCONNECT, calls=1),
        FaultRule("ListStatements", FaultKind.DELAY, seconds=9, first_call=2),
    ]
    client = make_client(faults=FaultPlan(rules), read_timeout=4)
    with pytest.raises(ConnectionClosedError):
        client.list_statements()
    began = clock.now()
    with pytest.raises(ReadTimeoutError):
        client.list_statements()
    assert clock.now() - began == 4


def test_boto3_paginators_walk_results_and_lists(make_client: Any) -> None:
    rows = ResultSet(({"name": "n"},), tuple([{"longValue": n}] for n in range(7)))
    client = make_client(always(Script((ScriptedStatement(result=rows),))), result_page=3)
    for _ in range(5):
        answer = client.execute_statement(Sql="SELECT n", **HOME)
    pages = client.get_paginator("get_statement_result").paginate(Id=answer["Id"])
    assert [field[0]["longValue"] for page in pages for field in page["Records"]] == list(range(7))
    listed = client.get_paginator("list_statements").paginate(PaginationConfig={"PageSize": 2})
    assert sum(len(page["Statements"]) for page in listed) == 5


def test_every_kind_of_field_survives_botocores_parser(make_client: Any) -> None:
    fields: list[dict[str, Any]] = [
        {"isNull": True},
        {"booleanValue": False},
        {"longValue": 2**53 + 1},
        {"doubleValue": 0.1},
        {"stringValue": "日本"},
        {"blobValue": b"\x00"},
    ]
    client = make_client(always(Script((ScriptedStatement(result=ResultSet((), (fields,))),))))
    answer = client.execute_statement(Sql="SELECT n", **HOME)
    assert client.get_statement_result(Id=answer["Id"])["Records"] == [fields]


def test_our_share_of_a_call_is_below_a_millisecond_of_the_processor(make_api: Any, post: Any) -> None:
    from orchbench.redshift.endpoint import Endpoint

    endpoint = Endpoint(make_api(lasting(86_000)))
    _, content = post(endpoint, "BatchExecuteStatement", {"Sqls": ["DELETE FROM a", "SELECT 1"], **HOME})
    began = time.process_time()
    for _ in range(2000):
        post(endpoint, "DescribeStatement", {"Id": content["Id"]})
    assert (time.process_time() - began) / 2000 < 0.001
