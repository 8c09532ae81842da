"""The definition, the domain and the durable version agree."""

import ast
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from project import DEFINITION_FILE, FUNCTIONS, definition, template

from durable import steps
from redshift_batch import errors, status
from redshift_batch.model import Quota

STATES: dict[str, dict[str, Any]] = definition()["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
DURABLE = [path.parent for path in sorted(FUNCTIONS.glob("durable*/handler.py"))]
EVENTS = {"Task": 5, "Wait": 2, "Choice": 2, "Pass": 2, "Succeed": 2, "Fail": 1}
"""History events of a state, as AWS writes them."""

AWS_ERRORS = {
    # docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling and the Lambda best practices
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.ALL",
    "States.Timeout",
}


def named_errors(state: dict[str, Any]) -> set[str]:
    rules = state.get("Retry", []) + state.get("Catch", [])
    names = {name for rule in rules for name in rule["ErrorEquals"]}
    return names | ({state["Error"]} if "Error" in state else set())


def leaves(root: type[errors.BatchError]) -> set[str]:
    return {
        name
        for name, error in errors.BY_NAME.items()
        if issubclass(error, root) and not error.__subclasses__()
    }


def test_statelint_finds_nothing() -> None:
    lint = subprocess.run(
        [sys.executable, "-m", "statelint", str(DEFINITION_FILE)], capture_output=True, text=True, check=False
    )
    assert (lint.returncode, lint.stdout + lint.stderr) == (0, "")


def test_the_template_substitutes_just_what_the_definition_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+)\}", DEFINITION_FILE.read_text()))
    machine = template()["Resources"]["SfnPollStateMachine"]["Properties"]
    assert set(machine["DefinitionSubstitutions"]) == asked


def test_every_state_gives_its_reason() -> None:
    assert [name for name, state in STATES.items() if not state.get("Comment")] == []
    rules = [rule for state in STATES.values() for rule in state.get("Choices", [])]
    assert [rule for rule in rules if not rule.get("Comment")] == []


def test_every_task_is_bounded_retried_with_jitter_and_caught() -> None:
    for name, task in TASKS.items():
        assert isinstance(task["TimeoutSeconds"], int), name
        assert all(rule["JitterStrategy"] == "FULL" for rule in task["Retry"]), name
        assert all("States.ALL" not in rule["ErrorEquals"] for rule in task["Retry"]), name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
    assert isinstance(definition()["TimeoutSeconds"], int)


def test_a_task_outlives_the_longest_function_and_the_machine_the_longest_query() -> None:
    longest_function = template()["Parameters"]["FunctionTimeoutSeconds"]["MaxValue"]
    assert all(task["TimeoutSeconds"] > longest_function for task in TASKS.values())
    assert definition()["TimeoutSeconds"] > template()["Parameters"]["LongestTimeoutSeconds"]["MaxValue"]
    durable = template()["Resources"]["DurablePollFunction"]["Properties"]["DurableConfig"]
    assert durable["ExecutionTimeout"] == definition()["TimeoutSeconds"]


def test_every_error_name_exists() -> None:
    named = {name for state in STATES.values() for name in named_errors(state)}
    assert named - set(errors.BY_NAME) - AWS_ERRORS == set()


def test_a_submit_that_was_refused_has_a_branch_for_each_of_its_errors() -> None:
    refused = {
        name
        for name, error in errors.BY_NAME.items()
        if issubclass(error, errors.NOTHING_SUBMITTED) and error is not errors.InvalidBatch
    }
    catch = STATES["Submit batch"]["Catch"][0]
    assert (set(catch["ErrorEquals"]), catch["Next"]) == (refused, "Batch refused")


def test_every_transient_fault_is_retried_and_nothing_else_of_ours() -> None:
    for name, task in TASKS.items():
        retried = {error for rule in task["Retry"] for error in rule["ErrorEquals"]} - AWS_ERRORS
        assert retried == leaves(errors.TransientFault), name


def test_every_status_has_a_branch_and_an_unknown_one_ends() -> None:
    choice = json.dumps(STATES["Batch finished?"]["Choices"])
    for known in status.RUNNING_STATUSES | status.ENDED_STATUSES:
        assert f'"{known}"' in choice
    assert STATES["Batch finished?"]["Default"] == "Cancel batch"


def test_the_quota_is_what_the_states_add_up_to() -> None:
    (quota,) = {
        json.dumps(task["Parameters"]["Payload"]["quota"])
        for task in TASKS.values()
        if "quota" in task["Parameters"]["Payload"]
    }
    stated = Quota(**json.loads(quota))

    def events(*names: str) -> int:
        return sum(EVENTS[STATES[name]["Type"]] for name in names)

    assert stated.limit == 25_000
    assert stated.start == 1 + events("Submit batch")
    assert stated.poll == events("Wait before check", "Check status", "Batch finished?")
    assert stated.way_out == events("Cancel batch", "Cancelled in time?", "Batch given up") + 1
    assert stated.retry == 3


def test_both_versions_retry_alike() -> None:
    for task in TASKS.values():
        configs = (steps.TRANSIENT_RETRIES, steps.TIMEOUT_RETRIES, steps.QUEUED_RETRIES)
        for rule, config in zip(task["Retry"], configs, strict=True):
            assert rule["MaxAttempts"] + 1 == config.max_attempts
            assert rule["IntervalSeconds"] == config.initial_delay_seconds
            assert rule["MaxDelaySeconds"] == config.max_delay_seconds
            assert rule["BackoffRate"] == config.backoff_rate
            assert rule["JitterStrategy"] == config.jitter_strategy.value


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (errors.DataApiThrottled(), 7),
        (errors.HandlerTimedOut(), 3),
        (errors.StatementNotRunningYet(), 91),
        (errors.DataApiRefused(), 1),
    ],
)
def test_the_durable_version_gives_up_after_as_many_attempts(error: Exception, attempts: int) -> None:
    made = 1
    while steps.retry_strategy(error, made).should_retry:
        made += 1
    assert made == attempts


@pytest.mark.parametrize("folder", DURABLE, ids=lambda folder: folder.name)
def test_operations_carry_the_words_of_the_states(folder: Path) -> None:
    texts = {
        node.value
        for module in {*folder.glob("*.py"), FUNCTIONS / "durable" / "steps.py"}
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    work = [name for name, state in STATES.items() if state["Type"] in ("Task", "Wait")]
    operations = {name.lower().replace(" ", "-") for name in work}
    assert operations <= texts
    assert operations == {"submit-batch", "wait-before-check", "check-status", "cancel-batch"}


@pytest.mark.parametrize("folder", DURABLE, ids=lambda folder: folder.name)
def test_the_durable_quotas_are_awss(folder: Path) -> None:
    quota = importlib.import_module(f"{folder.name}.handler").QUOTA
    assert (quota.limit, quota.retry) == (3_000, 1)
