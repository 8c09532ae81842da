"""The status-change events of AWS's services in their common shape, and the rules that take them.

Of a rule's pattern it knows what the template uses: lists of values and of prefixes.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from orchbench.trace import Json
from orchbench.virtual_time.application import ACCOUNT, REGION


def status_event(source: str, detail_type: str, resource: str, detail: Json, *, ended_at: float) -> Json:
    """Return an event as EventBridge delivers it.

    Args:
        resource: the ARN of what has ended.
        detail: its service's own part, with a ``status``.
    """
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
