"""How many calls of each operation there were, how many ended in which error, and the most in one second.

A tally for whoever puts load on the local Data API; it keeps no call and no parameter.
"""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Tally:
    calls: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    second: int = 0
    in_second: int = 0
    most_a_second: int = 0


class CallCounts:
    """Counts calls; any thread may note one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: defaultdict[str, _Tally] = defaultdict(_Tally)

    def note(self, operation: str, error_code: str | None, moment: float) -> None:
        """Count one call that was answered, with an error or without.

        Args:
            operation: of the Data API.
            error_code: of the answer; None for one without an error.
            moment: of the answer, in seconds since the epoch.
        """
        with self._lock:
            tally = self._tallies[operation]
            tally.calls += 1
            if error_code is not None:
                tally.errors[error_code] += 1
            second = int(moment)
            tally.in_second = tally.in_second + 1 if second == tally.second else 1
            tally.second = second
            tally.most_a_second = max(tally.most_a_second, tally.in_second)

    def to_json(self) -> dict[str, dict[str, object]]:
        """Return, for each operation called, its calls, its errors by code, and the most in one second."""
        with self._lock:
            return {
                operation: {
                    "calls": tally.calls,
                    "errors": dict(tally.errors),
                    "most_a_second": tally.most_a_second,
                }
                for operation, tally in sorted(self._tallies.items())
            }
