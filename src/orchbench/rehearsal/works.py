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
        self.current = None
        work = self._named.get(name)
        if work is not None:
            self._start(work, again=again)

    def _start(self, work: Work, *, again: bool) -> None:
        self.current = work
        if not again:
            self._begun[work] += 1
            for action in self._awaited.pop((work, self._begun[work]), ()):
                action()

    def ends(self) -> None:
        """Note that what began last is over."""
        self.current = None

    def times(self, work: Work) -> int:
        """Return how often a work was begun by now."""
        return self._begun[work]

    @contextmanager
    def aside(self, work: Work | None = None, *, again: bool = False) -> Iterator[None]:
        """Let something happen beside what the execution is at.

        Args:
            work: that is done for the execution there; None for none.
            again: whether this is another attempt at what has begun before.
        """
        current, self.current = self.current, None
        try:
            if work is not None:
                self._start(work, again=again)
            yield
        finally:
            self.current = current
