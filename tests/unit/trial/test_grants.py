"""The grants of functions/setup, run for the functions' own user."""

from pathlib import Path

import pytest

from orchbench.trial.grants import grant

ROOT = Path(__file__).resolve().parents[3]
USER = "IAMR:orchbench-trial-DataApiRole-1A2B"


class Database:
    """Keeps what is run; a user is there or not."""

    def __init__(self, *, has_user: bool) -> None:
        self.has_user, self.ran = has_user, list[str]()

    def run(self, sql: str, what: str) -> str:
        self.ran.append(" ".join(sql.split()))
        return "id"

    def rows(self, sql: str, what: str) -> list[tuple[int]]:
        return [(1,)] if self.has_user else []


@pytest.mark.parametrize(
    ("postgresql", "created"),
    [(False, f'CREATE USER "{USER}" PASSWORD DISABLE;'), (True, f'CREATE USER "{USER}";')],
)
def test_a_user_that_is_missing_is_created_without_a_password(postgresql: bool, created: str) -> None:
    database = Database(has_user=False)
    grant(database, USER, ROOT, postgresql=postgresql)
    assert database.ran == [
        created,
        f'GRANT USAGE ON SCHEMA public TO "{USER}";',
        f'GRANT SELECT ON public.orders TO "{USER}";',
        f'GRANT SELECT, INSERT, DELETE ON public.mart_customer_summary TO "{USER}";',
    ]


def test_a_user_that_is_there_is_granted_to_and_not_created_again() -> None:
    database = Database(has_user=True)
    grant(database, USER, ROOT)
    assert [one.split()[0] for one in database.ran] == ["GRANT"] * 3
