"""The handlers as Lambda calls them: thin, and discreet in what they log."""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cancel import handler as cancel_handler
from orchbench.redshift.clock import WallClock
from orchbench.redshift.endpoint import Endpoint
from orchbench.redshift.faults import NoFaults
from orchbench.redshift.in_process import attach
from orchbench.redshift.quotas import Quotas
from orchbench.redshift.script import lasting
from orchbench.redshift.scripted import ScriptedExecutor
from orchbench.redshift.service import DataApi
from orchbench.redshift.warehouse import Warehouse
from redshift_batch.data_api import redshift_data_client
from redshift_batch.errors import EmptyBatch, HandlerTimedOut, InvalidInput, InvalidSettings, UnexpectedError
from status import handler as status_handler
from submit import handler as submit_handler

SECRET_SQL = "SELECT 'never in a log', :pin"
EVENT = {
    "execution_id": "arn:aws:states:us-east-1:123456789012:execution:m:a",
    "input": {"sql": SECRET_SQL, "parameters": {"pin": "s3cret"}},
    "poll_budget": 2_742,
}


@dataclass
class LambdaContext:
    function_name: str = "orchbench-submit"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-submit"
    aws_request_id: str = "r-1"
    remaining_seconds: float = 60

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * self.remaining_seconds)


@pytest.fixture
def deployed(environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the environment of a deployment, and answer its client in process."""
    monkeypatch.setenv("INLINE_SQL_ALLOWED", "true")
    redshift_data_client.cache_clear()
    clock = WallClock()
    executor = ScriptedExecutor(clock, lasting(0))
    api = DataApi(clock=clock, executor=executor, warehouse=Warehouse(), quotas=Quotas())
    attach(redshift_data_client(), Endpoint(api, NoFaults()))
    yield
    redshift_data_client.cache_clear()


@pytest.fixture
def context() -> LambdaContext:
    return LambdaContext()


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.usefixtures("deployed")
def test_a_batch_goes_through_submit_check_and_cancel(context: LambdaContext) -> None:
    submitted = submit_handler.handler(EVENT, context)
    time.sleep(0.01)
    checked = status_handler.handler({"execution_id": EVENT["execution_id"], "progress": submitted}, context)
    assert (checked["output"]["status"], checked["output"]["polls"]) == ("FINISHED", 1)
    cancelled = cancel_handler.handler({"execution_id": EVENT["execution_id"], "progress": checked}, context)
    assert cancelled["output"]["status"] == "FINISHED"
    json.dumps([submitted, checked, cancelled])


@pytest.mark.usefixtures("deployed")
def test_logs_carry_the_execution_and_neither_sql_nor_parameters(
    context: LambdaContext, log: io.StringIO
) -> None:
    submitted = submit_handler.handler(EVENT, context)
    status_handler.handler({"execution_id": EVENT["execution_id"], "progress": submitted}, context)
    assert {line["correlation_id"] for line in lines(log)} == {EVENT["execution_id"]}
    assert [line["message"] for line in lines(log)] == [
        "Submit batch began",
        "Submit batch ended",
        "Check status began",
        "Check status ended",
    ]
    assert "never in a log" not in log.getvalue()
    assert "s3cret" not in log.getvalue()


@pytest.mark.usefixtures("deployed")
def test_a_check_writes_its_metrics(context: LambdaContext, capsys: pytest.CaptureFixture[str]) -> None:
    submitted = submit_handler.handler(EVENT, context)
    status_handler.handler({"execution_id": EVENT["execution_id"], "progress": submitted}, context)
    (written,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    names = {metric["Name"] for metric in written["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert names >= {"SecondsElapsed", "ShareOfPollBudgetUsed"}
    assert names >= {"QuerySeconds", "Polls", "DetectionLagSeconds"}


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(
    ("execution_id", "way"),
    [
        ("arn:aws:states:us-east-1:123456789012:execution:nightly-sfn-poll:a", "nightly-sfn-poll"),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:nightly-durable-poll:3/durable-execution/a/0123",
            "nightly-durable-poll",
        ),
    ],
)
def test_a_checks_metrics_name_the_way_that_the_execution_runs_on_and_no_function(
    execution_id: str, way: str, context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    submitted = submit_handler.handler({**EVENT, "execution_id": execution_id}, context)
    for _check in range(2):
        status_handler.handler({"execution_id": execution_id, "progress": submitted}, context)
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [one["way"] for one in written] == [way, way]
    assert [one["_aws"]["CloudWatchMetrics"][0]["Dimensions"] for one in written] == [[["way"]], [["way"]]]


@pytest.mark.usefixtures("deployed")
def test_a_failure_is_raised_under_its_name_and_its_end_is_logged(
    context: LambdaContext, log: io.StringIO
) -> None:
    with pytest.raises(EmptyBatch):
        submit_handler.handler({**EVENT, "input": {"sql": ""}}, context)
    assert [(line["message"], line.get("error_name")) for line in lines(log)] == [
        ("Submit batch began", None),
        ("Submit batch failed", "EmptyBatch"),
        ("Submit batch ended", None),
    ]


@pytest.mark.usefixtures("deployed")
def test_a_defect_has_one_name_whatever_it_is(context: LambdaContext) -> None:
    with pytest.raises(UnexpectedError, match="KeyError"):
        status_handler.handler({"execution_id": "arn:1", "progress": {"output": 1}}, context)


@pytest.mark.usefixtures("deployed")
def test_a_defect_says_where_it_is_and_nothing_of_the_input(context: LambdaContext, log: io.StringIO) -> None:
    submitted = submit_handler.handler(EVENT, context)
    event = {**EVENT, "progress": {**submitted, "poll": {"policy": "fixed", SECRET_SQL: 1}}}
    with pytest.raises(UnexpectedError, match=r"^TypeError at .*handler.py:\d+ handler") as raised:
        status_handler.handler(event, context)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert "never in a log" not in log.getvalue() + str(raised.value)


@pytest.mark.usefixtures("deployed")
def test_a_function_without_time_left_says_so_and_sends_nothing(log: io.StringIO) -> None:
    with pytest.raises(HandlerTimedOut, match="nothing was begun"):
        submit_handler.handler(EVENT, LambdaContext(remaining_seconds=3))
    assert [line.get("error_name") for line in lines(log)] == [None, "HandlerTimedOut", None]


def test_a_deployment_that_is_wrong_is_told_by_every_function(context: LambdaContext) -> None:
    with pytest.raises(InvalidSettings):
        submit_handler.handler(EVENT, context)


@pytest.mark.usefixtures("deployed")
def test_the_progress_carries_the_poll_budget_from_the_submit_to_every_check(context: LambdaContext) -> None:
    progress = submit_handler.handler(EVENT, context)
    for _check in range(2):
        assert progress["poll_budget"] == EVENT["poll_budget"]
        progress = status_handler.handler({**EVENT, "progress": progress}, context)


@pytest.mark.usefixtures("deployed")
def test_a_cancel_asked_for_by_an_event_logs_the_events_execution(
    context: LambdaContext, log: io.StringIO
) -> None:
    with pytest.raises(InvalidInput):
        cancel_handler.handler({"detail": {"executionArn": "arn:aws:sqs:us-east-1:1:q"}}, context)
    assert {line["correlation_id"] for line in lines(log)} == {"arn:aws:sqs:us-east-1:1:q"}
