"""Fills the ``orders`` table with rows that follow from their number alone, inside the database.

Every order has three lines, so that counting distinct orders is not counting rows.
"""

from pathlib import Path

import sqlparse

from orchbench.deployment.warehouse import RunsSql

TABLES = Path("functions/setup/tables.sql")
DEFAULT_ROWS = 4_000_000
"""Makes the bundled batch a query of 2 to 5 s on two cores."""
CUSTOMERS = 1000
LINES_AN_ORDER = 3

POSTGRESQL_NUMBERS = (
    "(/* dialect: postgresql */ SELECT n::bigint FROM generate_series(1, {rows}) AS n) AS numbers"
)
# Redshift's generate_series runs on the leader node alone and cannot feed an INSERT.
REDSHIFT_NUMBERS = """(
    WITH digits AS (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
        UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)
    SELECT {sum} + 1 AS n FROM {tables} WHERE {sum} < {rows}
) AS numbers"""

ORDERS = """
INSERT INTO public.orders (order_id, customer_id, order_date, quantity, unit_price)
SELECT
    (n + 2) / {lines},
    1 + ((n + 2) / {lines}) * 7919 % {customers},
    CAST('2025-01-01' AS date) + CAST(((n + 2) / {lines}) % 365 AS integer),
    1 + n % 9,
    CAST(100 + n % 9973 AS decimal(12, 2)) / 100
FROM {numbers}
"""


class TableNotEmpty(Exception):
    """The orders table of a real warehouse has rows: it is left alone."""


def create_tables(warehouse: RunsSql, folder: Path) -> None:
    """Create the tables of the bundled batch where they are missing."""
    for statement in sqlparse.split((folder / TABLES).read_text()):
        warehouse.run(statement, "Creating a table")


def seed(warehouse: RunsSql, rows: int, *, replace: bool) -> bool:
    """Fill ``orders`` and return whether there was anything to do.

    Args:
        warehouse: the tables exist there.
        rows: how many there shall be.
        replace: empty a filled table first, as on the local stack; a real one is never emptied.

    Raises:
        TableNotEmpty: the table has other rows, and ``replace`` is off.
    """
    present = orders_count(warehouse)
    if present == rows:
        return False
    if present and not replace:
        raise TableNotEmpty(f"public.orders holds {present:,} rows already, so it is not seeded.")
    if present:
        warehouse.run("TRUNCATE public.orders", "Emptying the orders")
    numbers = POSTGRESQL_NUMBERS.format(rows=rows) if replace else redshift_numbers(rows)
    warehouse.run(
        ORDERS.format(lines=LINES_AN_ORDER, customers=min(CUSTOMERS, rows), numbers=numbers),
        "Seeding the orders",
    )
    warehouse.run("ANALYZE public.orders", "Analysing the orders")
    return True


def redshift_numbers(rows: int) -> str:
    """Return the numbers from 1 as a subquery of plain joins: ten to the power of its tables, cut off."""
    power = len(str(rows - 1))
    places = [f"d{place}.d * {10**place}" for place in range(power)]
    tables = ", ".join(f"digits AS d{place}" for place in range(power))
    return REDSHIFT_NUMBERS.format(sum=f"CAST({' + '.join(places)} AS bigint)", tables=tables, rows=rows)


def orders_count(warehouse: RunsSql) -> int:
    """Return how many rows the orders table has."""
    return int(warehouse.rows("SELECT COUNT(*) FROM public.orders", "Counting the orders")[0][0])
