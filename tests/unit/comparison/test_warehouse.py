from typing import Any

import pytest

from orchbench.comparison.mart import CHECKED_FILE, INDEPENDENT, MART, STAMPS, MartChecker, Stamp
from orchbench.comparison.seed import TableNotEmpty, redshift_numbers, seed
from orchbench.deployment.warehouse import SqlFailed, Warehouse

OUTPUTS = {"Target": "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/1", "Database": "dev"}
EXPECTED = [(1, 2, "12.50", "2025-01-02"), (2, 1, "3.00", "2025-01-03")]
BEFORE = Stamp(2, "10:00", "10:00")


class Answering:
    """A database that answers each query with what it was told."""

    def __init__(self, answers: Any) -> None:
        self.answers = answers
        self.ran: list[str] = []

    def rows(self, sql: Any, what: Any) -> Any:
        return next(rows for part, rows in self.answers.items() if part in sql)

    def run(self, sql: Any, what: Any) -> Any:
        self.ran.append(sql)
        return "id"


def database(mart: Any, stamps: Any) -> Answering:
    return Answering(
        {
            "COUNT(DISTINCT customer_id)": [(2,)],
            "COUNT(*) FROM public.orders": [(3,)],
            INDEPENDENT: EXPECTED,
            MART: mart,
            STAMPS: [(*stamps, True)],
        }
    )


def checker(mart: Any, stamps: Any) -> MartChecker:
    return MartChecker(database(mart, stamps))


def test_a_mart_like_the_independent_aggregate_is_right() -> None:
    # 12.5 and 12.50 are one amount.
    mart = [(2, 1, "3.00", "2025-01-03"), (1, 2, "12.5", "2025-01-02")]

    found = checker(mart, (2, "10:05", "10:05")).check(BEFORE)

    assert (found.outcome, found.said.startswith("2 rows compared one by one")) == ("right", True)


def test_one_differing_amount_makes_the_mart_wrong() -> None:
    mart = [(1, 2, "12.51", "2025-01-02"), EXPECTED[1]]

    found = checker(mart, (2, "10:05", "10:05")).check(BEFORE)

    assert (found.outcome, "1 of them differ" in found.said) == ("wrong", True)


def test_a_missing_customer_makes_the_mart_wrong() -> None:
    assert checker(EXPECTED[:1], (1, "10:05", "10:05")).check(BEFORE).outcome == "wrong"


def test_a_customer_twice_makes_the_mart_wrong() -> None:
    found = checker([*EXPECTED, EXPECTED[0]], (3, "10:05", "10:05")).check(BEFORE)

    assert (found.outcome, found.said) == ("wrong", "The mart has 3 rows for 2 customers.")


def test_a_mart_whose_updated_at_stood_still_is_wrong_however_right_its_rows() -> None:
    assert checker(EXPECTED, (2, "10:00", "10:00")).check(BEFORE).outcome == "wrong"


def test_a_mart_written_by_two_runs_is_wrong() -> None:
    assert checker(EXPECTED, (2, "10:03", "10:05")).check(BEFORE).outcome == "wrong"


def test_a_mart_is_not_called_wrong_where_the_orders_have_changed() -> None:
    answering = database(EXPECTED[:1], (1, "10:05", "10:05"))
    made = MartChecker(answering)
    answering.answers["COUNT(*) FROM public.orders"] = [(4,)]

    assert made.check(BEFORE).outcome == "not checked"


def test_the_checked_file_is_the_one_that_is_bundled() -> None:
    from orchbench.project import project_folder

    assert (project_folder() / "functions" / "sql" / CHECKED_FILE).exists()


def test_seeding_replaces_other_rows_of_the_local_table() -> None:
    orders = Answering({"COUNT(*)": [(5,)]})

    assert seed(orders, 10, replace=True)
    assert [sql.split()[0] for sql in orders.ran] == ["TRUNCATE", "INSERT", "ANALYZE"]


def test_seeding_leaves_a_table_with_the_rows_wanted() -> None:
    orders = Answering({"COUNT(*)": [(10,)]})

    assert not seed(orders, 10, replace=True)
    assert orders.ran == []


def test_seeding_never_empties_a_real_table() -> None:
    orders = Answering({"COUNT(*)": [(5,)]})

    with pytest.raises(TableNotEmpty, match="holds 5 rows already"):
        seed(orders, 10, replace=False)
    assert orders.ran == []


def test_the_numbers_for_redshift_use_no_generate_series() -> None:
    sql = redshift_numbers(1000)

    assert "generate_series" not in sql
    assert sql.count("digits AS d") == 3


class Client:
    """A Data API that ends every statement with the status it was told."""

    def __init__(self, status: Any = "FINISHED") -> None:
        self.status = status
        self.requests: list[Any] = []

    def execute_statement(self, **request: Any) -> Any:
        self.requests.append(request)
        return {"Id": "s1"}

    def describe_statement(self, **request: Any) -> Any:
        return {"Status": self.status, "Error": "relation does not exist"}

    def get_statement_result(self, **request: Any) -> Any:
        if "NextToken" not in request:
            return {"Records": [[{"longValue": 1}, {"isNull": True}]], "NextToken": "more"}
        return {"Records": [[{"longValue": 2}, {"stringValue": "b"}]]}


def test_all_pages_of_a_result_are_read() -> None:
    assert Warehouse(Client(), OUTPUTS).rows("SELECT 1", "A query") == [(1, None), (2, "b")]


def test_a_cluster_is_named_as_one() -> None:
    client = Client()

    Warehouse(client, {"Target": "my-cluster", "Database": "dev"}).run("SELECT 1", "A query")

    assert client.requests == [{"Sql": "SELECT 1", "ClusterIdentifier": "my-cluster", "Database": "dev"}]


def test_a_failed_statement_says_what_it_was_for_and_not_its_sql() -> None:
    with pytest.raises(SqlFailed, match="A look failed: relation does not exist"):
        Warehouse(Client("FAILED"), OUTPUTS).run("SELECT secret", "A look")


def test_a_stamp_is_taken_once_the_next_run_would_carry_another_second() -> None:
    answering = database(EXPECTED, (2, "10:00:05", "10:00:05"))
    answering.answers[STAMPS] = [(2, "10:00:05", "10:00:05", False)]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        answering.answers[STAMPS] = [(2, "10:00:05", "10:00:05", len(slept) >= 3)]

    assert MartChecker(answering, sleep).stamp() == Stamp(2, "10:00:05", "10:00:05")
    assert len(slept) == 3


def test_a_stamp_of_the_future_is_not_waited_for_without_end() -> None:
    answering = database(EXPECTED, (2, "11:00", "11:00"))
    answering.answers[STAMPS] = [(2, "11:00", "11:00", False)]
    slept: list[float] = []

    assert MartChecker(answering, slept.append).stamp().last == "11:00"
    assert 1 <= sum(slept) <= 2


def test_an_empty_mart_is_not_waited_for() -> None:
    answering = database([], (0, None, None))
    answering.answers[STAMPS] = [(0, None, None, None)]

    assert MartChecker(answering, lambda _: pytest.fail("it waited")).stamp() == Stamp(0, None, None)
