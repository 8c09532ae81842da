"""Reads a history as the AWS CLI prints it: one page or several, an array of events, with or without more.

Each platform says what its events look like; what makes a history whole is the same for all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchbench.platforms.errors import InvalidExport
from orchbench.trace import to_epoch

Event = Mapping[str, Any]
EVENTS = ("events", "Events")
TOKENS = ("nextToken", "NextToken", "NextMarker")


@dataclass(frozen=True)
class EventShape:
    """What an event of a platform has: the keys of its type, its number and its moment.

    Attributes:
        describes: the key by which the description of an execution is known.
    """

    kind: str
    number: str
    moment: str
    describes: str


@dataclass(frozen=True)
class Export:
    """What a file holds of one execution: its description as far as it is there, and all its events."""

    description: Mapping[str, Any]
    events: tuple[Event, ...]


def read_export(documents: Sequence[Any], shape: EventShape) -> Export | None:
    """Return the history in a file's JSON values; None where none of them is of this shape.

    Raises:
        InvalidExport: pages or events are missing, or an event is not whole.
    """
    values = list(_values(documents))
    pages = [page for value in values if (page := _page(value, shape)) is not None]
    if not any(events for events, _more in pages):
        return None
    events = {_number(event, shape): event for page, _more in pages for event in page}
    last = max(events)
    if any(more and (not page or _number(page[-1], shape) == last) for page, more in pages):
        raise InvalidExport(f"ends at event {last:,} and names a further page: merge all pages into one file")
    missing = next((number for number in range(1, last + 1) if number not in events), None)
    if missing is not None:
        raise InvalidExport(f"has events up to {last:,}, and event {missing:,} is missing: it is cut off")
    described = [value for value in values if isinstance(value, dict) and shape.describes in value]
    return Export(described[-1] if described else {}, tuple(events[number] for number in sorted(events)))


def _values(documents: Sequence[Any]) -> Iterator[Any]:
    """Yield the documents, the parts of a run's file of this project among them."""
    for one in documents:
        if isinstance(one, list) and not any(map(_may_be_event, one)):
            yield from one
        else:
            yield one
            if isinstance(one, dict):
                yield from (
                    one[key] for key in ("description", "Execution") if isinstance(one.get(key), dict)
                )


def _may_be_event(value: Any) -> bool:
    return isinstance(value, dict) and not any(key in value for key in EVENTS)


def _page(value: Any, shape: EventShape) -> tuple[list[Event], bool] | None:
    """Return a page's events, and whether it names a further page."""
    if isinstance(value, list):
        events, more = value, False
    elif isinstance(value, dict):
        found = [value[key] for key in EVENTS if isinstance(value.get(key), list)]
        if not found:
            return None
        events, more = found[0], any(value.get(token) for token in TOKENS)
    else:
        return None
    if not any(isinstance(one, dict) and shape.kind in one and shape.moment in one for one in events):
        return None
    return events, more


def _number(event: Any, shape: EventShape) -> int:
    """Return an event's number, or refuse what is no event."""
    number = event.get(shape.number) if isinstance(event, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise InvalidExport(f"holds an event without a number in {shape.number!r}")
    if not isinstance(event.get(shape.kind), str):
        raise InvalidExport(f"has event {number:,} without a type in {shape.kind!r}")
    try:
        to_epoch(event[shape.moment])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InvalidExport(f"has event {number:,} without a moment in {shape.moment!r}") from None
    return number
