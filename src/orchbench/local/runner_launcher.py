# ruff: noqa: SLF001 - naming private members is what this file is for
"""Starts AWS's local durable runner with some changes that its command line does not offer.

Each change names what it touches in aws-durable-execution-sdk-python-testing 1.4.0, and the launcher refuses
to start when the version or one of these names differs.

1. More invocations at once: ``executor.DaemonThreadPool`` has min(32, cores + 4) threads unless told
   otherwise, so twenty executions would queue behind each other on a small machine.
2. ARNs of AWS's shape instead of two UUIDs, so that caller, function, history and event all see the same
   one, and what parses an ARN works: ``execution.Execution.new``.
3. ``Durable Execution Status Change`` events, which AWS puts on the default event bus and the runner does
   not: ``executor.Executor._complete_events`` and ``_launch_execution``.
4. The details of InvocationCompleted events (start, end, request id), which are lost when a history's events
   are numbered: ``model.Event.from_event_with_id``.
5. Wake-ups that are not lost. A wait that comes due while its invocation is just ending is completed by a
   task which the end of that invocation then cancels, before the task has asked for the next invocation; the
   execution sleeps for ever. Seen with a hundred executions on two cores. Asked for in the same step as the
   completion, it cannot be cancelled in between: ``executor.Executor._fire_due_operations``.

Its log names no payload: ``cli`` logs at the level asked for, and this asks for WARNING.
"""

import argparse
import contextlib
import dataclasses
import importlib
import importlib.metadata
import json
import logging
import sys
from collections.abc import Callable
from typing import Any

from orchbench.event_bus.publisher import local_bus, start_publisher

RUNNER_PACKAGE = "aws-durable-execution-sdk-python-testing"
RUNNER_VERSION = "1.4.0"
INVOCATION_THREADS = 256
LONGEST_INVOCATION_SECONDS = 900


def expect(condition: bool, what: str) -> None:
    """Leave with one sentence when the runner is not the one these changes were written for."""
    if not condition:
        sys.exit(
            f"The changes in runner_launcher.py are for {RUNNER_PACKAGE} {RUNNER_VERSION}, and {what}: "
            "install that version or revise the changes."
        )


def check_version() -> None:
    """Leave unless the pinned version is installed."""
    installed = importlib.metadata.version(RUNNER_PACKAGE)
    expect(installed == RUNNER_VERSION, f"version {installed} is installed")


def invoke_more_at_once(threads: Any) -> None:
    """Raise the number of invocations the runner makes at the same time."""
    expect(callable(threads.default_max_workers), "its pool takes its size from elsewhere")
    threads.default_max_workers = lambda: INVOCATION_THREADS


def shape_arns(execution: Any, region: str) -> None:
    """Give every execution an ARN as AWS writes it, ``.../durable-execution/<name>/<id>``."""
    new = execution.Execution.new

    def new_with_arn(input: Any) -> Any:  # noqa: A002 - the runner passes it by this name
        created = new(input=input)
        # The SDK looks its input up under the ARN's last part: the invocation's id, not the execution's.
        # The SDK finds an execution's input under the last part of its ARN, the id of its first operation.
        unique = created.durable_execution_arn.rpartition("/")[2]
        function = f"arn:aws:lambda:{region}:{input.account_id}:function:{input.function_name}"
        created.durable_execution_arn = (
            f"{function}:{created.executed_version()}/durable-execution/{input.execution_name}/{unique}"
        )
        return created

    execution.Execution.new = staticmethod(new_with_arn)


def announce_status_changes(executor: Any, publish: Callable[[dict[str, Any]], None]) -> None:
    """Call ``publish`` with the event's detail whenever an execution starts or ends."""
    launch, complete = executor.Executor._launch_execution, executor.Executor._complete_events

    def detail(instance: Any, arn: str) -> dict[str, Any]:
        found = instance.get_execution_details(arn).to_dict()
        described = {
            "durableExecutionArn": arn,
            "durableExecutionName": found["DurableExecutionName"],
            "functionArn": found["FunctionArn"],
            "status": found["Status"],
            "startTimestamp": found["StartTimestamp"].isoformat(),
        }
        if found.get("EndTimestamp") is not None:
            described["endTimestamp"] = found["EndTimestamp"].isoformat()
        return described

    def launch_and_announce(instance: Any, execution: Any, timeout_seconds: int) -> None:
        launch(instance, execution, timeout_seconds)
        publish(detail(instance, execution.durable_execution_arn))

    def complete_and_announce(instance: Any, execution_arn: str) -> None:
        # Called twice for a timeout: only the first call still finds the execution's timer.
        first = execution_arn in instance._execution_timeouts
        complete(instance, execution_arn=execution_arn)
        if first:
            publish(detail(instance, execution_arn))

    executor.Executor._launch_execution = launch_and_announce
    executor.Executor._complete_events = complete_and_announce


def keep_every_detail(model: Any) -> None:
    """Number the events of a history without losing what they say."""
    expect(callable(model.Event.from_event_with_id), "it numbers events in another way")
    model.Event.from_event_with_id = staticmethod(
        lambda event, event_id: dataclasses.replace(event, event_id=event_id)
    )


def keep_wake_ups(executor: Any) -> None:
    """Ask for the next invocation in the same step that completes a wait or a retry."""
    fire = executor.Executor._fire_due_operations

    def fire_and_invoke(instance: Any, execution_arn: str) -> bool:
        if fire(instance, execution_arn):
            instance._invoke_execution(execution_arn)
        # What the caller would do for a True is done.
        return False

    executor.Executor._fire_due_operations = fire_and_invoke


def status_publisher(endpoint_url: str) -> Callable[[dict[str, Any]], None]:
    """Return a function that puts the event of a detail on the default bus without waiting for it."""
    publish = start_publisher(local_bus(endpoint_url), "status-changes")

    def publish_detail(detail: dict[str, Any]) -> None:
        publish(
            {
                "Source": "aws.lambda",
                "DetailType": "Durable Execution Status Change",
                "Detail": json.dumps(detail),
                "Resources": [detail["durableExecutionArn"]],
            }
        )

    return publish_detail


def main() -> int:
    """Change what has to be changed and serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="runner_launcher")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--lambda-endpoint", required=True)
    parser.add_argument("--region", required=True)
    args = parser.parse_args()
    check_version()
    try:
        package = "aws_durable_execution_sdk_python_testing"
        names = ("cli", "execution", "executor", "model", "threads")
        cli, execution, executor, model, threads = (
            importlib.import_module(f"{package}.{name}") for name in names
        )
        invoke_more_at_once(threads)
        shape_arns(execution, args.region)
        keep_every_detail(model)
        keep_wake_ups(executor)
        announce_status_changes(executor, status_publisher(args.lambda_endpoint))
    except (ImportError, AttributeError) as error:
        expect(condition=False, what=f"a name is missing ({error})")
    # It says that more connections are open than it keeps, for each of them.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    endpoint = f"http://127.0.0.1:{args.port}"
    command = ["start-server", "--host", "127.0.0.1", "--port", str(args.port), "--log-level", "WARNING"]
    command += ["--lambda-endpoint", args.lambda_endpoint, "--local-runner-endpoint", endpoint]
    command += ["--local-runner-region", args.region]
    command += ["--invocation-timeout", str(LONGEST_INVOCATION_SECONDS)]
    with contextlib.suppress(KeyboardInterrupt):
        return int(cli.CliApp().run(command))
    return 0


if __name__ == "__main__":
    sys.exit(main())
