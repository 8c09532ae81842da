"""State machines of the probe's own, under a role of its own that may do nearly nothing."""

import json
from typing import Any

from orchbench.platforms.step_functions.service import StepFunctions
from orchbench.probes.lab import PREFIX, Lab
from orchbench.probes.remains import unless_gone
from orchbench.trace import ExecutionStatus, Json

ROLE_SETTLES_SECONDS = 15
"""How long IAM takes until other services know a new role, assumed."""


def own_role(lab: Lab) -> str:
    """Return the ARN of the one role of this run, for Step Functions and Lambda, made at the first call.

    It may describe and list statements and keep the checkpoints of the probes' own functions, no more.
    """
    return lab.once("role", lambda: _make_role(lab))


def _make_role(lab: Lab) -> str:
    iam, name = lab.client("iam"), lab.name("role")
    trust = _document(
        Principal={"Service": ["states.amazonaws.com", "lambda.amazonaws.com"]}, Action="sts:AssumeRole"
    )
    functions = f"arn:{lab.partition}:lambda:{lab.region}:{lab.account}:function:{PREFIX}*"
    checkpoints = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]
    allowed = _document(Action=["redshift-data:DescribeStatement", "redshift-data:ListStatements"])
    allowed["Statement"] += _document(Action=checkpoints, Resource=functions)["Statement"]

    def remove() -> None:
        unless_gone(iam.delete_role_policy, RoleName=name, PolicyName="probe")
        unless_gone(iam.delete_role, RoleName=name)

    command = (
        f"aws iam delete-role-policy --role-name {name} --policy-name probe && "
        f"aws iam delete-role --role-name {name}"
    )
    with lab.shared.making(f"The role {name}", command, remove):
        arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"])
    iam.put_role_policy(RoleName=name, PolicyName="probe", PolicyDocument=json.dumps(allowed))
    lab.sleep(ROLE_SETTLES_SECONDS if lab.on_aws else 0)
    return arn


def _document(**statement: Any) -> dict[str, Any]:
    resource = {} if "Principal" in statement else {"Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **resource, **statement}]}


class Machine:
    """A state machine that goes in the end, and its executions with it."""

    def __init__(self, lab: Lab, what: str, states: Json) -> None:
        """Make it.

        Args:
            lab: where.
            what: for its name.
            states: in their order; one without ``Next`` or ``End`` leads to the next.
        """
        self._lab = lab
        self.client = lab.client("stepfunctions")
        self._service = StepFunctions(self.client)
        name = lab.name(what)
        definition = {"StartAt": next(iter(states)), "States": _linked(states)}
        self.arn = f"arn:{lab.partition}:states:{lab.region}:{lab.account}:stateMachine:{name}"
        role = own_role(lab)
        with lab.remains.making(
            f"The state machine {name}",
            f"aws stepfunctions delete-state-machine --state-machine-arn {self.arn}",
            lambda: self.client.delete_state_machine(stateMachineArn=self.arn),
        ):
            self.client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)

    def start(self, document: Json | None = None) -> str:
        """Start an execution, which is stopped in the end, and return its ARN."""
        answer = self.client.start_execution(stateMachineArn=self.arn, input=json.dumps(document or {}))
        arn = str(answer["executionArn"])
        self._lab.remains.keep(
            f"The execution {arn}",
            f"aws stepfunctions stop-execution --execution-arn {arn}",
            lambda: self._stop_running(arn),
        )
        return arn

    def _stop_running(self, arn: str) -> None:
        if self._service.status(arn) is ExecutionStatus.RUNNING:
            self.client.stop_execution(executionArn=arn)

    def ended(self, arn: str, seconds: float = 120) -> tuple[ExecutionStatus, list[Json]]:
        """Wait for an execution's end and return its status and its history."""
        running = ExecutionStatus.RUNNING
        self._lab.until(lambda: self._service.status(arn) is not running, seconds)
        record = self._service.record(arn)
        return self._service.status(arn), [dict(event) for event in record.events]


def _linked(states: Json) -> Json:
    names = [*states, None]
    linked: Json = {}
    for (name, state), following in zip(states.items(), names[1:], strict=True):
        ends = {"End": True} if following is None else {"Next": following}
        linked[name] = state if {"Next", "End"} & state.keys() or state["Type"] == "Fail" else state | ends
    return linked


def failures(events: list[Json]) -> list[tuple[str, str]]:
    """Return the error and the cause of each Task that failed."""
    details = [event["taskFailedEventDetails"] for event in events if event["type"] == "TaskFailed"]
    return [(str(one.get("error", "")), str(one.get("cause", ""))) for one in details]
