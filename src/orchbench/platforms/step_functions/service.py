"""Step Functions as a service that runs a way: start, follow, stop, record."""

import json
from typing import Any

from orchbench.platforms.errors import ExecutionNotFound
from orchbench.platforms.platform import Permission, Record, Start, StartCase
from orchbench.platforms.progress import looks_among, polls_told
from orchbench.platforms.step_functions.history import (
    answers,
    parsed,
    status_of,
)
from orchbench.trace import ExecutionStatus, Json

PERMISSIONS = (
    Permission(
        "StartStateMachines",
        ("states:StartExecution",),
        ("arn:${Partition}:states:${Region}:${AccountId}:stateMachine:${Name}",),
    ),
    Permission(
        "FollowAndStopExecutions",
        ("states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution"),
        ("arn:${Partition}:states:${Region}:${AccountId}:execution:${Name}:*",),
    ),
)


class StepFunctions:
    """Standard workflows through a boto3 client of Step Functions."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def start(self, target_arn: str, name: str, document: Json) -> Start:
        """Start an execution, or say what already has its name.

        The service returns the running execution for the same name and input; any other use of a name is
        refused for 90 days after the execution closed.
        """
        arn = execution_arn(target_arn, name)
        existed = self.find(target_arn, name) is not None
        try:
            self._client.start_execution(
                stateMachineArn=target_arn, name=name, input=json.dumps(document, sort_keys=True)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return Start(name, self._case_of_taken(arn, document), arn)
        return Start(name, StartCase.ALREADY_RUNNING if existed else StartCase.STARTED, arn)

    def _case_of_taken(self, arn: str, document: Json) -> StartCase:
        description = self._client.describe_execution(executionArn=arn)
        if parsed(description.get("input")) != document:
            return StartCase.OTHER_INPUT
        running = status_of(description) is ExecutionStatus.RUNNING
        return StartCase.ALREADY_RUNNING if running else StartCase.CLOSED

    def find(self, target_arn: str, name: str) -> str | None:
        """Return the ARN of the execution with this name, or None."""
        arn = execution_arn(target_arn, name)
        try:
            self._client.describe_execution(executionArn=arn)
        except self._client.exceptions.ExecutionDoesNotExist:
            return None
        return arn

    def status(self, execution_arn: str) -> ExecutionStatus:
        """Return how an execution stands."""
        return status_of(self._describe(execution_arn))

    def stop(self, execution_arn: str, cause: str) -> None:
        """Stop an execution; one that has ended stays as it ended."""
        self._describe(execution_arn)
        self._client.stop_execution(executionArn=execution_arn, error="Stopped", cause=cause)

    def record(self, execution_arn: str) -> Record:
        """Return the description and the whole history."""
        description = self._describe(execution_arn)
        pages = self._client.get_paginator("get_execution_history").paginate(
            executionArn=execution_arn, includeExecutionData=True, PaginationConfig={"PageSize": 1000}
        )
        return Record(description, [event for page in pages for event in page["events"]])

    def polls_so_far(self, execution_arn: str) -> int:
        """Return the polls that the newest events tell of; the Data API's own answers are counted."""
        newest = self._client.get_execution_history(
            executionArn=execution_arn, maxResults=20, reverseOrder=True, includeExecutionData=True
        )
        told = list(answers(newest["events"]))
        if looks_among(told):
            return looks_among(answers(self.record(execution_arn).events))
        return polls_told(told)

    def _describe(self, execution_arn: str) -> Json:
        try:
            description: Json = self._client.describe_execution(executionArn=execution_arn)
        except (
            self._client.exceptions.ExecutionDoesNotExist,
            self._client.exceptions.InvalidArn,
        ) as error:
            raise ExecutionNotFound(f"Step Functions has no execution {execution_arn!r}.") from error
        return description


def execution_arn(state_machine_arn: str, name: str) -> str:
    """Return the ARN that an execution of this name has."""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
