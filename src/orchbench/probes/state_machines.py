"""State machines of the probe's own, under a role of its own that may do nearly nothing."""

import json
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from orchbench.deployment.missing_permissions import REFUSED
from orchbench.deployment.permissions import policy, resolved, values_of
from orchbench.platforms.errors import ExecutionNotFound
from orchbench.platforms.platform import Permission
from orchbench.platforms.step_functions.service import StepFunctions
from orchbench.probes.lab import Lab
from orchbench.probes.permissions import BOUNDARY_ARN, BOUNDARY_FILE, PASSED_TO, ROLE_MAY
from orchbench.probes.probe import NoAnswer
from orchbench.probes.remains import unless_gone
from orchbench.trace import ExecutionStatus, Json

ROLE_SETTLES_SECONDS = 15
"""How long IAM takes until other services know a new role, assumed."""


def own_role(lab: Lab) -> str:
    """Return the ARN of the one role of this run, for Step Functions and Lambda, made at the first call.

    It may describe and list statements, keep the checkpoints of the probes' own functions and complete the
    tokens of their state machines, no more.
    """
    return lab.once("role", lambda: _make_role(lab))


def _make_role(lab: Lab) -> str:
    iam, name = lab.client("iam"), lab.name("role")
    assumes = {"Principal": {"Service": list(PASSED_TO)}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **assumes}]}
    values = values_of(lab.connection)
    allowed = policy(resolved(ROLE_MAY, values))
    (boundary,) = resolved([Permission("", (), (BOUNDARY_ARN,))], values)

    def remove() -> None:
        unless_gone(iam.delete_role_policy, RoleName=name, PolicyName="probe")
        unless_gone(iam.delete_role, RoleName=name)

    command = (
        f"aws iam delete-role-policy --role-name {name} --policy-name probe && "
        f"aws iam delete-role --role-name {name}"
    )
    order = {"RoleName": name, "AssumeRolePolicyDocument": json.dumps(trust)}
    with lab.shared.making(f"The role {name}", command, remove):
        made = _bounded(iam, order, boundary.resources[0])
    arn = str(made["Role"]["Arn"])
    iam.put_role_policy(RoleName=name, PolicyName="probe", PolicyDocument=json.dumps(allowed))
    lab.sleep(ROLE_SETTLES_SECONDS if lab.on_aws else 0)
    return arn


def _bounded(iam: Any, order: Json, boundary: str) -> Any:
    """Make the role within its boundary; who may make any role does not need one, and may have none.

    Raises:
        NoAnswer: there is no boundary, and without one the caller may not make a role.
    """
    try:
        return iam.create_role(**order, PermissionsBoundary=boundary)
    except iam.exceptions.NoSuchEntityException:
        pass
    try:
        return iam.create_role(**order)
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSED:
            raise
        raise NoAnswer(
            f"It needs the policy {boundary}, the boundary of the probes' role, which an administrator makes "
            f"once from {BOUNDARY_FILE}."
        ) from error


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
        self._started = 0
        role = own_role(lab)
        with lab.remains.making(
            f"The state machine {name}",
            f"aws stepfunctions delete-state-machine --state-machine-arn {self.arn}",
            lambda: self.client.delete_state_machine(stateMachineArn=self.arn),
        ):
            self.client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)

    def start(self, document: Json | None = None) -> str:
        """Start an execution, which is stopped in the end, and return its ARN."""
        # Its name is given, so that its ARN is known before there is an answer.
        self._started += 1
        name = f"probe-{self._started}"
        arn = f"{self.arn.replace(':stateMachine:', ':execution:')}:{name}"
        self._lab.remains.keep(
            f"The execution {arn}",
            f"aws stepfunctions stop-execution --execution-arn {arn}",
            lambda: self._stop_running(arn),
        )
        self.client.start_execution(stateMachineArn=self.arn, name=name, input=json.dumps(document or {}))
        return arn

    def _stop_running(self, arn: str) -> None:
        with suppress(ExecutionNotFound):
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


def ended_with(events: list[Json]) -> str:
    """Return the cause of an execution's failure, which may lie outside its Tasks; empty without one."""
    details = [event["executionFailedEventDetails"] for event in events if event["type"] == "ExecutionFailed"]
    return str(details[-1].get("cause", "")) if details else ""
