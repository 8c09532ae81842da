"""What reaches an execution that is asleep when something new is deployed; one stands for all that sleep.

The engines run one version of each function, so what is rehearsed of a durable function is one that is not
pinned to its version, such as one that was started on ``$LATEST``. docs/complexity.md tells what is not.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from examples import PROMISES, with_promises

from orchbench.rehearsal import Rehearsal, Scenario, rehearse
from orchbench.virtual_time.application import load_application
from orchbench.virtual_time.clock import START

pytestmark = pytest.mark.slow

DEPLOYED_AFTER_SECONDS = 35
ROUTE = '''import time

import {module}
import {module}_new


def handler(event, context):
    """Answer with what is deployed by now."""
    code = {module} if time.time() < {moment} else {module}_new
    return code.handler(event, context)
'''

Deploy = Callable[[str, str, str, str, str], Rehearsal]


@pytest.fixture
def deployed_meanwhile(tmp_path: Path) -> Deploy:
    """Rehearse a batch of a way, a function's file changed while the execution sleeps."""

    def run(way: str, logical_id: str, module: str, before: str, after: str) -> Rehearsal:
        project = with_promises(len(PROMISES), tmp_path)
        code = project / "functions"
        text = (code / f"{module}.py").read_text()
        assert text.count(before) == 1
        (code / f"{module}_new.py").write_text(text.replace(before, after))
        (code / "route.py").write_text(ROUTE.format(module=module, moment=START + DEPLOYED_AFTER_SECONDS))
        application = load_application(project / "template.yaml")
        functions = dict(application.functions)
        functions[logical_id] = replace(functions[logical_id], handler="route.handler")
        return rehearse(Scenario(95.0), way, application=replace(application, functions=functions))

    return run


def test_a_state_machine_calls_the_new_handler_at_its_next_state(deployed_meanwhile: Deploy) -> None:
    done = deployed_meanwhile(
        "sfn-poll", "StatusFunction", "status", "batch.check(event)", 'batch.check(event) | {"by": "new"}'
    )

    assert (done.trace.status, done.trace.output["by"]) == ("SUCCEEDED", "new")


def test_a_new_handler_that_cannot_read_the_old_progress_fails_a_running_state_machine(
    deployed_meanwhile: Deploy,
) -> None:
    done = deployed_meanwhile(
        "sfn-poll",
        "StatusFunction",
        "status",
        "batch.check(event)",
        'batch.check({"id": event["statement"]})',
    )

    assert (done.trace.status, done.trace.error_name) == ("FAILED", "KeyError")
    assert (done.statements_executed, done.statements_running) == (1, 0)


def test_a_durable_function_that_is_not_pinned_goes_on_in_new_code_of_the_same_order(
    deployed_meanwhile: Deploy,
) -> None:
    done = deployed_meanwhile(
        "durable-poll", "DurableFunction", "durable", "return progress", 'return progress | {"by": "new"}'
    )

    assert (done.trace.status, done.trace.output["by"]) == ("SUCCEEDED", "new")


def test_a_durable_function_that_is_not_pinned_fails_where_its_replay_no_longer_matches(
    deployed_meanwhile: Deploy,
) -> None:
    done = deployed_meanwhile(
        "durable-poll",
        "DurableFunction",
        "durable",
        "    progress = {}\n",
        '    progress = step(context, "look-first", dict)\n',
    )

    assert (done.trace.status, done.trace.error_name) == ("FAILED", "NonDeterministicExecutionError")
    assert (done.statements_executed, done.statements_running) == (1, 0)
