"""The definition, the domain and the durable versions agree."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig
from project import DEFINITION_FILE, FUNCTIONS, definition, resources, template

from durable import steps
from redshift_batch import errors, status

STATES: dict[str, dict[str, Any]] = definition()["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
EVERY_DEFINITION = pytest.mark.parametrize(
    "file", sorted(DEFINITION_FILE.parent.glob("*.json")), ids=lambda file: file.name
)
DURABLE = [path.parent for path in sorted(FUNCTIONS.glob("durable*/handler.py"))]


@EVERY_DEFINITION
def test_statelint_finds_nothing(file: Path) -> None:
    lint = subprocess.run(
        [sys.executable, "-m", "statelint", str(file)], capture_output=True, text=True, check=False
    )
    assert (lint.returncode, lint.stdout + lint.stderr) == (0, "")


@EVERY_DEFINITION
def test_the_template_substitutes_just_what_a_definition_asks_for(file: Path) -> None:
    asked = set(re.findall(r"\$\{(\w+)\}", file.read_text()))
    machines = resources(template(), "AWS::Serverless::StateMachine").values()
    (machine,) = (one for one in machines if one["DefinitionUri"] == f"statemachine/{file.name}")
    assert set(machine["DefinitionSubstitutions"]) == asked


@EVERY_DEFINITION
def test_every_state_of_a_definition_has_its_reason_and_every_task_its_bounds(file: Path) -> None:
    states = json.loads(file.read_text())["States"]
    assert [name for name, state in states.items() if not state.get("Comment")] == []
    for name, task in ((name, one) for name, one in states.items() if one["Type"] == "Task"):
        assert isinstance(task.get("TimeoutSeconds", 0), int), name
        assert task.get("TimeoutSeconds") or task["TimeoutSecondsPath"], name
        assert all(rule["JitterStrategy"] == "FULL" for rule in task["Retry"]), name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_a_wait_for_an_event_replaces_the_baselines_wait_and_nothing_else() -> None:
    waiting = json.loads((DEFINITION_FILE.parent / "sfn_callback.asl.json").read_text())["States"]
    event = waiting.pop("Await event")
    states = json.loads(json.dumps(STATES).replace("Wait before check", "Await event"))
    del states["Await event"]
    for one in (states, waiting):
        del one["Submit batch"]["Comment"]
        one["Submit batch"]["Parameters"]["Payload"] |= {"poll_budget": 0, "with_event": True}
    assert waiting == states

    timeout, rest = event["Catch"]
    assert (timeout["ErrorEquals"], timeout["Next"], timeout["ResultPath"]) == (
        ["States.Timeout", "ExecutionNotReadable"], "Check status", None,
    )  # fmt: skip
    check = STATES["Check status"]
    assert rest == check["Catch"][-1]
    retried = [set(rule["ErrorEquals"]) for rule in event["Retry"]]
    of_a_check = [set(rule["ErrorEquals"]) for rule in check["Retry"]]
    assert retried == [of_a_check[0], of_a_check[1] - {"States.Timeout"}]
    # What it is told changes nothing: the check describes the statement.
    assert event["ResultPath"] is None


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


def test_every_status_has_a_branch_and_an_unknown_one_ends() -> None:
    choice = json.dumps(STATES["Batch finished?"]["Choices"])
    for known in status.RUNNING_STATUSES | status.ENDED_STATUSES:
        assert f'"{known}"' in choice
    assert STATES["Batch finished?"]["Default"] == "Cancel batch"


def retries_of(error_name: str) -> RetryStrategyConfig:
    """Return the retries of a durable step that raises this error."""
    return steps.QUEUED_RETRIES if error_name == "StatementNotRunningYet" else steps.TRANSIENT_RETRIES


@pytest.mark.parametrize("name", TASKS)
def test_all_versions_retry_alike(name: str) -> None:
    for rule in TASKS[name]["Retry"]:
        config = retries_of(rule["ErrorEquals"][0])
        assert rule["MaxAttempts"] + 1 == config.max_attempts
        assert rule["IntervalSeconds"] == config.initial_delay_seconds
        assert rule["MaxDelaySeconds"] == config.max_delay_seconds
        assert rule["BackoffRate"] == config.backoff_rate
        assert rule["JitterStrategy"] == config.jitter_strategy.value
        ours = [one for one in rule["ErrorEquals"] if one in errors.BY_NAME]
        assert {id(retries_of(one)) for one in ours} <= {id(config)}


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (errors.DataApiThrottled(), 7),
        (errors.HandlerTimedOut(), 7),
        (errors.StatementNotRunningYet(), 1),
        (errors.DataApiRefused(), 1),
    ],
)
def test_the_durable_version_gives_up_after_as_many_attempts(error: Exception, attempts: int) -> None:
    made = 1
    while steps.retry_strategy(error, made).should_retry:
        made += 1
    assert made == attempts


@pytest.mark.parametrize("name", TASKS)
def test_a_task_counts_together_what_a_step_counts_together(name: str) -> None:
    """A step has one count of attempts, and Lambda's own faults and a statement that waits are not in it."""
    counts = [
        {one for one in rule["ErrorEquals"] if one in errors.BY_NAME and one != "StatementNotRunningYet"}
        for rule in TASKS[name]["Retry"]
    ]
    assert len([one for one in counts if one]) == 1


@pytest.mark.parametrize("folder", DURABLE, ids=lambda folder: folder.name)
def test_operations_carry_the_words_of_the_states(folder: Path) -> None:
    texts = {
        node.value
        for module in [*folder.glob("*.py"), *(FUNCTIONS / "durable").glob("*.py")]
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    # A version that waits for the event is read beside the machine that does.
    beside = DEFINITION_FILE.with_name(f"{folder.name.replace('durable', 'sfn')}.asl.json")
    states = json.loads(beside.read_text())["States"] if beside.exists() else STATES
    work = [name for name, state in states.items() if state["Type"] in ("Task", "Wait")]
    operations = {name.lower().replace(" ", "-") for name in work}
    assert operations <= texts
    waits = "wait-before-check" if "wait-before-check" in operations else "await-event"
    assert operations == {"submit-batch", waits, "check-status", "cancel-batch"}
