"""``orchbench check`` asks Step Functions about every definition before anything is deployed."""

import json
from typing import Any

from botocore.exceptions import ClientError

from orchbench.commands.definition_check import looked_at_definitions
from orchbench.ways import all_ways

REFUSAL = {"code": "SCHEMA_VALIDATION_FAILED", "message": "WaitTimeSeconds is not known", "severity": "ERROR"}


class StepFunctions:
    """Refuses definitions that have a text in them."""

    region = "us-east-1"

    def __init__(self, refused: str = "in no definition") -> None:
        self._refused = refused
        self.asked: list[dict[str, Any]] = []

    def client(self, _service: str) -> Any:
        return self

    def validate_state_machine_definition(self, definition: str, **more: str) -> Any:
        self.asked.append(json.loads(definition) | more)
        if self._refused == "everything":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Validate")
        if self._refused in definition:
            return {"result": "FAIL", "diagnostics": [REFUSAL]}
        return {"result": "OK", "diagnostics": []}


def looked(refused: str = "in no definition") -> dict[str, tuple[bool, bool, str]]:
    found = looked_at_definitions(StepFunctions(refused))
    return {one.what.partition("'")[0]: (one.good, one.warning, one.said) for one in found}


def test_every_definition_is_asked_about_as_it_would_be_deployed() -> None:
    service = StepFunctions()
    found = list(looked_at_definitions(service))
    machines = [way.name for way in all_ways().values() if way.implementation.endswith(".json")]
    assert [one.what for one in found] == [f"{name}'s definition" for name in machines]
    assert all(one.good and not one.warning for one in found)
    assert "${" not in json.dumps(service.asked)
    assert {one["type"] for one in service.asked} == {"STANDARD"}


def test_a_refusal_is_to_be_mended_and_says_what_step_functions_says() -> None:
    good, _warning, said = looked("orchbench-submit")["sfn-poll"]
    assert not good
    assert "SCHEMA_VALIDATION_FAILED: WaitTimeSeconds is not known" in said


def test_a_way_that_is_off_by_default_stays_off_where_it_is_refused() -> None:
    found = looked("WaitTimeSeconds")
    good, warning, said = found["sfn-long-poll"]
    assert (good, warning) == (True, True)
    assert said.startswith("Step Functions refuses it, so leave LongPoll off: ")
    assert found["sfn-direct"][:2] == (True, False)


def test_a_question_that_is_not_answered_is_no_refusal() -> None:
    assert {(good, warning) for good, warning, _said in looked("everything").values()} == {(True, True)}
