"""The clock that the local Data API lives on. Virtual clocks implement the same protocol elsewhere."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tell the time and let it pass."""

    def now(self) -> float:
        """Return seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Return when that much time has passed. A virtual clock advances and fires what is due."""


class WallClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""
        time.sleep(max(0.0, seconds))
