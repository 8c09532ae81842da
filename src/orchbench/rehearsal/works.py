"""Which work an execution does at a moment, as its host hears of it, and how often it began each."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from orchbench.trace import Work


class Works:
    """Follows one execution through its states or steps.

    Args:
        named: which state, step or integration does which work, as its way states it.
    """

    def __init__(self, named: Mapping[str, Work] | None = None) -> None:
        self.current: Work | None = None
        self._named = named or {}
        self._begun: Counter[Work] = Counter()
        self._awaited: dict[tuple[Work, int], list[Callable[[], None]]] = {}

    def at(self, work: Work, nth: int, action: Callable[[], None]) -> None:
        """Have something done when a work begins for the nth time, counted from 1."""
        self._awaited.setdefault((work, nth), []).append(action)

    def begins(self, name: str, *, again: bool = False) -> None:
        """Note that a state or a step begins.

        Args:
            again: whether this is another attempt at what has begun before.
        """
        self.current = self._named.get(name)
        if self.current is not None and not again:
            self._begun[self.current] += 1
            for action in self._awaited.pop((self.current, self._begun[self.current]), ()):
                action()

    def ends(self) -> None:
        """Note that what began last is over."""
        self.current = None

    def times(self, work: Work) -> int:
        """Return how often a work was begun by now."""
        return self._begun[work]

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let something happen that is not the execution's own work, whatever it is at."""
        current, self.current = self.current, None
        try:
            yield
        finally:
            self.current = current
