"""The services' events as AWS sends them, and the deployed rules that take them."""

from datetime import UTC, datetime

import pytest

from orchbench.rehearsal.hosts.durable_functions.status_change import durable_status_change
from orchbench.rehearsal.hosts.step_functions.status_change import machine_status_change
from orchbench.rehearsal.status_events import matches
from orchbench.virtual_time.application import load_application

MOMENT = datetime(2026, 1, 1, 0, 0, 33, 250_000, UTC)
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orchbench-sfn-poll"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:orchbench-durable-poll:1"


def machine_event(status: str) -> dict[str, object]:
    return machine_status_change(
        {
            "executionArn": "arn:aws:states:us-east-1:123456789012:execution:orchbench-sfn-poll:one",
            "stateMachineArn": MACHINE,
            "name": "one",
            "status": status,
            "startDate": MOMENT,
            "stopDate": MOMENT,
            "input": "{}",
        }
    )


def durable_event(status: str) -> dict[str, object]:
    return durable_status_change(
        {
            "DurableExecutionArn": f"{FUNCTION}/durable-execution/one/0",
            "DurableExecutionName": "one",
            "Status": status,
            "StartTimestamp": MOMENT,
            "EndTimestamp": MOMENT,
        }
    )


def test_step_functions_tells_moments_in_milliseconds() -> None:
    event = machine_event("ABORTED")
    detail = event["detail"]
    assert isinstance(detail, dict)
    assert (event["source"], event["detail-type"]) == ("aws.states", "Step Functions Execution Status Change")
    assert (detail["stopDate"], detail["status"]) == (1_767_225_633_250, "ABORTED")


def test_a_durable_execution_names_its_function_with_the_version() -> None:
    event = durable_event("STOPPED")
    detail = event["detail"]
    assert isinstance(detail, dict)
    assert (event["source"], event["detail-type"]) == ("aws.lambda", "Durable Execution Status Change")
    assert detail["functionArn"] == FUNCTION
    assert detail["endTimestamp"] == "2026-01-01T00:00:33.250000Z"


def takers(event: dict[str, object]) -> list[str]:
    rules = load_application().rules
    return [
        target.name
        for rule in rules
        if rule.pattern and matches(rule.pattern, event)
        for target in rule.targets
    ]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT"])
def test_the_deployed_rules_take_every_end_that_may_leave_a_statement_to_the_cancel_function(
    status: str,
) -> None:
    assert takers(machine_event(status)) == takers(durable_event(status)) == ["orchbench-cancel"]
    assert takers(machine_event("ABORTED")) == takers(durable_event("STOPPED")) == ["orchbench-cancel"]


def test_a_success_needs_nobody() -> None:
    assert takers(machine_event("SUCCEEDED")) == takers(durable_event("SUCCEEDED")) == []


def test_a_pattern_asks_for_each_of_its_keys() -> None:
    pattern = {"source": ["a", "b"], "detail": {"arn": [{"prefix": "x:"}, "y"]}}
    assert matches(pattern, {"source": "b", "detail": {"arn": "x:1"}})
    assert matches(pattern, {"source": "a", "detail": {"arn": "y"}})
    assert not matches(pattern, {"source": "c", "detail": {"arn": "y"}})
    assert not matches(pattern, {"source": "a", "detail": {"arn": "z"}})
    assert not matches(pattern, {"source": "a"})


def test_a_wildcard_stands_for_any_characters_and_for_none() -> None:
    def takes(wildcard: str, name: str) -> bool:
        return matches({"name": [{"wildcard": wildcard}]}, {"name": name})

    wildcard = "* arn:aws:states:*:execution:ours-sfn:*"
    assert takes(wildcard, "token arn:aws:states:us-east-1:1:execution:ours-sfn:one 2\n")
    assert not takes(wildcard, "token arn:aws:states:us-east-1:1:execution:others-sfn:one")
    assert not takes(wildcard, "arn:aws:states:us-east-1:1:execution:ours-sfn:one")
    assert takes("a*", "a")
    assert not takes("a.c", "abc")
    assert not matches({"name": [{"wildcard": "*"}]}, {})
    with pytest.raises(NotImplementedError, match="an escape"):
        takes(r"\*", "*")


def test_a_pattern_that_rehearsals_do_not_know_is_said() -> None:
    with pytest.raises(NotImplementedError, match="'anything-but'"):
        matches({"source": [{"anything-but": "a"}]}, {"source": "b"})
