"""The Data API's own event on the local EventBridge: once for each end that was asked for, and no other."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orchbench.local import LocalStack
from orchbench.local.options import LOCAL_WORKGROUP_ARN

pytestmark = pytest.mark.local

HOME = {"WorkgroupName": LOCAL_WORKGROUP_ARN, "Database": "dev"}
PATTERN = {
    "source": ["aws.redshift-data"],
    "detail-type": ["Redshift Data Statement Status Change"],
    "detail": {"statementName": [{"wildcard": "* ours:*"}]},
}


@pytest.fixture
def received(stack: LocalStack, wait_until: Callable[..., Any]) -> Iterator[Callable[[str], list[Any]]]:
    """Yield what receives the events of a rule's queue up to that of a statement."""
    queues, events = stack.client("sqs"), stack.client("events")
    url = queues.create_queue(QueueName="statement-events")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="statement-events", EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule="statement-events", Targets=[{"Id": "queue", "Arn": arn}])
    found: list[Any] = []

    def up_to(statement_id: str) -> list[Any]:
        def came() -> bool:
            for message in queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                found.append(json.loads(message["Body"]))
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return any(event["detail"]["statementId"] == statement_id for event in found)

        wait_until(came)
        return found

    yield up_to
    events.remove_targets(Rule="statement-events", Ids=["queue"])
    events.delete_rule(Name="statement-events")
    queues.delete_queue(QueueUrl=url)


def test_a_statement_that_asks_for_its_event_has_one_at_a_rules_target(
    stack: LocalStack, received: Callable[[str], list[Any]]
) -> None:
    data_api = stack.client("redshift-data")

    def ended(*sqls: str, **request: Any) -> str:
        statement_id = str(data_api.batch_execute_statement(Sqls=list(sqls), **HOME, **request)["Id"])
        data_api.describe_statement(Id=statement_id, WaitTimeSeconds=30)
        return statement_id

    ended("SELECT 1", StatementName="one ours:silent")
    ended("SELECT 1", StatementName="one theirs:batch", WithEvent=True)
    batch = ended("SELECT 1", "SELECT 2 UNION SELECT 3", StatementName="one ours:batch", WithEvent=True)
    # The next is submitted after its event has come: a statement has ended a moment before it goes out.
    received(batch)
    failed = ended("SELECT 1/0", StatementName="two ours:failed", WithEvent=True)
    received(failed)
    # One after the other goes out: what had come twice, or unasked for, would be there before the last.
    last = data_api.execute_statement(Sql="SELECT 4", StatementName="last ours:", WithEvent=True, **HOME)[
        "Id"
    ]
    events = received(last)

    assert [event["detail"]["statementId"] for event in events] == [batch, failed, last]
    event = events[0]
    assert event.keys() >= {"version", "id", "account", "time", "region"}
    assert event["source"] == "aws.redshift-data"
    assert event["detail-type"] == "Redshift Data Statement Status Change"
    assert event["resources"] == [LOCAL_WORKGROUP_ARN]
    expires = event["detail"].pop("expireAt")
    updated_at = data_api.describe_statement(Id=batch)["UpdatedAt"].timestamp()
    assert expires == int(updated_at + 86_400)
    assert event["detail"] == {
        "principal": "arn:aws:iam::000000000000:root",
        "statementName": "one ours:batch",
        "statementId": batch,
        "redshiftQueryId": -1,
        "state": "FINISHED",
        "rows": 3,
    }
    assert [(one["detail"]["state"], one["detail"]["rows"]) for one in events[1:]] == [
        ("FAILED", -1),
        ("FINISHED", 1),
    ]
