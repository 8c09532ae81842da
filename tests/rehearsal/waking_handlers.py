"""A function that arms a wait and one that wakes it, in little, as in a way that waits for the event."""

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

import executions
from redshift_batch.data_api import redshift_data_client

WAIT = "invoke.waitForTaskToken"


def arm(event: dict[str, Any], _context: Any) -> None:
    """Describe the statement, as what arms a wait does first; what it finds is not looked at."""
    redshift_data_client().describe_statement(Id=event["statement_id"])


def notify(event: dict[str, Any], _context: Any) -> None:
    """Complete the newest wait of the execution that the statement's name names."""
    token, arn = event["detail"]["statementName"].split(" ")
    if hashlib.sha256(arn.encode()).hexdigest() != token or arn.endswith("-another"):
        return
    client = executions.client("stepfunctions")
    scheduled = [
        one["taskScheduledEventDetails"]
        for one in client.get_execution_history(executionArn=arn, includeExecutionData=True)["events"]
        if one["type"] == "TaskScheduled"
    ]
    waits = [one["parameters"] for one in scheduled if one["resource"] == WAIT]
    if not waits:
        raise LookupError("the history shows no wait")
    try:
        client.send_task_success(taskToken=json.loads(waits[-1])["Payload"]["task_token"], output="{}")
    except ClientError:
        # Refused, for somebody has woken it already. Only an execution that is over needs nobody more.
        if client.describe_execution(executionArn=arn)["status"] == "RUNNING":
            raise
