"""Lambda durable executions as a service that runs a way: start, follow, stop, record."""

import json
from collections.abc import Iterator
from typing import Any

from orchbench.platforms.durable_functions.history import (
    answers,
    condition_checks,
    status_of,
)
from orchbench.platforms.errors import ExecutionNotFound
from orchbench.platforms.platform import Permission, Record, Start, StartCase
from orchbench.platforms.progress import polls_told
from orchbench.trace import ExecutionStatus, Json

# A request is matched with its qualifier: the alias that an execution is started through, none where they
# are listed, and else the version that it belongs to (Lambda guide, durable-security).
PERMISSIONS = (
    Permission(
        "StartDurableExecutions",
        ("lambda:InvokeFunction", "lambda:GetFunctionConfiguration"),
        ("arn:${Partition}:lambda:${Region}:${AccountId}:function:${Name}:live",),
    ),
    Permission(
        "FindDurableExecutions",
        ("lambda:ListDurableExecutionsByFunction",),
        ("arn:${Partition}:lambda:${Region}:${AccountId}:function:${Name}",),
    ),
    Permission(
        "FollowAndStopDurableExecutions",
        (
            "lambda:GetDurableExecution",
            "lambda:GetDurableExecutionHistory",
            "lambda:StopDurableExecution",
        ),
        ("arn:${Partition}:lambda:${Region}:${AccountId}:function:${Name}:*",),
    ),
)


class DurableExecution:
    """Durable functions through a boto3 client of Lambda."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def start(self, target_arn: str, name: str, document: Json) -> Start:
        """Start an execution, or say what already has its name.

        The service returns the execution there is for the same name and payload, running or closed, until its
        retention ends, and refuses another payload. A name is unique within the account and region by
        Lambda's guide (durable-execution-idempotency), and within the function by its API reference
        (DurableExecutionAlreadyStartedException): another function's execution is not taken for this one's.
        """
        existing = self.find(target_arn, name)
        try:
            answer = self._client.invoke(
                FunctionName=target_arn,
                InvocationType="Event",
                DurableExecutionName=name,
                Payload=json.dumps(document, sort_keys=True).encode(),
            )
        except self._client.exceptions.DurableExecutionAlreadyStartedException:
            own = existing or self.find(target_arn, name)
            return Start(name, StartCase.OTHER_INPUT if own else StartCase.OTHER_FUNCTION, own)
        arn = str(answer["DurableExecutionArn"])
        if _function(arn) != _function(target_arn):
            return Start(name, StartCase.OTHER_FUNCTION, None)
        if existing is None:
            return Start(name, StartCase.STARTED, arn)
        running = self.status(arn) is ExecutionStatus.RUNNING
        return Start(name, StartCase.ALREADY_RUNNING if running else StartCase.CLOSED, arn)

    def find(self, target_arn: str, name: str) -> str | None:
        """Return the ARN of the execution with this name, or None.

        Args:
            target_arn: the function's qualified ARN; executions of every version are looked through, because
                an alias moves on.
        """
        pages = self._client.get_paginator("list_durable_executions_by_function").paginate(
            FunctionName=_function(target_arn), DurableExecutionName=name
        )
        for page in pages:
            for execution in page["DurableExecutions"]:
                if execution["DurableExecutionName"] == name:
                    return str(execution["DurableExecutionArn"])
        return None

    def status(self, execution_arn: str) -> ExecutionStatus:
        """Return how an execution stands."""
        return status_of(self._describe(execution_arn, data=False))

    def stop(self, execution_arn: str, cause: str) -> None:
        """Stop an execution; one that has ended stays as it ended."""
        if self.status(execution_arn) is ExecutionStatus.RUNNING:
            self._client.stop_durable_execution(
                DurableExecutionArn=execution_arn, Error={"ErrorType": "Stopped", "ErrorMessage": cause}
            )

    def record(self, execution_arn: str) -> Record:
        """Return the description and the whole history, with execution data."""
        return Record(self._describe(execution_arn, data=True), list(self._events(execution_arn)))

    def polls_so_far(self, execution_arn: str) -> int:
        """Return the polls that the newest events tell of."""
        newest = self._client.get_durable_execution_history(
            DurableExecutionArn=execution_arn, MaxItems=20, ReverseOrder=True, IncludeExecutionData=True
        )
        # The history of a condition says how many checks there were, and not always what they returned.
        return max(polls_told(answers(newest["Events"])), condition_checks(newest["Events"]))

    def _events(self, execution_arn: str) -> Iterator[Json]:
        pages = self._client.get_paginator("get_durable_execution_history").paginate(
            DurableExecutionArn=execution_arn,
            IncludeExecutionData=True,
            PaginationConfig={"PageSize": 1000},
        )
        for page in pages:
            yield from page["Events"]

    def _describe(self, execution_arn: str, *, data: bool) -> Json:
        """Return the description, with the input and the result or without them.

        AWS's documents contradict each other about what the default is, so it is never left to it.
        """
        exceptions = self._client.exceptions
        try:
            description: Json = self._client.get_durable_execution(
                DurableExecutionArn=execution_arn, IncludeExecutionData=data
            )
        except (exceptions.ResourceNotFoundException, exceptions.InvalidParameterValueException) as error:
            raise ExecutionNotFound(f"Lambda has no durable execution {execution_arn!r}.") from error
        return description


def _function(arn: str) -> str:
    """Return the function's own ARN: without the version, the alias and the execution behind it."""
    return ":".join(arn.split(":")[:7])
