"""The statements that the service has accepted, in memory: a restart forgets them all.

PostgreSQL rolls back what was running then. An unknown id after a restart (ResourceNotFoundException)
therefore says nothing about what was committed before it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchbench.redshift.errors import not_found
from orchbench.redshift.statement import Run, Work


@dataclass(slots=True)
class Entry:
    """One accepted request, what runs it, and how many calls wait for it."""

    work: Work
    request: Mapping[str, Any]
    run: Run
    waits: int = 0


class StatementStore:
    """Statements in the order they were accepted. Not thread-safe: the service holds its lock around it."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._order: list[str] = []
        self._active: dict[str, Entry] = {}
        self._tokens: dict[str, str] = {}

    def add(self, entry: Entry) -> None:
        """Keep a statement, and remember its client token."""
        statement_id = entry.work.statement_id
        self._entries[statement_id] = self._active[statement_id] = entry
        self._order.append(statement_id)
        if token := entry.request.get("ClientToken"):
            self._tokens[token] = statement_id

    def get(self, statement_id: str) -> Entry:
        """Return a statement, or raise ResourceNotFoundException."""
        entry = self._entries.get(statement_id)
        if entry is None:
            raise not_found("Query does not exist.", statement_id)
        return entry

    def submitted_with(self, token: str | None, since: float) -> Entry | None:
        """Return the statement submitted with that client token at or after a moment."""
        statement_id = self._tokens.get(token) if token else None
        entry = self._entries[statement_id] if statement_id else None
        return entry if entry and entry.work.created_at >= since else None

    def active_count(self) -> int:
        """Count the statements that have not ended."""
        ended = [key for key, entry in self._active.items() if entry.run.progress().status.ended]
        for key in ended:
            del self._active[key]
        return len(self._active)

    def newest_first(
        self, position: int | None, matches: Callable[[Entry], bool]
    ) -> Iterator[tuple[int, Entry]]:
        """Yield position and statement from a position downwards (None: from the newest)."""
        start = len(self._order) if position is None else min(position, len(self._order))
        for index in range(start - 1, -1, -1):
            entry = self._entries[self._order[index]]
            if matches(entry):
                yield index, entry
