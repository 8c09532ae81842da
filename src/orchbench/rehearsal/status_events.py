"""The status-change events of both services, in AWS's shape, and the rules of EventBridge that take them.

Of a rule's pattern it knows what the template uses: lists of values and of prefixes.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from orchbench.platforms.platform import Record
from orchbench.trace import to_epoch
from orchbench.virtual_time.application import ACCOUNT, REGION

Json = dict[str, Any]


def status_change(record: Record) -> Json:
    """Return the event that a service sends when an execution has ended.

    Args:
        record: what the service would answer of the execution, in boto3's shape.
    """
    description = record.description
    if "executionArn" in description:
        return _event(
            "aws.states",
            "Step Functions Execution Status Change",
            description["executionArn"],
            _machine_detail(description),
        )
    return _event(
        "aws.lambda",
        "Durable Execution Status Change",
        description["DurableExecutionArn"],
        _durable_detail(description),
    )


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Tell whether a rule's pattern takes an event."""
    return all(_matched(wanted, event.get(key)) for key, wanted in pattern.items())


def _matched(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and matches(wanted, found)
    return any(_is(one, found) for one in wanted)


def _is(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, Mapping):
        (kind, value), *others = wanted.items()
        if kind != "prefix" or others:
            raise NotImplementedError(f"A rule's pattern asks for {kind!r}, which rehearsals do not know.")
        return isinstance(found, str) and found.startswith(value)
    return bool(wanted == found)


def _event(source: str, detail_type: str, resource: str, detail: Json) -> Json:
    ended_at = detail.get("stopDate", 0) / 1000 or to_epoch(detail["endTimestamp"])
    return {
        "version": "0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{resource} {detail['status']}")),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": datetime.fromtimestamp(ended_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [resource],
        "detail": detail,
    }


def _machine_detail(description: Mapping[str, Any]) -> Json:
    return {
        **{
            key: description.get(key)
            for key in (
                "executionArn",
                "stateMachineArn",
                "name",
                "status",
                "input",
                "output",
                "error",
                "cause",
            )
        },
        "startDate": round(to_epoch(description["startDate"]) * 1000),
        "stopDate": round(to_epoch(description["stopDate"]) * 1000),
        "inputDetails": {"included": True},
        "outputDetails": {"included": True} if description.get("output") else None,
    }


def _durable_detail(description: Mapping[str, Any]) -> Json:
    arn = str(description["DurableExecutionArn"])
    return {
        "durableExecutionArn": arn,
        "durableExecutionName": description["DurableExecutionName"],
        "functionArn": arn.partition("/durable-execution/")[0],
        "status": description["Status"],
        "startTimestamp": _shown(description["StartTimestamp"]),
        "endTimestamp": _shown(description["EndTimestamp"]),
    }


def _shown(moment: Any) -> str:
    return datetime.fromtimestamp(to_epoch(moment), UTC).isoformat().replace("+00:00", "Z")
