"""Watches the local Data API for SQL that Redshift may not take, and tells of each text once.

It keeps hashes and what was found, and no SQL. Nothing is refused, and what it says names a construct and a
position alone.
"""

import hashlib
import logging
import threading
from collections.abc import Sequence

from orchbench.redshift.dialect import differences

log = logging.getLogger(__name__)

LONGEST_TEXT = 20_000
"""Characters. A longer text would hold up the answer to its caller; a look at the file has the time."""
MOST_TEXTS = 10_000


class DialectWatch:
    """Looks at each text once; any thread may ask it to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[bytes] = set()
        self._warnings: list[str] = []

    def look(self, statement_id: str, sqls: Sequence[str]) -> None:
        """Look at what was accepted under an id of the Data API, as far as it is new."""
        for number, sql in enumerate(sqls, start=1):
            if self._is_new(sql):
                self._tell([f"SQL {number} of statement {statement_id}, {said}" for said in _said(sql)])

    def warnings(self) -> list[str]:
        """Return all that was told so far, in its order."""
        with self._lock:
            return list(self._warnings)

    def _is_new(self, sql: str) -> bool:
        digest = hashlib.sha256(sql.encode(errors="surrogatepass")).digest()
        with self._lock:
            if digest in self._seen or len(self._seen) >= MOST_TEXTS:
                return False
            self._seen.add(digest)
            return True

    def _tell(self, warnings: Sequence[str]) -> None:
        for one in warnings:
            log.warning("%s", one)
        with self._lock:
            self._warnings.extend(warnings)


def _said(sql: str) -> list[str]:
    if len(sql) > LONGEST_TEXT:
        return [
            f"of {len(sql):,} characters, is too long to be looked at here: use `orchbench check --sql-file`."
        ]
    return [f"line {one.line}: {one.said}" for one in differences(sql)]
