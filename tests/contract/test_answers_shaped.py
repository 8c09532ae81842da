"""What definitions take out of answers and failures: a path that leads nowhere ends an execution for good."""

import json
from pathlib import Path
from typing import Any

import pytest
from project import DEFINITION_FILE

EVERY_DEFINITION = pytest.mark.parametrize(
    "file", sorted(DEFINITION_FILE.parent.glob("*.json")), ids=lambda file: file.name
)
DESCRIBES = "redshiftdata:describeStatement"
WHILE_IT_RUNS = {"$.Id", "$.Status"}
"""Members of DescribeStatement's answer that no statement is without; the model requires the id alone."""
ONCE_FINISHED = WHILE_IT_RUNS | {"$.CreatedAt", "$.UpdatedAt", "$.ResultRows"}
UNCAUGHT_BY_ALL = {"States.Runtime", "States.DataLimitExceeded"}
WHOLE = ("States.JsonToString($.failure)", "States.JsonToString($)")
States = dict[str, dict[str, Any]]


def states_of(file: Path) -> States:
    states: States = json.loads(file.read_text())["States"]
    return states


@EVERY_DEFINITION
def test_a_look_takes_only_what_a_statement_that_runs_has(file: Path) -> None:
    for name, state in states_of(file).items():
        if DESCRIBES in state.get("Resource", ""):
            taken = {path for path in state["ResultSelector"].values() if path.startswith("$.")}
            assert taken <= (ONCE_FINISHED if state.get("End") else WHILE_IT_RUNS), name


@EVERY_DEFINITION
def test_a_batch_that_has_committed_never_fails(file: Path) -> None:
    states = states_of(file)
    for name, state in states.items():
        if state["Type"] == "Task" and state.get("End"):
            caught = {error for rule in state["Catch"] for error in rule["ErrorEquals"]}
            assert caught == UNCAUGHT_BY_ALL | {"States.ALL"}, name
            assert all(states[rule["Next"]].get("End") for rule in state["Catch"]), name


@EVERY_DEFINITION
def test_a_cause_is_read_only_where_there_must_be_one(file: Path) -> None:
    """What Step Functions itself catches may have an error's name alone."""
    states = states_of(file)
    for name, state in states.items():
        if cause := state.get("Parameters", {}).get("Cause.$"):
            assert cause.startswith("States."), name
        for rule in state.get("Catch", []):
            ended = states[rule["Next"]]
            if ended["Type"] == "Fail" and any(one.startswith("States.") for one in rule["ErrorEquals"]):
                assert ended["CausePath"] in WHOLE, name


@EVERY_DEFINITION
def test_nothing_that_may_be_a_large_number_is_written_as_text(file: Path) -> None:
    """How Step Functions writes numbers of many digits in a text is not documented."""
    texts = [
        text
        for state in states_of(file).values()
        for place in ("Parameters", "ResultSelector")
        for text in map(str, state.get(place, {}).values())
        if "States.Format" in text
    ]
    told = {path.strip(" )") for text in texts for path in text.partition("',")[2].split(",")}
    assert told <= {
        "$$.Execution.Id",
        "$.output.status",
        "$.timeout_seconds",
        "States.Hash($$.Execution.Id",
        "'SHA-256'",
        "States.ArrayGetItem(States.StringSplit($$.State.EnteredTime",
        "'.+Z'",
        "0",
    }


@EVERY_DEFINITION
def test_what_is_too_large_for_a_state_is_caught_by_its_name(file: Path) -> None:
    for name, state in states_of(file).items():
        if state.get("Credentials") or name == "Prepare batch":
            assert ["States.DataLimitExceeded"] in [rule["ErrorEquals"] for rule in state["Catch"]], name
