"""The status-change events of AWS's services in their common shape, and the rules that take them.

Of a rule's pattern it knows what the template uses: lists of values, of prefixes and of wildcards.
"""

import json
import re
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
        detail: its service's own part; an event that says the same of the same has the same id.
    """
    said = json.dumps(detail, sort_keys=True)
    return {
        "version": "0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{resource} {said}")),
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
        if kind not in ("prefix", "wildcard") or others:
            raise NotImplementedError(f"A rule's pattern asks for {kind!r}, which rehearsals do not know.")
        if not isinstance(found, str):
            return False
        return found.startswith(value) if kind == "prefix" else _fits(value, found)
    return bool(wanted == found)


def _fits(wildcard: str, found: str) -> bool:
    """Tell whether a text fits a wildcard, in which ``*`` stands for any characters and for none."""
    if "\\" in wildcard:
        raise NotImplementedError("A rule's wildcard has an escape, which rehearsals do not know.")
    parts = ".*".join(map(re.escape, wildcard.split("*")))
    return re.fullmatch(parts, found, re.DOTALL) is not None
