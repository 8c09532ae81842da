"""The template as a rehearsal reads it."""

import json
from dataclasses import replace

import pytest

from orchbench.virtual_time.application import Function, StateMachine, load_application
from orchbench.ways import all_ways
from orchbench.ways.way import Way


@pytest.mark.parametrize("way", all_ways().values(), ids=lambda way: way.name)
def test_every_way_has_its_target_in_the_template(way: Way) -> None:
    target = load_application().target(way)
    assert isinstance(target, StateMachine if way.platform_name == "step-functions" else Function)


def test_a_way_without_a_target_is_named() -> None:
    way = replace(next(iter(all_ways().values())), name="lost", target_output="NoSuchOutput")
    with pytest.raises(LookupError, match="NoSuchOutput, which lost starts"):
        load_application().target(way)


def test_the_definition_names_the_functions_by_their_arns() -> None:
    application = load_application()
    machine = application.state_machines["SfnPollStateMachine"]
    definition = json.loads(machine.definition)
    named = {
        state["Parameters"]["FunctionName"]
        for state in definition["States"].values()
        if state["Type"] == "Task"
    }
    assert {application.function(arn).handler for arn in named} == {
        "submit.handler.handler",
        "status.handler.handler",
        "cancel.handler.handler",
    }


def test_a_function_has_the_environment_of_the_template() -> None:
    application = load_application(InlineSqlAllowed="true", FunctionTimeoutSeconds="90")
    for function in application.functions.values():
        assert function.environment["INLINE_SQL_ALLOWED"] == "true"
        assert function.environment["REDSHIFT_WORKGROUP"].startswith("arn:aws:redshift-serverless:")
        assert function.environment["POWERTOOLS_SERVICE_NAME"]
        assert function.timeout_seconds == 90
