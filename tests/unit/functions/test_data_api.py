"""The Data API through a real boto3 client, answered by botocore's own stub."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError, ParamValidationError
from botocore.stub import Stubber

from redshift_batch import errors
from redshift_batch.codes import ERRORS
from redshift_batch.data_api import CLIENT_CONFIG, DataApi
from redshift_batch.model import Batch, ExecutionMode
from redshift_batch.names import client_token, statement_name
from redshift_batch.settings import Settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:123456789012:execution:orchbench-sfn-poll:a"
SERVERLESS = Settings(database="dev", workgroup_name="reports")


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client(
        "redshift-data",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_submit_carries_a_token_made_of_the_executions_arn(stub: Stubber) -> None:
    token = client_token(ARN)
    assert len(token) == 64
    assert token == client_token(ARN) != client_token(ARN + "b")
    stub.add_response(
        "batch_execute_statement",
        {"Id": "s-1", "CreatedAt": NOW},
        {
            "Sqls": ["SELECT :a"],
            "ClientToken": token,
            "StatementName": f"{token} {ARN}",
            "ExecutionMode": "AUTO_COMMIT",
            "Database": "dev",
            "WorkgroupName": "reports",
            "Parameters": [{"name": "a", "value": "1"}],
        },
    )
    batch = Batch(("SELECT :a",), parameters=(("a", "1"),), execution_mode=ExecutionMode.AUTO_COMMIT)
    statement = DataApi(stub.client, SERVERLESS).submit(batch, ARN)
    assert (statement.statement_id, statement.status, statement.created_at) == ("s-1", "SUBMITTED", NOW)


@pytest.mark.parametrize(
    ("settings", "target"),
    [
        (
            Settings("dev", workgroup_name="reports", secret_arn="arn:s"),
            {"WorkgroupName": "reports", "SecretArn": "arn:s"},
        ),
        (Settings("dev", cluster_identifier="c"), {"ClusterIdentifier": "c"}),
        (
            Settings("dev", cluster_identifier="c", db_user="u"),
            {"ClusterIdentifier": "c", "DbUser": "u"},
        ),
    ],
)
def test_a_batch_runs_where_the_settings_say(
    stub: Stubber, settings: Settings, target: dict[str, str]
) -> None:
    token = client_token(ARN)
    stub.add_response(
        "batch_execute_statement",
        {"Id": "s-1", "CreatedAt": NOW},
        {
            "Sqls": ["SELECT 1"],
            "ClientToken": token,
            "StatementName": f"{token} {ARN}",
            "ExecutionMode": "TRANSACTION",
            "Database": "dev",
            **target,
        },
    )
    DataApi(stub.client, settings).submit(Batch(("SELECT 1",)), ARN)


def test_a_description_is_read_with_the_services_units(stub: Stubber) -> None:
    stub.add_response(
        "describe_statement",
        {
            "Id": "s-1",
            "Status": "STARTED",
            "CreatedAt": NOW,
            "UpdatedAt": NOW,
            "Duration": -1,
            "ResultRows": -1,
            "SubStatements": [
                {"Id": "s-1:1", "Status": "FINISHED", "Duration": 2_500_000_000, "ResultRows": 4},
                {"Id": "s-1:2", "Status": "STARTED", "Duration": -1, "ResultRows": -1, "Error": "no"},
            ],
        },
        {"Id": "s-1"},
    )
    statement = DataApi(stub.client, SERVERLESS).describe("s-1")
    assert (statement.query_seconds, statement.result_rows) == (0.0, 0)
    first, second = statement.sub_statements
    assert (first.query_seconds, first.result_rows, first.error) == (2.5, 4, None)
    assert (second.query_seconds, second.error) == (0.0, "no")


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_code_of_the_table_becomes_its_error(stub: Stubber, code: str) -> None:
    stub.add_client_error("describe_statement", code, "why", http_status_code=400)
    with pytest.raises(ERRORS[code], match=f"{code}: why") as caught:
        DataApi(stub.client, SERVERLESS).describe("s-1")
    assert caught.type is ERRORS[code]


@pytest.mark.parametrize(
    ("http_status", "error"), [(500, errors.DataApiUnavailable), (400, errors.DataApiRefused)]
)
def test_a_code_that_is_not_in_the_table_is_told_by_its_http_status(
    stub: Stubber, http_status: int, error: type[errors.BatchError]
) -> None:
    stub.add_client_error("describe_statement", "NewException", "why", http_status_code=http_status)
    with pytest.raises(error):
        DataApi(stub.client, SERVERLESS).describe("s-1")


def test_every_error_that_the_model_knows_for_our_calls_is_in_the_table() -> None:
    model = boto3.client("redshift-data", region_name="us-east-1").meta.service_model
    called = ["BatchExecuteStatement", "DescribeStatement", "CancelStatement", "ListStatements"]
    known = {shape.name for name in called for shape in model.operation_model(name).error_shapes}
    assert known - set(ERRORS) == set()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (ConnectTimeoutError(endpoint_url="http://x"), errors.DataApiUnavailable),
        (ParamValidationError(report="bad"), errors.DataApiRefused),
    ],
)
def test_no_answer_is_transient_and_a_request_that_cannot_be_sent_is_not(
    fault: Exception, error: type[errors.BatchError]
) -> None:
    class Client:
        def __getattr__(self, _name: str) -> Any:
            def call(**_parameters: Any) -> Any:
                raise fault

            return call

    with pytest.raises(error):
        DataApi(Client(), SERVERLESS).describe("s-1")


def test_cancelling_a_statement_that_has_ended_is_no_error(stub: Stubber) -> None:
    stub.add_client_error("cancel_statement", "ValidationException", "Could not cancel", http_status_code=400)
    stub.add_response(
        "describe_statement",
        {"Id": "s-1", "Status": "FINISHED", "CreatedAt": NOW, "UpdatedAt": NOW},
        {"Id": "s-1"},
    )
    DataApi(stub.client, SERVERLESS).cancel("s-1")


def test_a_cancel_that_is_refused_while_the_statement_runs_is_an_error(stub: Stubber) -> None:
    stub.add_client_error("cancel_statement", "AccessDeniedException", "no", http_status_code=400)
    stub.add_response(
        "describe_statement",
        {"Id": "s-1", "Status": "STARTED", "CreatedAt": NOW, "UpdatedAt": NOW},
        {"Id": "s-1"},
    )
    with pytest.raises(errors.DataApiRefused, match="AccessDenied"):
        DataApi(stub.client, SERVERLESS).cancel("s-1")


def test_a_statement_that_waits_to_run_is_cancelled_at_another_attempt(stub: Stubber) -> None:
    stub.add_client_error("cancel_statement", "ValidationException", "not running", http_status_code=400)
    stub.add_response(
        "describe_statement",
        {"Id": "s-1", "Status": "SUBMITTED", "CreatedAt": NOW, "UpdatedAt": NOW},
        {"Id": "s-1"},
    )
    with pytest.raises(errors.StatementNotRunningYet, match="The statement is SUBMITTED"):
        DataApi(stub.client, SERVERLESS).cancel("s-1")


@pytest.mark.parametrize("unknown", ["PAUSED", "RESUMING"])
def test_a_refused_cancel_of_a_statement_whose_status_nobody_knows_has_not_stopped_it(
    stub: Stubber, unknown: str
) -> None:
    stub.add_client_error("cancel_statement", "ValidationException", "not running", http_status_code=400)
    described = {"Id": "s-1", "Status": unknown, "CreatedAt": NOW, "UpdatedAt": NOW}
    stub.add_response("describe_statement", described, {"Id": "s-1"})
    with pytest.raises(errors.StatementNotRunningYet, match=f"The statement is {unknown}"):
        DataApi(stub.client, SERVERLESS).cancel("s-1")


def test_a_submit_refused_after_one_that_was_taken_returns_the_statement_that_runs(stub: Stubber) -> None:
    stub.add_client_error("batch_execute_statement", "ValidationException", "token", http_status_code=400)
    stub.add_response("list_statements", {"Statements": [{"Id": "s-1"}]})
    stub.add_response(
        "describe_statement",
        {"Id": "s-1", "Status": "STARTED", "CreatedAt": NOW, "UpdatedAt": NOW},
        {"Id": "s-1"},
    )
    statement = DataApi(stub.client, SERVERLESS).submit(Batch(("SELECT 1",)), ARN)
    assert (statement.statement_id, statement.status) == ("s-1", "STARTED")


@pytest.mark.parametrize("lookup", ["none", "refused"])
def test_a_refused_submit_that_nothing_was_taken_of_stays_refused(stub: Stubber, lookup: str) -> None:
    stub.add_client_error("batch_execute_statement", "ValidationException", "no such", http_status_code=400)
    if lookup == "none":
        stub.add_response("list_statements", {"Statements": []})
    else:
        stub.add_client_error("list_statements", "AccessDeniedException", "no", http_status_code=400)
    with pytest.raises(errors.DataApiRefused, match="no such"):
        DataApi(stub.client, SERVERLESS).submit(Batch(("SELECT 1",)), ARN)


def test_a_statement_is_found_by_its_name_on_any_page(stub: Stubber) -> None:
    name = client_token(ARN)
    stub.add_response(
        "list_statements",
        {"Statements": [], "NextToken": "2"},
        {"StatementName": name, "Status": "ALL"},
    )
    stub.add_response(
        "list_statements",
        {"Statements": [{"Id": "s-1"}]},
        {"StatementName": name, "Status": "ALL", "NextToken": "2"},
    )
    assert DataApi(stub.client, SERVERLESS).find(ARN) == "s-1"


def test_an_execution_without_a_statement_finds_none(stub: Stubber) -> None:
    stub.add_response("list_statements", {"Statements": []})
    assert DataApi(stub.client, SERVERLESS).find(ARN) is None


def test_what_runs_is_listed_with_its_execution_and_what_is_not_ours_is_left_out(stub: Stubber) -> None:
    forged = statement_name(ARN).replace("sfn-poll:a", "sfn-poll:b")
    ours = {"Id": "s-1", "StatementName": statement_name(ARN), "CreatedAt": NOW}
    waiting = [ours, {"Id": "s-2", "StatementName": "nightly"}]
    stub.add_response("list_statements", {"Statements": waiting}, {"Status": "SUBMITTED"})
    stub.add_response("list_statements", {"Statements": [ours, {"Id": "s-3"}]}, {"Status": "PICKED"})
    stub.add_response(
        "list_statements", {"Statements": [{"Id": "s-4", "StatementName": forged}]}, {"Status": "STARTED"}
    )
    running = list(DataApi(stub.client, SERVERLESS).running())
    assert [(one.statement_id, one.execution_id) for one in running] == [("s-1", ARN)]


def test_a_statements_name_fits_for_the_longest_executions_arn() -> None:
    """The Data API takes 500 characters."""
    prefix = "arn:aws-us-gov:lambda:ap-northeast-1:123456789012:function:"
    longest = f"{prefix}{'f' * 64}:{'9' * 5}/durable-execution/{'n' * 64}/{'0' * 36}"
    assert len(statement_name(longest)) <= 500


def test_of_two_statements_of_a_name_the_one_that_runs_is_found(stub: Stubber) -> None:
    listed = [{"Id": "s-2", "Status": "FAILED"}, {"Id": "s-1", "Status": "STARTED"}]
    stub.add_response("list_statements", {"Statements": listed})
    assert DataApi(stub.client, SERVERLESS).find(ARN) == "s-1"


def test_a_refusal_that_cannot_be_looked_into_is_worth_another_attempt(stub: Stubber) -> None:
    stub.add_client_error("batch_execute_statement", "ValidationException", "token", http_status_code=400)
    stub.add_client_error("list_statements", "ThrottlingException", "Rate exceeded", http_status_code=400)
    with pytest.raises(errors.DataApiThrottled):
        DataApi(stub.client, SERVERLESS).submit(Batch(("SELECT 1",)), ARN)


def test_a_cancel_that_did_not_succeed_is_asked_for_again(stub: Stubber) -> None:
    stub.add_response("cancel_statement", {"Status": False})
    stub.add_response(
        "describe_statement", {"Id": "s-1", "Status": "STARTED", "CreatedAt": NOW, "UpdatedAt": NOW}
    )
    with pytest.raises(errors.StatementNotRunningYet, match="did not succeed"):
        DataApi(stub.client, SERVERLESS).cancel("s-1")


def test_the_clients_worst_case_ends_before_the_functions_default_timeout() -> None:
    attempts = CLIENT_CONFIG.retries["total_max_attempts"]
    pauses = sum(min(2**n, 20) for n in range(attempts - 1))
    worst = attempts * (CLIENT_CONFIG.connect_timeout + CLIENT_CONFIG.read_timeout) + pauses
    assert worst < 60 - 3
