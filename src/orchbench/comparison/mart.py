"""Whether a run left the mart as it must be: compared with an aggregate of ``orders`` written another way.

The batch counts distinct orders by customer in one GROUP BY. Here each order is summed up first and the
customers' orders then, and the two are compared row by row in Python. A mart too large to fetch is compared
by its totals, and the answer says so.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from orchbench.comparison.seed import orders_count
from orchbench.deployment.warehouse import Row, RunsSql
from orchbench.trace import Json

CHECKED_FILE = "refresh_customer_summary.sql"
MOST_ROWS = 50_000
MOST_LOOKS, PAUSE_SECONDS = 8, 0.25

INDEPENDENT = """
SELECT customer_id, COUNT(*), CAST(SUM(amount) AS varchar), CAST(MAX(order_date) AS varchar)
FROM (
    SELECT customer_id, order_id, SUM(quantity * unit_price) AS amount, MAX(order_date) AS order_date
    FROM public.orders GROUP BY customer_id, order_id
) AS one_row_an_order
GROUP BY customer_id
"""
MART = """
SELECT customer_id, total_orders, CAST(total_amount AS varchar), CAST(last_order_date AS varchar)
FROM public.mart_customer_summary
"""
STAMPS = """
SELECT COUNT(*), CAST(MIN(updated_at) AS varchar), CAST(MAX(updated_at) AS varchar),
    MAX(updated_at) < GETDATE()
FROM public.mart_customer_summary
"""
TOTALS = """
SELECT COUNT(*), SUM(total_orders), CAST(SUM(CAST(total_amount AS decimal(38, 2))) AS varchar),
    MAX(last_order_date)
FROM ({rows}) AS rows_of_the_mart (customer_id, total_orders, total_amount, last_order_date)
"""

Comparable = tuple[int, Decimal, str]


@dataclass(frozen=True)
class MartCheck:
    """What a look at the mart found.

    Attributes:
        outcome: ``right``, ``wrong`` or ``not checked``.
        said: one sentence: how it was compared, and what differs.
    """

    outcome: str
    said: str

    def to_json(self) -> Json:
        """Return it as JSON values."""
        return {"outcome": self.outcome, "said": self.said}


@dataclass(frozen=True)
class Stamp:
    """When the mart was written: its rows, and their first and last ``updated_at``."""

    rows: int
    first: str | None
    last: str | None


class MartChecker:
    """Compares the mart with what ``orders`` held when the checker was made."""

    def __init__(self, warehouse: RunsSql, sleep: Callable[[float], None] = time.sleep) -> None:
        self._warehouse = warehouse
        self._sleep = sleep
        self._orders = orders_count(warehouse)
        customers = warehouse.rows(
            "SELECT COUNT(DISTINCT customer_id) FROM public.orders", "Counting customers"
        )
        self._by_rows = int(customers[0][0]) <= MOST_ROWS
        self._expected = self._read(INDEPENDENT, "The independent aggregate")

    def stamp(self) -> Stamp:
        """Return when the mart was written, as soon as a run that begins now would write another time.

        GETDATE() counts whole seconds, so two quick runs could carry one and the same.
        """
        for _look in range(MOST_LOOKS):
            stamp, is_past = self._read_stamp()
            if is_past or stamp.last is None:
                break
            self._sleep(PAUSE_SECONDS)
        return stamp

    def _read_stamp(self) -> tuple[Stamp, bool]:
        rows, first, last, is_past = self._warehouse.rows(STAMPS, "Reading the mart's time stamps")[0]
        return Stamp(int(rows), first, last), bool(is_past)

    def check(self, before: Stamp) -> MartCheck:
        """Compare the mart after a run; ``before`` is its stamp from before the run."""
        after, _is_past = self._read_stamp()
        wrong = self._wrong(before, after)
        if wrong is None:
            return MartCheck(
                "right", f"{self._how(after.rows)}: all as an independent aggregate of orders has it."
            )
        if orders_count(self._warehouse) != self._orders:
            return MartCheck("not checked", "The orders changed while the comparison ran.")
        return MartCheck("wrong", wrong)

    def _wrong(self, before: Stamp, after: Stamp) -> str | None:
        """Return what is wrong with the mart, or None."""
        if after.rows and after.last == before.last:
            return "The mart's updated_at has not moved: the run did not write it."
        if after.first != after.last:
            return "The mart's rows carry different updated_at: two runs wrote it."
        found = self._read(MART, "Reading the mart")
        if self._by_rows and len(found) != after.rows:
            return f"The mart has {after.rows:,} rows for {len(found):,} customers."
        differing = {key for key, value in self._expected.items() if found.get(key) != value}
        differing |= found.keys() - self._expected.keys()
        return f"{self._how(after.rows)}: {len(differing)} of them differ from orders." if differing else None

    def _how(self, rows: int) -> str:
        return f"{rows:,} rows compared one by one" if self._by_rows else f"totals of {rows:,} rows compared"

    def _read(self, sql: str, what: str) -> dict[int, Comparable]:
        if not self._by_rows:
            sql = TOTALS.format(rows=sql)
        return comparable(self._warehouse.rows(sql, what))


def comparable(rows: list[Row]) -> dict[int, Comparable]:
    """Return rows by their key, amounts as decimals: '12.50' and '12.5000' are one amount."""
    return {int(key): (int(count), Decimal(amount), str(date)) for key, count, amount, date in rows}
