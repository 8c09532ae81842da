"""The quotas of the Redshift Data API as data, and the token buckets behind its calls a second.

Sources: `redshift/latest/mgmt/data-api` and `amazon-redshift-limits` of the AWS documentation.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from orchbench.redshift.clock import Clock

CALLS_PER_SECOND: Mapping[str, float] = {
    "ExecuteStatement": 30,
    "BatchExecuteStatement": 20,
    "DescribeStatement": 100,
    "GetStatementResult": 20,
    "CancelStatement": 3,
    "ListStatements": 3,
}
DAY_SECONDS = 86_400.0
# Statement and result limits of the executors, which enforce them while a query runs.
QUERY_SECONDS = DAY_SECONDS
RESULT_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Quotas:
    """The limits that the service holds. None switches a limit off; an operation without a rate is unlimited.

    `waits_per_statement` is behind ActiveWaitingRequestsExceededException; AWS does not publish its number,
    so it is off unless set.
    """

    statements_per_batch: int | None = 40
    sql_bytes: int | None = 200 * 1024
    active_statements: int | None = 500
    waits_per_statement: int | None = None
    result_retention_seconds: float | None = DAY_SECONDS
    client_token_seconds: float = 8 * 3600.0
    calls_per_second: Mapping[str, float] = field(default_factory=lambda: CALLS_PER_SECOND)

    def scaled(self, share: float) -> Self:
        """Return the quotas with that share of the calls a second and of the active statements.

        For a load that is smaller than AWS's quotas in the same proportion.
        """
        active = self.active_statements
        return replace(
            self,
            active_statements=None if active is None else max(1, round(active * share)),
            calls_per_second={name: rate * share for name, rate in self.calls_per_second.items()},
        )


UNLIMITED = Quotas(
    statements_per_batch=None,
    sql_bytes=None,
    active_statements=None,
    result_retention_seconds=None,
    calls_per_second={},
)


class RateLimiter:
    """One token bucket an operation, which holds as many tokens as it gains in a second."""

    def __init__(self, calls_per_second: Mapping[str, float], clock: Clock) -> None:
        self._rates = calls_per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets = {operation: (rate, clock.now()) for operation, rate in calls_per_second.items()}

    def admits(self, operation: str) -> bool:
        """Take a token, or return False if there is none."""
        rate = self._rates.get(operation)
        if rate is None:
            return True
        with self._lock:
            tokens, since = self._buckets[operation]
            now = self._clock.now()
            tokens = min(max(rate, 1.0), tokens + max(0.0, now - since) * rate)
            admitted = tokens >= 1.0
            self._buckets[operation] = (tokens - admitted, now)
            return admitted
