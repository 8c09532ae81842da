"""Gives the functions' database user what the bundled batch needs: functions/setup/grants.sql, filled in."""

from pathlib import Path

import sqlparse

from orchbench.deployment.warehouse import RunsSql

GRANTS = Path("functions/setup/grants.sql")
PLACEHOLDER = "IAMR:<role name>"
REDSHIFT_ALONE = " PASSWORD DISABLE"
"""PostgreSQL has users without a password anyway."""


def grant(warehouse: RunsSql, user: str, folder: Path, *, postgresql: bool = False) -> str:
    """Create the user where it is missing, run every grant, and say what was done.

    Args:
        warehouse: as somebody who may create users, and grant on the tables.
        user: the stack's output DatabaseUser.
        folder: the project's.
        postgresql: whether PostgreSQL stands in for Redshift.
    """
    create, *grants = sqlparse.split(sqlparse.format((folder / GRANTS).read_text(), strip_comments=True))
    named = user.replace('"', '""')
    quoted = user.replace("'", "''")
    if not warehouse.rows(f"SELECT 1 FROM pg_user WHERE usename = '{quoted}'", "Looking for the user"):  # noqa: S608
        create = create.replace(REDSHIFT_ALONE, "") if postgresql else create
        warehouse.run(create.replace(PLACEHOLDER, named), "Creating the functions' user")
    for one in grants:
        warehouse.run(one.replace(PLACEHOLDER, named), "Granting")
    return f'"{user}" may run the bundled batch'
