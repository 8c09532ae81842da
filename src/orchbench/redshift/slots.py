"""The places in which requests run: a first-come queue that a waiting request can leave."""

import threading
from collections import deque
from collections.abc import Callable


class Slots:
    """A fixed number of places, given out in the order of the tickets."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()

    def ticket(self) -> object:
        """Take a place in the queue."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        return ticket

    def acquire(self, ticket: object, given_up: Callable[[], bool]) -> bool:
        """Wait for a place; return False without one if the caller gave up (`wake` makes this look again)."""
        with self._changed:
            self._changed.wait_for(lambda: given_up() or (self._free > 0 and self._queue[0] is ticket))
            self._queue.remove(ticket)
            taken = not given_up()
            self._free -= taken
            self._changed.notify_all()
            return taken

    def release(self) -> None:
        """Give a place back."""
        with self._changed:
            self._free += 1
            self._changed.notify_all()

    def wake(self) -> None:
        """Let those that wait look whether they have given up."""
        with self._changed:
            self._changed.notify_all()
