# ruff: noqa: SLF001 - naming private members is what this file is for
"""Starts ministack with ten mends; run by ministack's own Python, never imported by orchbench.

Each mend names what it touches in ministack 1.5.33, and the launcher refuses to start when the version or
one of these names differs: a mend that silently no longer applies would be worse than none.

1. Error names. ministack reports every exception of a handler as ``Runtime.HandlerError``; AWS reports the
   class's name, which Retry and Catch match, and ``Runtime.ExitError`` for a process that died. Touched:
   ``lambda_runtime._PYTHON_WORKER_SCRIPT``, ``lambda_runtime.Worker.invoke``,
   ``lambda_svc._execute_function_warm``.
2. ``DurableConfig`` and ``DeadLetterConfig``. Its CloudFormation drops these properties; kept,
   GetFunctionConfiguration answers as on AWS, the gateway sees which functions are durable, and events that
   fail are kept. Touched: ``provisioners._lambda_create``.
3. Status-change events of durable executions. PutEvents refuses sources that start with ``aws.``, as AWS
   does for customers; here the durable runner, another process, speaks for the service. Touched:
   ``eventbridge._put_events``.
4. Asynchronous retries of what a rule invokes. A function that fails is tried again and its event then kept
   in the dead-letter queue, as for every other asynchronous invocation; ministack drops it. Its pauses are
   seconds where AWS's are minutes. Touched: ``eventbridge._dispatch_to_lambda``.
5. The Redshift Data API as an SDK integration of Step Functions. ministack has no such service, and its
   integrations reach its own services alone. Answers and error names are as AWS's SDK for Java has them.
   Touched: ``stepfunctions._invoke_aws_sdk_integration``.
6. ``Timestamp...Path`` in a Choice, which is silently false there: a deadline would never pass. Touched:
   ``stepfunctions._evaluate_rule``.
7. What an SDK integration's events say of it: AWS names service and action apart, and in every event.
   Touched: ``stepfunctions._add_event``.
8. A Task that invokes a function and waits for its token. ministack knows no ``TimeoutSecondsPath``, takes a
   function that fails for one that was invoked, and leaves the call's parameters (so the token),
   TaskSubmitted and TaskTimedOut out of the history; and what waits outlives its execution. Touched:
   ``stepfunctions._execute_task``, ``stepfunctions._invoke_with_callback``, ``stepfunctions._add_event``.
9. The context object in a Task's ResultSelector, where it is nothing there. Touched:
   ``stepfunctions._apply_result_selector``; mend 8 tells it whose Task runs.
10. Workers that are forked from a process with the AWS SDKs loaded (``worker_forks``): each would load them
    anew. Touched: ``lambda_runtime.subprocess``, ``lambda_runtime.Worker._spawn``.

The workers' module path is set here and not by whoever starts this process, because ministack must not
find another environment's packages before its own, while its workers must.
"""

import importlib
import importlib.metadata
import inspect
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

MINISTACK_VERSION = "1.5.33"
WORKER_PATH_VARIABLE = "ORCHBENCH_WORKER_PYTHONPATH"
WORKER_ERROR = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
NAMED_WORKER_ERROR = WORKER_ERROR[:-1] + ', "error_type": type(e).__name__}'

TIMED_OUT = "Task timed out"
"""How ``Worker.invoke`` begins where a function took too long."""
DEAD_ON_START = "Worker process exited immediately"
"""How it begins where the process ended while its module was loaded."""
EXIT_ERROR = "Runtime.ExitError"
"""What Lambda calls that, and every other end of a process without an answer."""

DATA_API = "arn:aws:states:::aws-sdk:redshiftdata:"
DATA_API_ENDPOINT = "AWS_ENDPOINT_URL_REDSHIFT_DATA"
DATA_API_SECONDS = 90
"""For an answer; a look may be held back for 30."""
CALLED_AND_AWAITED = "arn:aws:states:::lambda:invoke.waitForTaskToken"
NOTICED_SECONDS = 1.0
"""How soon a Task that waits for its token notices that its execution has been stopped."""
_TASK = threading.local()
"""The Task that a thread executes: its ``execution`` and its ``ctx``, the context object."""
MODELLED = frozenset(
    {
        "ActiveSessionsExceededException",
        "ActiveStatementsExceededException",
        "ActiveWaitingRequestsExceededException",
        "BatchExecuteStatementException",
        "DatabaseConnectionException",
        "InternalServerException",
        "QueryTimeoutException",
        "ResourceNotFoundException",
        "ValidationException",
    }
)
"""The exceptions of the Data API's model; any other is the SDK's base class, assumed."""


def expect(condition: bool, what: str) -> None:
    """Leave with one sentence when ministack is not the one these mends were written for."""
    if not condition:
        sys.exit(
            f"The mends in ministack_launcher.py are for ministack {MINISTACK_VERSION}, and {what}: "
            "install that version or revise the mends."
        )


def check_version() -> None:
    """Leave unless the pinned version is installed."""
    installed = importlib.metadata.version("ministack")
    expect(installed == MINISTACK_VERSION, f"version {installed} is installed")


def report_the_class_of_an_error(runtime: Any, functions: Any) -> None:
    """Make a failed invocation carry the name of the exception's class as its errorType."""
    script = runtime._PYTHON_WORKER_SCRIPT
    expect(script.count(WORKER_ERROR) == 1, "its worker script reports errors in another way")
    runtime._PYTHON_WORKER_SCRIPT = script.replace(WORKER_ERROR, NAMED_WORKER_ERROR)
    worker_invoke, execute = runtime.Worker.invoke, functions._execute_function_warm
    last = threading.local()

    def invoke_and_note(worker: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            result = worker_invoke(worker, *args, **kwargs)
        except Exception as error:
            # The last is a process that another worker's end has taken along.
            if str(error).startswith(DEAD_ON_START) or isinstance(error, BrokenPipeError | AttributeError):
                last.error_type = EXIT_ERROR
            raise
        # What a handler raised has its class; all else is the word of who waited for it.
        answered = "error" not in result or "error_type" in result or result["error"].startswith(TIMED_OUT)
        last.error_type = result.get("error_type") if answered else EXIT_ERROR
        return result

    def execute_and_name(func: Any, event: Any, request_id: str) -> Any:
        last.error_type = None
        result = execute(func, event, request_id)
        if result.get("error") and last.error_type and isinstance(result.get("body"), dict):
            result["body"]["errorType"] = last.error_type
        return result

    runtime.Worker.invoke = invoke_and_note
    functions._execute_function_warm = execute_and_name


def keep_every_property(provisioners: Any, functions: Any) -> None:
    """Make CloudFormation pass the properties on that it drops."""
    create = provisioners._lambda_create
    entry = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    expect(entry["create"] is create, "its CloudFormation creates functions in another way")

    def create_and_keep(logical_id: str, props: Any, stack_name: str) -> Any:
        name, attributes = create(logical_id, props, stack_name)
        for kept in ("DurableConfig", "DeadLetterConfig"):
            if kept in props:
                functions._functions[name]["config"][kept] = props[kept]
        return name, attributes

    provisioners._lambda_create = entry["create"] = create_and_keep


def accept_events_of_services(eventbridge: Any) -> None:
    """Let PutEvents take events whose source is a service."""
    put_events = eventbridge._put_events
    expect(put_events.__defaults__ == (False,), "its PutEvents checks sources in another way")
    put_events.__defaults__ = (True,)


def retry_what_a_rule_invokes(eventbridge: Any, functions: Any) -> None:
    """Let a rule's target function be invoked as every asynchronous invocation is."""
    expect(callable(eventbridge._dispatch_to_lambda), "its rules invoke functions in another way")
    record_of = functions._get_func_record_for_ref
    with_config, invoke = functions._execution_record_for_config, functions.invoke_async_with_retry

    def dispatch(arn: str, payload: str) -> None:
        function, config, _name = record_of(arn)
        if function and config:
            invoke(with_config(function, config), json.loads(payload))

    eventbridge._dispatch_to_lambda = dispatch


def call_the_data_api(stepfunctions: Any) -> None:
    """Let a Task call the Data API, which is another process."""
    expect("redshiftdata" not in stepfunctions._AWS_SDK_SERVICE_MAP, "it knows the Data API by itself")
    invoke = stepfunctions._invoke_aws_sdk_integration

    def invoke_or_call(resource: str, parameters: Any) -> Any:
        if not resource.startswith(DATA_API):
            return invoke(resource, parameters)
        action = resource.removeprefix(DATA_API)
        try:
            return _answer_of_the_data_api(action[0].upper() + action[1:], parameters)
        except urllib.error.HTTPError as refused:
            told = json.loads(refused.read() or b"{}")
            code = str(told.get("__type", "")).rpartition("#")[2]
            name = code if code in MODELLED else "RedshiftDataException"
            raise stepfunctions._ExecutionError(f"RedshiftData.{name}", told.get("message", "")) from None
        except OSError as error:
            raise stepfunctions._ExecutionError("RedshiftData.SdkClientException", str(error)) from None

    stepfunctions._invoke_aws_sdk_integration = invoke_or_call


def _answer_of_the_data_api(operation: str, parameters: Any) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the local server's own address
        os.environ[DATA_API_ENDPOINT],
        data=json.dumps(parameters).encode(),
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"RedshiftData.{operation}",
        },
    )
    with urllib.request.urlopen(request, timeout=DATA_API_SECONDS) as answer:  # noqa: S310
        return _with_moments(json.loads(answer.read()))


def _with_moments(answer: Any) -> Any:
    """Write moments as Step Functions does, and leave out what has no value."""
    if isinstance(answer, list):
        return [_with_moments(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        key: _moment(one) if key.endswith("At") else _with_moments(one)
        for key, one in answer.items()
        if one is not None
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def compare_moments_by_a_path(stepfunctions: Any) -> None:
    """Let a Choice compare a moment with one that a path leads to."""
    evaluate, resolve = stepfunctions._evaluate_rule, stepfunctions._resolve_path_or_ctx
    later = {"Variable": "$.later", "TimestampGreaterThanPath": "$.sooner"}
    moments = {"later": "2026-01-02T00:00:00Z", "sooner": "2026-01-01T00:00:00Z"}
    expect(not evaluate(later, moments), "it compares moments by a path itself")

    def evaluate_resolved(rule: Any, data: Any, ctx: Any = None) -> Any:
        resolved = {
            (key.removesuffix("Path") if _is_moment_by_path(key) else key): (
                resolve(value, data, ctx) if _is_moment_by_path(key) else value
            )
            for key, value in rule.items()
        }
        return evaluate(resolved, data, ctx)

    stepfunctions._evaluate_rule = evaluate_resolved


def _is_moment_by_path(key: str) -> bool:
    return key.startswith("Timestamp") and key.endswith("Path")


def name_what_an_integration_calls(stepfunctions: Any) -> None:
    """Let a Task's events name the service and the action of an SDK integration as AWS does."""
    add = stepfunctions._add_event
    expect(add.__defaults__ == (None,), "it records events in another way")

    def add_named(execution: Any, event_type: str, details: Any = None) -> Any:
        for one in (details or {}).values():
            resource = str(one.get("resource", "")) if isinstance(one, dict) else ""
            if resource.startswith(DATA_API):
                one["resourceType"] = "aws-sdk:redshiftdata"
                one["resource"] = resource.removeprefix(DATA_API)
        return add(execution, event_type, details)

    stepfunctions._add_event = add_named


def wait_for_tokens(stepfunctions: Any) -> None:
    """Let a Task that invokes a function wait for its token as on AWS."""
    source = inspect.getsource(stepfunctions)
    for name in ("TimeoutSecondsPath", "TaskSubmitted", "taskTimedOutEventDetails"):
        expect(name not in source, f"it knows {name} itself")
    execute, invoke = stepfunctions._execute_task, stepfunctions._invoke_with_callback
    add = stepfunctions._add_event
    expect(add.__defaults__ == (None,), "it records events in another way")

    def execute_bounded(state: Any, given: Any, execution: Any, ctx: Any) -> Any:
        _TASK.execution, _TASK.ctx = execution, ctx
        if path := state.get("TimeoutSecondsPath"):
            seconds = stepfunctions._resolve_path_or_ctx(path, given, ctx)
            state = {**state, "TimeoutSeconds": seconds}
        return execute(state, given, execution, ctx)

    def invoke_and_wait(resource: str, parameters: Any, token: str, state: Any) -> Any:
        if resource != CALLED_AND_AWAITED:
            return invoke(resource, parameters, token, state)
        execution, seconds = _TASK.execution, state["TimeoutSeconds"]
        deadline = time.monotonic() + seconds
        details = "taskScheduledEventDetails"
        scheduled = next(one[details] for one in reversed(execution["events"]) if details in one)
        scheduled |= {"parameters": json.dumps(parameters), "timeoutInSeconds": seconds}
        told = {"event": threading.Event(), "result": None, "error": None, "heartbeat": None}
        stepfunctions._task_tokens[token] = told
        try:
            name = stepfunctions._resolve_lambda_function_ref(parameters["FunctionName"], optimized=True)
            answer = {"StatusCode": 200, "Payload": stepfunctions._call_lambda(name, parameters["Payload"])}
            submitted = {"resource": resource, "output": json.dumps(answer)}
            stepfunctions._add_event(execution, "TaskSubmitted", {"taskSubmittedEventDetails": submitted})
            return _awaited(stepfunctions, execution, told, deadline)
        finally:
            stepfunctions._task_tokens.pop(token, None)
            # Another attempt has a token of its own.
            _TASK.ctx["Task"] = {"Token": stepfunctions.new_uuid()}

    def add_named(execution: Any, event_type: str, details: Any = None) -> Any:
        for one in (details or {}).values():
            if isinstance(one, dict) and one.get("resource") == CALLED_AND_AWAITED:
                one |= {"resourceType": "lambda", "resource": CALLED_AND_AWAITED.rpartition(":")[2]}
                if event_type == "TaskFailed" and one["error"] == "States.Timeout":
                    return add(execution, "TaskTimedOut", {"taskTimedOutEventDetails": one})
        return add(execution, event_type, details)

    stepfunctions._execute_task = execute_bounded
    stepfunctions._invoke_with_callback = invoke_and_wait
    stepfunctions._add_event = add_named


def _awaited(stepfunctions: Any, execution: Any, told: Any, deadline: float) -> Any:
    """Return what a token was completed with."""
    while not told["event"].wait(min(NOTICED_SECONDS, max(0.0, deadline - time.monotonic()))):
        if execution["status"] != "RUNNING":
            # Its thread goes with it, and nothing follows its last event.
            raise SystemExit
        if time.monotonic() >= deadline:
            raise stepfunctions._ExecutionError("States.Timeout", "")
    if told["error"]:
        raise stepfunctions._ExecutionError(told["error"]["Error"], told["error"]["Cause"])
    return json.loads(told["result"])


def select_with_the_context(stepfunctions: Any) -> None:
    """Let a Task's ResultSelector read the context object, which the mend of waits for tokens notes."""
    select = stepfunctions._apply_result_selector
    known = list(inspect.signature(select).parameters)
    expect(known == ["state_def", "data"], "it hands the context object to a ResultSelector itself")

    def select_with_context(state: Any, data: Any) -> Any:
        selector = state.get("ResultSelector")
        if not selector:
            return data
        return stepfunctions._resolve_params_obj(selector, data, getattr(_TASK, "ctx", None))

    stepfunctions._apply_result_selector = select_with_context


def fork_workers(runtime: Any, forks: Any) -> None:
    """Let a worker's process be started by ``worker_forks.Forks``."""
    expect(runtime.subprocess is subprocess, "it starts its workers in another way")
    spawn = inspect.getsource(runtime.Worker._spawn)
    for part in ('f"_worker{ext}"', "[binary, worker_path]", "cwd=code_dir", "env=spawn_env"):
        expect(part in spawn, "it starts its workers in another way")
    runtime.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": forks.popen})


def apply_mends() -> None:
    """Apply every mend, or leave with the name that is missing."""
    check_version()
    try:
        lambda_svc = importlib.import_module("ministack.services.lambda_svc")
        lambda_runtime = importlib.import_module("ministack.core.lambda_runtime")
        eventbridge = importlib.import_module("ministack.services.eventbridge")
        provisioners = importlib.import_module("ministack.services.cloudformation.provisioners")
        report_the_class_of_an_error(lambda_runtime, lambda_svc)
        keep_every_property(provisioners, lambda_svc)
        accept_events_of_services(eventbridge)
        retry_what_a_rule_invokes(eventbridge, lambda_svc)
        stepfunctions = importlib.import_module("ministack.services.stepfunctions")
        call_the_data_api(stepfunctions)
        compare_moments_by_a_path(stepfunctions)
        name_what_an_integration_calls(stepfunctions)
        wait_for_tokens(stepfunctions)
        select_with_the_context(stepfunctions)
    except (ImportError, AttributeError, KeyError) as error:
        expect(condition=False, what=f"a name is missing ({error})")


def main() -> None:
    """Mend, set the workers' module path, and serve until a signal ends the process."""
    apply_mends()
    app = importlib.import_module("ministack.app")
    worker_path = os.environ.pop(WORKER_PATH_VARIABLE, "")
    if worker_path:
        os.environ["PYTHONPATH"] = worker_path
    forks = importlib.import_module("worker_forks").Forks(worker_path)
    fork_workers(importlib.import_module("ministack.core.lambda_runtime"), forks)
    app.main()


if __name__ == "__main__":
    main()
