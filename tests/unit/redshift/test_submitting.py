from typing import Any

import pytest

from orchbench.redshift.errors import ServiceError
from orchbench.redshift.quotas import CALLS_PER_SECOND, Quotas
from orchbench.redshift.script import lasting
from orchbench.redshift.warehouse import Warehouse

HOME = {"WorkgroupName": "orders", "Database": "dev"}
HOUR = 3600.0


def refused(service: Any, operation: str, **request: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        service.call(operation, **request)
    return str(caught.value)


def test_a_repeated_token_returns_the_statement_that_runs_already(make_service: Any, clock: Any) -> None:
    service = make_service(lasting(9 * HOUR))
    first = service.submit("SELECT 1", ClientToken="token")
    clock.sleep(8 * HOUR)
    assert service.submit("SELECT 1", ClientToken="token") == first
    assert service.submit("SELECT 1", ClientToken="other") != first
    assert len(service.call("ListStatements", Status="ALL")["Statements"]) == 2


def test_a_token_is_forgotten_after_eight_hours(make_service: Any, clock: Any) -> None:
    service = make_service()
    first = service.submit("SELECT 1", ClientToken="token")
    clock.sleep(8 * HOUR + 1)
    assert service.submit("SELECT 1", ClientToken="token") != first


def test_a_repeated_token_with_other_sql_returns_the_first_statement(make_service: Any) -> None:
    service = make_service()
    first = service.submit("SELECT 1", ClientToken="token")
    assert service.submit("SELECT 2", ClientToken="token") == first


def test_a_repeated_token_is_accepted_where_a_new_statement_would_be_one_too_many(make_service: Any) -> None:
    service = make_service(quotas=Quotas(active_statements=1, calls_per_second={}))
    first = service.submit("SELECT 1", ClientToken="token")
    assert service.submit("SELECT 1", ClientToken="token") == first


def test_more_than_forty_statements_are_refused(make_service: Any) -> None:
    service = make_service()
    service.submit(*["SELECT 1"] * 40)
    message = refused(service, "BatchExecuteStatement", Sqls=["SELECT 1"] * 41, **HOME)
    assert message.startswith("ValidationException")
    assert "less than or equal to 40" in message


def test_the_length_of_sql_is_counted_in_bytes(make_service: Any) -> None:
    service = make_service(quotas=Quotas(sql_bytes=20, calls_per_second={}))
    service.submit("SELECT 'eighteen.'")
    message = refused(service, "BatchExecuteStatement", Sqls=["SELECT '日本語日本語'"], **HOME)
    assert "20 bytes" in message


def test_the_active_statements_are_counted_until_they_end(make_service: Any, clock: Any) -> None:
    service = make_service(lasting(10), quotas=Quotas(active_statements=2, calls_per_second={}))
    service.submit("SELECT 1")
    service.submit("SELECT 1")
    message = refused(service, "BatchExecuteStatement", Sqls=["SELECT 1"], **HOME)
    assert message.startswith("ActiveStatementsExceededException")
    clock.sleep(10)
    service.submit("SELECT 1")


@pytest.mark.parametrize(("operation", "rate"), CALLS_PER_SECOND.items())
def test_calls_over_the_rate_of_a_second_are_throttled(
    make_service: Any, clock: Any, operation: str, rate: int
) -> None:
    service = make_service(quotas=Quotas())
    request: dict[str, Any] = {"Id": service.submit("SELECT 1")}
    clock.sleep(10)
    others: dict[str, dict[str, Any]] = {
        "ExecuteStatement": {"Sql": "SELECT 1", **HOME},
        "BatchExecuteStatement": {"Sqls": ["SELECT 1"], **HOME},
        "ListStatements": {},
    }
    request = others.get(operation, request)
    messages = []
    for _ in range(rate + 1):
        try:
            service.api.call(operation, request)
        except ServiceError as error:
            messages.append(error.code)
        else:
            messages.append("")
    assert "ThrottlingException" not in messages[:-1]
    assert messages[-1] == "ThrottlingException"
    clock.sleep(1 / rate + 1e-6)
    try:
        service.api.call(operation, request)
    except ServiceError as error:
        assert error.code != "ThrottlingException"  # noqa: PT017  cancels are refused for another reason


def test_the_batch_and_sql_quotas_can_be_switched_off(make_service: Any) -> None:
    off = Quotas(statements_per_batch=None, sql_bytes=None, active_statements=None, calls_per_second={})
    make_service(quotas=off).submit(*["SELECT '" + "x" * 300_000 + "'"] * 41)


@pytest.mark.parametrize(
    ("identity", "sentence"),
    [
        ({"Database": "dev"}, "must be provided"),
        ({"WorkgroupName": "orders"}, "Database must be provided"),
        ({"WorkgroupName": "orders", "ClusterIdentifier": "c", "Database": "dev"}, "together"),
        ({"WorkgroupName": "orders", "DbUser": "me", "Database": "dev"}, "DbUser can only"),
        ({"ClusterIdentifier": "c", "DbUser": "me", "SecretArn": "s", "Database": "d"}, "DbUser can only"),
        ({"WorkgroupName": "order", "Database": "dev"}, "no workgroup 'order', known are orders"),
        ({"ClusterIdentifier": "orders", "Database": "dev"}, "no cluster 'orders', known are c"),
        ({"WorkgroupName": "orders", "Database": "dev", "SessionKeepAliveSeconds": 5}, "Sessions"),
        ({"WorkgroupName": "orders", "Database": "dev", "ResultFormat": "CSV"}, "CSV"),
    ],
)
def test_a_wrong_identity_is_refused_with_a_sentence_that_names_it(
    make_service: Any, identity: dict[str, Any], sentence: str
) -> None:
    service = make_service(warehouse=Warehouse(("orders",), ("c",)))
    message = refused(service, "ExecuteStatement", Sql="SELECT 1", **identity)
    assert message.startswith("ValidationException")
    assert sentence in message


@pytest.mark.parametrize(
    "identity",
    [
        {"WorkgroupName": "orders"},
        {"WorkgroupName": "orders", "SecretArn": "secret"},
        {"ClusterIdentifier": "c"},
        {"ClusterIdentifier": "c", "DbUser": "me"},
        {"ClusterIdentifier": "c", "SecretArn": "secret"},
    ],
)
def test_every_documented_identity_is_accepted_and_echoed(
    make_service: Any, identity: dict[str, Any]
) -> None:
    service = make_service(warehouse=Warehouse(("orders",), ("c",)))
    answer = service.call("ExecuteStatement", Sql="SELECT 1", Database="dev", **identity)
    assert identity.items() <= answer.items()
    assert identity.items() - {("DbUser", "me")} <= service.describe(answer["Id"]).items()


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ([{"name": "day", "value": "1"}, {"name": "hour", "value": "2"}], "unused parameters: hour"),
        ([{"name": "day", "value": "1"}, {"name": "day", "value": "2"}], "more than once"),
        ([{"name": "day", "value": ""}], "length greater than or equal to 1"),
        ([{"name": "day"}], "Parameters.1.member.value"),
        ([{"name": "a day", "value": "1"}], "regular expression"),
        ([], "length greater than or equal to 1"),
    ],
)
def test_wrong_parameters_are_refused(
    make_service: Any, parameters: list[dict[str, str]], sentence: str
) -> None:
    request = {"Sqls": ["SELECT 1", "SELECT :day"], "Parameters": parameters, **HOME}
    assert sentence in refused(make_service(), "BatchExecuteStatement", **request)


def test_a_parameter_may_be_used_by_any_statement_of_the_batch(make_service: Any) -> None:
    service = make_service()
    parameters = [{"name": "day", "value": "1"}]
    statement_id = service.submit("SELECT 1", "SELECT :day", Parameters=parameters)
    assert service.describe(statement_id)["QueryParameters"] == parameters


def test_blank_sql_is_refused(make_service: Any) -> None:
    assert "must not be empty" in refused(make_service(), "ExecuteStatement", Sql=" \n", **HOME)
