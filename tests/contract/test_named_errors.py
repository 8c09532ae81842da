"""Each Task of the baseline names the errors that it can meet: all of them, and no other.

What a Task can meet is found by trying. The domain's own call is run against a Data API that gives every
answer it has to every call, one after the other: each error that botocore's service model knows of the
operation, those that any operation of AWS may give, and none at all.
"""

import ast
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from project import FUNCTIONS, definition, handler_file, resources, template

from redshift_batch import errors, lifecycle, status, submission
from redshift_batch.codes import ERRORS
from redshift_batch.data_api import DataApi
from redshift_batch.model import FixedPoll, Progress
from redshift_batch.settings import Settings

TASKS = {name: one for name, one in definition()["States"].items() if one["Type"] == "Task"}
SUBMIT, CHECK, CANCEL = "Submit batch", "Check status", "Cancel batch"
CUT_OFF = {"Sandbox.Timedout", "States.Timeout"}
"""Lambda's own timeout, and the Task's."""
OF_LAMBDA = {
    # docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception, concepts-error-handling
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    # An assumption: AWS's documents have Lambda.Unknown for a lack of memory, users report this name.
    "Runtime.OutOfMemory",
}
"""What a Task that invokes a function can meet, whatever the function."""

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = Settings(database="dev", workgroup_name="reports")
OUTPUT = {"statement_id": "s-1", "status": "STARTED", "statement_count": 1, "polls": 0}
PROGRESS = Progress(output=OUTPUT, timeout_seconds=60, poll=FixedPoll(), delay_seconds=10)
STATUSES = sorted({*status.RUNNING_STATUSES, *status.ENDED_STATUSES, "PAUSED"})


class Unscripted(BaseException):
    """A call beyond the end of its script. No ``Exception``: nothing may take it for an answer."""

    def __init__(self, operation: str) -> None:
        self.operation = operation


@dataclass
class ScriptedClient:
    """Gives the answers of a script, one a call."""

    script: tuple[Any, ...]
    calls: int = 0

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**_request: Any) -> Any:
            if self.calls == len(self.script):
                raise Unscripted(operation)
            answer = self.script[self.calls]
            self.calls += 1
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@cache
def codes_by_operation() -> dict[str, set[str]]:
    """Return the error codes of each operation, as botocore's service model has them."""
    client = boto3.client("redshift-data", region_name="us-east-1")
    model = client.meta.service_model
    return {
        method: {shape.name for shape in model.operation_model(operation).error_shapes}
        for method, operation in client.meta.method_to_api_mapping.items()
    }


def answers_to(operation: str) -> Iterator[Any]:
    """Yield every kind of answer that an operation has."""
    by_operation = codes_by_operation()
    of_any = set(ERRORS) - set().union(*by_operation.values())
    for code in sorted(by_operation[operation] | of_any):
        yield ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
    yield EndpointConnectionError(endpoint_url="https://redshift-data")
    yield ParamValidationError(report="no")
    described = {"Id": "s-1", "CreatedAt": NOW, "UpdatedAt": NOW}
    match operation:
        case "batch_execute_statement":
            yield described
        case "describe_statement":
            yield from ({**described, "Status": one} for one in STATUSES)
        case "cancel_statement":
            yield from ({"Status": taken} for taken in (True, False))
        case "list_statements":
            yield from ({"Statements": found} for found in ([], [described]))


def raised_by(work: Callable[[DataApi], object]) -> set[str]:
    """Return the errors that work ends with, over every sequence of answers."""
    found: set[str] = set()
    scripts: list[tuple[Any, ...]] = [()]
    while scripts:
        script = scripts.pop()
        try:
            work(DataApi(ScriptedClient(script), SETTINGS))
        except Unscripted as call:
            scripts += [(*script, answer) for answer in answers_to(call.operation)]
        except errors.BatchError as error:
            found.add(type(error).__name__)
    return found


WORK: dict[str, list[Callable[[DataApi], object]]] = {
    SUBMIT: [
        lambda api: submission.submit(
            {}, "arn:1", data_api=api, settings=SETTINGS, poll_budget=2_742, now=NOW
        )
    ],
    CHECK: [lambda api: lifecycle.check(PROGRESS, data_api=api, poll_budget=2_742, now=NOW)],
    CANCEL: [
        lambda api: lifecycle.cancel("arn:1", {"output": OUTPUT}, data_api=api),
        lambda api: lifecycle.cancel("arn:1", {}, data_api=api),
    ],
}


READERS_OF_INPUTS = ("batch.py", "poll_policy.py")


def refused_inputs() -> set[str]:
    """Return the errors that reading an input raises."""
    modules = [ast.parse((FUNCTIONS / "redshift_batch" / name).read_text()) for name in READERS_OF_INPUTS]
    return {
        node.exc.func.id
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
    }


@dataclass
class LambdaContext:
    """A function's context with some time left."""

    remaining_seconds: float
    function_name: str = "orchbench-submit"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-submit"
    aws_request_id: str = "r-1"

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * self.remaining_seconds)


def handler_of(task: str) -> Callable[[Any, Any], Any]:
    """Return the handler that a Task invokes."""
    function_arn: str = TASKS[task]["Parameters"]["FunctionName"]
    functions = resources(template(), "AWS::Serverless::Function")
    module = handler_file(functions[function_arn.removeprefix("${").removesuffix("Arn}")])
    handler: Callable[[Any, Any], Any] = importlib.import_module(f"{module.parent.name}.handler").handler
    return handler


def raised_around(task: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the errors of a handler itself: wrong settings, no time left, a defect."""
    found = set()
    monkeypatch.delenv("REDSHIFT_DATABASE", raising=False)
    for database, remaining_seconds in (("", 60), ("dev", 1), ("dev", 60)):
        monkeypatch.setenv("REDSHIFT_DATABASE", database)
        monkeypatch.setenv("REDSHIFT_WORKGROUP", "reports")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with pytest.raises(errors.BatchError) as raised:
            handler_of(task)({"execution_id": "arn:1"}, LambdaContext(remaining_seconds))
        found.add(raised.type.__name__)
    return found


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def met(task: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the errors of this application that a Task can meet."""
    found = set().union(*map(raised_by, WORK[task]), raised_around(task, monkeypatch))
    return found | refused_inputs() if task == SUBMIT else found


def names(rules: list[dict[str, Any]]) -> set[str]:
    return {name for rule in rules for name in rule["ErrorEquals"]}


def test_a_task_tries_again_after_every_transient_fault_that_it_can_meet_and_no_other(
    task: str, met: set[str]
) -> None:
    transient = {name for name in met if issubclass(errors.BY_NAME[name], errors.TransientFault)}
    assert names(TASKS[task]["Retry"]) == transient | OF_LAMBDA | CUT_OFF


def test_what_lambda_itself_does_to_a_task_is_counted_apart_from_what_its_work_meets(task: str) -> None:
    (apart,) = (rule for rule in TASKS[task]["Retry"] if names([rule]) & OF_LAMBDA)
    assert names([apart]) == OF_LAMBDA | CUT_OFF


def test_a_task_catches_by_name_what_was_never_sent_and_all_else_together(task: str, met: set[str]) -> None:
    *named, rest = TASKS[task]["Catch"]
    assert rest["ErrorEquals"] == ["States.ALL"]
    sent_nothing = {name for name in met if issubclass(errors.BY_NAME[name], errors.NOTHING_SUBMITTED)}
    # After a submit nothing but a cancel is right, whatever was refused since.
    assert names(named) == (sent_nothing if task == SUBMIT else set())
    assert [rule["Next"] for rule in named] == (["Batch refused"] if task == SUBMIT else [])


def test_every_error_of_the_tree_is_met_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    found = refused_inputs()
    for task, work in WORK.items():
        found = found.union(*map(raised_by, work), raised_around(task, monkeypatch))
    concrete = {name for name, error in errors.BY_NAME.items() if not error.__subclasses__()}
    statement_ends = {error.__name__ for error in errors.BatchEnded.__subclasses__()}
    by_events = {"ExecutionNotReadable", "ExecutionNotOver", "ExecutionNotWoken"}
    assert concrete - found == statement_ends | by_events


def test_what_the_scripted_client_finds_is_more_than_one_answer_deep() -> None:
    """A cancel that was not taken is told from one that came too late by the description after it."""
    assert "StatementNotRunningYet" in raised_by(WORK[CANCEL][0])
    assert "TooManyActiveStatements" not in raised_by(WORK[CHECK][0])
