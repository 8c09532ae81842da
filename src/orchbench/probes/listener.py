"""A rule and a queue of the probe's own, to see which events arrive and when."""

import json
from typing import Any

from orchbench.probes.lab import Lab
from orchbench.probes.probe import NoAnswer
from orchbench.probes.remains import unless_gone
from orchbench.trace import Json


class Listener:
    """Hears the events of the default bus that match a pattern."""

    def __init__(self, lab: Lab, what: str, pattern: Json) -> None:
        """Make the queue and the rule; both go in the end."""
        self._lab = lab
        self._events, self._sqs = lab.client("events"), lab.client("sqs")
        self.heard: list[Json] = []
        name = lab.name(what)
        place = f"{lab.region}:{lab.account}:"
        arn, rule = (f"arn:{lab.partition}:{service}:{place}" for service in ("sqs", "events"))
        self._url = self._made_queue(name, f"{arn}{name}", f"{rule}rule/{name}")
        self._make_rule(name, f"{arn}{name}", pattern)

    def _made_queue(self, name: str, arn: str, rule_arn: str) -> str:
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        with self._lab.remains.making(
            f"The queue {name}",
            f'aws sqs delete-queue --queue-url "$(aws sqs get-queue-url --queue-name {name} --output text)"',
            lambda: self._remove_queue(name),
        ):
            made = self._sqs.create_queue(QueueName=name, Attributes={"Policy": policy})
        return str(made["QueueUrl"])

    def _remove_queue(self, name: str) -> None:
        # Its address is asked for: an interrupt may have come before the answer to its making.
        self._sqs.delete_queue(QueueUrl=self._sqs.get_queue_url(QueueName=name)["QueueUrl"])

    def _make_rule(self, name: str, arn: str, pattern: Json) -> None:
        with self._lab.remains.making(
            f"The rule {name}",
            f"aws events remove-targets --rule {name} --ids queue && aws events delete-rule --name {name}",
            lambda: self._remove_rule(name),
        ):
            self._events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        put = self._events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        if put["FailedEntryCount"]:
            raise NoAnswer(f"EventBridge did not take the probe's queue as a target: {put['FailedEntries']}.")
        # A new rule takes a moment until it matches (assumed: 15 s are enough).
        self._lab.sleep(15 if self._lab.on_aws else 0)

    def _remove_rule(self, name: str) -> None:
        unless_gone(self._events.remove_targets, Rule=name, Ids=["queue"])
        unless_gone(self._events.delete_rule, Name=name)

    def hear(self) -> None:
        """Take what has arrived; each event is kept with ``heard_at``, by the queue's own clock."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        for message in answer.get("Messages", ()):
            sent = int(message["Attributes"]["SentTimestamp"]) / 1000
            event: dict[str, Any] = json.loads(message["Body"])
            self.heard.append(event | {"heard_at": sent})

    def wait_for(self, key: str, value: str, seconds: float, *, at_least: int = 1) -> list[Json]:
        """Listen until so many events with this value in their detail have come, and return them."""

        def matching() -> list[Json]:
            return [event for event in self.heard if event["detail"].get(key) == value]

        def enough() -> bool:
            self.hear()
            return len(matching()) >= at_least

        self._lab.until(enough, seconds)
        return matching()
