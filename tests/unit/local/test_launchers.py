import dataclasses
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchbench.local import ministack_launcher, runner_launcher
from orchbench.local.wiring import ministack_python

LAUNCHER = Path(ministack_launcher.__file__)
PROBE = f"""
import inspect
import sys
from types import SimpleNamespace
sys.path.insert(0, {str(LAUNCHER.parent)!r})
import ministack_launcher
ministack_launcher.apply_mends()
from ministack.core import lambda_runtime
from ministack.services import eventbridge, lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners
assert '"error_type": type(e).__name__' in lambda_runtime._PYTHON_WORKER_SCRIPT
compile(lambda_runtime._PYTHON_WORKER_SCRIPT, "worker", "exec")
for words in (ministack_launcher.TIMED_OUT, ministack_launcher.DEAD_ON_START):
    assert f'"{{words}}' in inspect.getsource(lambda_runtime.Worker)
assert lambda_svc._execute_function_warm.__module__ == "ministack_launcher"
assert provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]["create"].__module__ == "ministack_launcher"
assert eventbridge._put_events.__defaults__ == (True,)
assert eventbridge._dispatch_to_lambda.__module__ == "ministack_launcher"
later = {{"Variable": "$.later", "TimestampGreaterThanPath": "$.sooner"}}
moments = {{"later": "2026-01-02T00:00:00Z", "sooner": "2026-01-01T00:00:00Z"}}
assert stepfunctions._evaluate_rule({{"And": [later]}}, moments)
assert not stepfunctions._evaluate_rule({{"Not": later}}, moments)
called = {{"taskScheduledEventDetails": {{"resource": ministack_launcher.DATA_API + "describeStatement"}}}}
(named,) = [stepfunctions._add_event({{"events": []}}, "TaskScheduled", called)]
assert named["taskScheduledEventDetails"] == {{
    "resource": "describeStatement", "resourceType": "aws-sdk:redshiftdata",
}}
WAITS = {{
    "Type": "Task", "Resource": ministack_launcher.CALLED_AND_AWAITED, "TimeoutSecondsPath": "$.seconds",
    "Parameters": {{"FunctionName": "arm", "Payload": {{"task_token.$": "$$.Task.Token"}}}},
    "ResultPath": None, "Next": "Look",
    "Catch": [{{"ErrorEquals": ["States.Timeout"], "ResultPath": None, "Next": "Look"}}],
}}
def waited(call, seconds, status="RUNNING"):
    execution = {{"events": [], "status": status}}
    stepfunctions._call_lambda = call
    try:
        ended = stepfunctions._execute_task(WAITS, {{"seconds": seconds}}, execution, {{"State": {{}}}})
    except stepfunctions._ExecutionError as error:
        ended = error.error
    except SystemExit:
        ended = "its thread ends"
    events = execution["events"]
    return ended, [one["type"] for one in events], events[0]["taskScheduledEventDetails"]
def complete(name, payload):
    stepfunctions._send_task_success({{"taskToken": payload["task_token"], "output": "{{}}"}})
    return {{"status": "FINISHED"}}
def fail(name, payload):
    raise stepfunctions._ExecutionError("DataApiThrottled", "")
ended, types, scheduled = waited(complete, 60)
assert (ended, types) == (({{"seconds": 60}}, "Look"), ["TaskScheduled", "TaskSubmitted", "TaskSucceeded"])
assert (scheduled["resource"], scheduled["resourceType"]) == ("invoke.waitForTaskToken", "lambda")
assert '"task_token": "' in scheduled["parameters"]
ended, types, _ = waited(lambda name, payload: None, 0)
assert (ended, types) == (({{"seconds": 0}}, "Look"), ["TaskScheduled", "TaskSubmitted", "TaskTimedOut"])
assert waited(fail, 60)[:2] == ("DataApiThrottled", ["TaskScheduled", "TaskFailed"])
ministack_launcher.NOTICED_SECONDS = 0.0
assert waited(lambda name, payload: None, 60, "ABORTED")[0] == "its thread ends"
SELECTS = {{
    "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {{"FunctionName": "f"}},
    "ResultSelector": {{"entered.$": "$$.State.EnteredTime"}}, "End": True,
}}
stepfunctions._call_lambda = lambda name, payload: {{}}
entered = {{"State": {{"EnteredTime": "2026-01-01T00:00:00Z"}}}}
selected, _ = stepfunctions._execute_task(SELECTS, {{}}, {{"events": [], "status": "RUNNING"}}, entered)
assert selected == {{"entered": "2026-01-01T00:00:00Z"}}, selected
try:
    ministack_launcher.select_with_the_context(
        SimpleNamespace(_apply_result_selector=lambda state_def, data, ctx: data, _execute_task=None)
    )
except SystemExit as refused:
    assert "itself" in str(refused), refused
else:
    raise AssertionError("a mend that is not needed any more was made again")
for mend in (ministack_launcher.compare_moments_by_a_path, ministack_launcher.call_the_data_api):
    stepfunctions._AWS_SDK_SERVICE_MAP["redshiftdata"] = {{}}
    try:
        mend(stepfunctions)
    except SystemExit as refused:
        assert "itself" in str(refused), refused
    else:
        raise AssertionError("a mend that is not needed any more was made again")
print("mended")
"""


def test_every_mend_finds_its_names_in_the_pinned_ministack(tmp_path: Path) -> None:
    if not ministack_python().exists():
        pytest.skip("ministack's environment is not set up")
    command = [str(ministack_python()), "-I", "-c", PROBE]
    done = subprocess.run(command, capture_output=True, text=True, env={"TMPDIR": str(tmp_path)}, check=False)
    assert done.stdout == "mended\n", done.stderr


@pytest.mark.parametrize("launcher", [ministack_launcher, runner_launcher])
def test_another_version_is_refused_with_one_sentence(launcher: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _name: "9.9.9")
    with pytest.raises(SystemExit, match=r"and version 9\.9\.9 is installed: install that version or revise"):
        launcher.check_version()


def test_a_changed_worker_script_is_refused() -> None:
    runtime = SimpleNamespace(_PYTHON_WORKER_SCRIPT="something else")
    with pytest.raises(SystemExit, match="its worker script reports errors in another way"):
        ministack_launcher.report_the_class_of_an_error(runtime, SimpleNamespace())


def test_a_put_events_with_other_defaults_is_refused() -> None:
    def put_events(_data: Any) -> None:
        pass

    with pytest.raises(SystemExit, match="its PutEvents checks sources in another way"):
        ministack_launcher.accept_events_of_services(SimpleNamespace(_put_events=put_events))


@pytest.mark.parametrize(
    ("result", "name"),
    [
        ({"status": "error", "error": "as asked", "error_type": "ExpectedFault"}, "ExpectedFault"),
        ({"status": "error", "error": "Worker process died"}, "Runtime.ExitError"),
        ({"status": "error", "error": "[Errno 32] Broken pipe"}, "Runtime.ExitError"),
        (
            {"status": "error", "error": "[Errno 32] Broken pipe", "error_type": "BrokenPipeError"},
            "BrokenPipeError",
        ),
        (RuntimeError("Worker process exited immediately. stderr: "), "Runtime.ExitError"),
        (BrokenPipeError(32, "Broken pipe"), "Runtime.ExitError"),
        ({"status": "error", "error": "'NoneType' object has no attribute 'stdin'"}, "Runtime.ExitError"),
        (AttributeError("'NoneType' object has no attribute 'stdin'"), "Runtime.ExitError"),
        ({"status": "error", "error": "Task timed out after 3.00 seconds"}, "Runtime.HandlerError"),
        (RuntimeError("Worker init failed: no module"), "RuntimeError"),
    ],
)
def test_a_failed_invocation_carries_the_name_that_lambda_gives_it(
    result: dict[str, str] | Exception, name: str
) -> None:
    class Worker:
        def invoke(self) -> dict[str, str]:
            if isinstance(result, Exception):
                raise result
            return result

    runtime = SimpleNamespace(_PYTHON_WORKER_SCRIPT=ministack_launcher.WORKER_ERROR, Worker=Worker)

    def execute(_func: Any, _event: Any, _request_id: str) -> dict[str, Any]:
        try:
            failed = Worker().invoke()
        except Exception as error:
            return {"error": True, "body": {"errorType": type(error).__name__}}
        assert failed["status"] == "error"
        return {"error": True, "body": {"errorType": "Runtime.HandlerError"}}

    functions = SimpleNamespace(_execute_function_warm=execute)
    ministack_launcher.report_the_class_of_an_error(runtime, functions)
    assert functions._execute_function_warm({}, {}, "1")["body"] == {"errorType": name}


def test_the_runner_has_every_name_that_is_changed() -> None:
    code = """
from aws_durable_execution_sdk_python_testing import execution, executor, model, threads
from orchbench.local import runner_launcher as launcher
launcher.check_version()
launcher.invoke_more_at_once(threads)
assert threads.DaemonThreadPool().max_workers == launcher.INVOCATION_THREADS
launcher.shape_arns(execution, "eu-west-1")
launcher.keep_every_detail(model)
launcher.announce_status_changes(executor, print)
launcher.keep_wake_ups(executor)
order = model.StartDurableExecutionInput("000000000000", "poll", "3", "first", 60, 1, invocation_id="id-1")
print(execution.Execution.new(order).durable_execution_arn)
event = model.Event.create_invocation_completed(0, None, 1, 2, "request")
print(model.Event.from_event_with_id(event, 7).invocation_completed_details.request_id)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    arn = "arn:aws:lambda:eu-west-1:000000000000:function:poll:3/durable-execution/first/id-1"
    assert done.stdout.splitlines() == [arn, "request"], done.stderr


@dataclasses.dataclass
class Executor:
    """Ends as the runner's executor does, twice for a timeout."""

    _execution_timeouts: dict[str, object] = dataclasses.field(default_factory=dict)

    def _launch_execution(self, execution: Any, _timeout_seconds: int) -> None:
        self._execution_timeouts[execution.durable_execution_arn] = object()

    def _complete_events(self, execution_arn: str) -> None:
        self._execution_timeouts.pop(execution_arn, None)

    def get_execution_details(self, _arn: str) -> Any:
        status = "RUNNING" if self._execution_timeouts else "STOPPED"
        now = SimpleNamespace(isoformat=lambda: "2026-11-21T12:00:00+00:00")
        found = {
            "DurableExecutionName": "first",
            "FunctionArn": "f:1",
            "Status": status,
            "StartTimestamp": now,
        }
        return SimpleNamespace(to_dict=lambda: found)


@pytest.mark.parametrize(("due", "invoked"), [(True, ["arn:1"]), (False, [])])
def test_a_wait_that_is_due_asks_for_the_next_invocation_in_the_same_step(
    due: bool, invoked: list[str]
) -> None:
    asked: list[str] = []

    class Waiting:
        def _fire_due_operations(self, _arn: str) -> bool:
            return due

        def _invoke_execution(self, arn: str) -> None:
            asked.append(arn)

    runner_launcher.keep_wake_ups(SimpleNamespace(Executor=Waiting))
    assert Waiting()._fire_due_operations("arn:1") is False
    assert asked == invoked


def test_a_start_and_an_end_are_each_announced_once() -> None:
    announced: list[dict[str, Any]] = []
    runner_launcher.announce_status_changes(SimpleNamespace(Executor=Executor), announced.append)
    executor = Executor()
    executor._launch_execution(SimpleNamespace(durable_execution_arn="arn:1"), 60)
    executor._complete_events("arn:1")
    executor._complete_events("arn:1")
    assert [detail["status"] for detail in announced] == ["RUNNING", "STOPPED"]
