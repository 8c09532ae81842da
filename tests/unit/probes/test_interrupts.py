"""An interrupt while a service is answering: whatever it may have made is found by its name and removed."""

from collections.abc import Callable
from typing import Any

import pytest

from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import Connection
from orchbench.platforms.durable_functions.service import DurableExecution
from orchbench.probes.durable_function import DurableFunction
from orchbench.probes.lab import Lab
from orchbench.probes.listener import Listener
from orchbench.probes.remains import Left
from orchbench.probes.state_machines import Machine
from orchbench.probes.statements import Statements

ROLE = "arn:aws:iam::123456789012:role/reports"
OUTPUTS = {"DataApiRoleArn": ROLE, "Target": "cluster", "Database": "dev"}


class Interrupted:
    """Every service of an account at once; the call named is taken, and interrupted before its answer."""

    region = "us-east-1"

    def __init__(self, method: str) -> None:
        self._interrupts = method
        self.running: dict[str, str] = {}
        self.called: list[tuple[str, dict[str, Any]]] = []

    def client(self, _service: str) -> Any:
        return self

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.called.append((method, arguments))
            answer: Any = getattr(type(self), f"do_{method}", lambda *_a, **_n: {})(self, **arguments)
            if method == self._interrupts:
                raise KeyboardInterrupt
            return answer

        return call

    def do_execute_statement(self, StatementName: str, **_more: Any) -> Any:  # noqa: N803 - as boto3 names it
        statement_id = f"id-{len(self.running)}"
        self.running[statement_id] = StatementName
        return {"Id": statement_id}

    def do_list_statements(self, StatementName: str, **_more: Any) -> Any:  # noqa: N803
        listed = [one for one, name in self.running.items() if name.startswith(StatementName)]
        return {"Statements": [{"Id": one} for one in listed]}

    def do_describe_statement(self, Id: str) -> Any:  # noqa: N803
        return {"Id": Id, "Status": "STARTED" if Id in self.running else "ABORTED"}

    def do_cancel_statement(self, Id: str) -> Any:  # noqa: N803
        del self.running[Id]
        return {"Status": True}

    def do_get_queue_url(self, QueueName: str) -> Any:  # noqa: N803
        return {"QueueUrl": f"https://sqs/{QueueName}"}

    def do_describe_execution(self, executionArn: str, **_more: Any) -> Any:  # noqa: N803
        return {"executionArn": executionArn, "status": "RUNNING"}

    def do_get_durable_execution(self, **_more: Any) -> Any:
        return {"Status": "RUNNING"}

    def do_get_paginator(self, *_operation: str) -> Any: ...

    def arguments_of(self, method: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.called if name == method]


class NotListedAtOnce(Interrupted):
    """A statement is listed only at the second look."""

    def do_list_statements(self, StatementName: str, **more: Any) -> Any:  # noqa: N803
        if len(self.arguments_of("list_statements")) == 1:
            return {"Statements": []}
        return super().do_list_statements(StatementName, **more)


def lab_on(account: Interrupted) -> Lab:
    time = [0.0]

    def sleep(seconds: float) -> None:
        time[0] += seconds

    lab = Lab(Bench(Connection("local", account, "reports", OUTPUTS)), "r1", sleep=sleep, now=lambda: time[0])
    lab.made["role"] = ROLE
    return lab


def cleared(lab: Lab) -> list[Left]:
    left: list[Left] = []
    lab.remains.clear(left)
    lab.shared.clear(left)
    return left


@pytest.mark.parametrize("kind", [Interrupted, NotListedAtOnce])
def test_a_statement_whose_submit_was_interrupted_is_cancelled(kind: type[Interrupted]) -> None:
    account = kind("execute_statement")
    lab = lab_on(account)

    with pytest.raises(KeyboardInterrupt):
        Statements(lab).submit("SELECT 1")

    assert len(account.running) == 1
    assert cleared(lab) == []
    assert account.running == {}


def test_each_of_several_statements_is_cancelled_and_looked_for_only_where_its_id_is_unknown() -> None:
    account = Interrupted("nothing")
    lab = lab_on(account)
    statements = Statements(lab)
    for _time in range(2):
        statements.submit("SELECT 1", ClientToken="t", StatementName="t")
    statements.submit("SELECT 2")

    assert cleared(lab) == []
    assert account.running == {}
    assert account.arguments_of("list_statements") == []


def test_a_statement_that_cannot_be_cancelled_is_said_once_however_often_its_token_was_used() -> None:
    account = Interrupted("cancel_statement")
    lab = lab_on(account)
    statements = Statements(lab)
    for _time in range(2):
        statements.submit("SELECT 1", ClientToken="t", StatementName="t")
    left: list[Left] = []

    with pytest.raises(KeyboardInterrupt):
        lab.remains.clear(left, interrupted=True)

    assert [one.what for one in left] == ["The statement t"]


def test_a_queue_whose_making_was_interrupted_is_removed() -> None:
    account = Interrupted("create_queue")
    lab = lab_on(account)

    with pytest.raises(KeyboardInterrupt):
        Listener(lab, "q", {})

    assert cleared(lab) == []
    assert account.arguments_of("delete_queue") == [{"QueueUrl": "https://sqs/orchbench-probe-r1-q"}]


def test_an_execution_whose_start_was_interrupted_is_stopped() -> None:
    account = Interrupted("start_execution")
    lab = lab_on(account)
    machine = Machine(lab, "m", {"Wait": {"Type": "Wait", "Seconds": 300}})

    with pytest.raises(KeyboardInterrupt):
        machine.start()
    (started,) = account.arguments_of("start_execution")

    assert cleared(lab) == []
    arn = f"{machine.arn.replace('stateMachine', 'execution')}:{started['name']}"
    assert account.arguments_of("stop_execution") == [{"executionArn": arn}]


class Found(DurableExecution):
    """A service that has every execution that is looked for."""

    def find(self, target_arn: str, name: str) -> str | None:
        return f"{target_arn}:1/durable-execution/{name}/1"


def test_a_durable_execution_whose_start_was_interrupted_is_stopped_whichever_probe_started_it() -> None:
    account = Interrupted("invoke")
    lab = lab_on(account)
    function = object.__new__(DurableFunction)
    function._lab, function._number, function.name = lab, 0, "orchbench-probe-r1-durable"
    function.client, function.service = account, Found(account)
    # The probe that made it is over.
    cleared(lab)

    with pytest.raises(KeyboardInterrupt):
        function.start({"work": "wait"})

    assert cleared(lab) == []
    (stopped,) = account.arguments_of("stop_durable_execution")
    assert stopped["DurableExecutionArn"].startswith(
        "arn:aws:lambda:us-east-1:123456789012:function:orchbench-probe-r1-durable:1/durable-execution/"
    )
