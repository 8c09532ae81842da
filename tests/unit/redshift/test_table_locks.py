import pytest

from orchbench.redshift.table_locks import lock_statements, written_tables


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("DELETE FROM mart", ("mart",)),
        ("delete from mart;", ("mart",)),
        ("DELETE FROM mart WHERE id IN (SELECT id FROM other)", ("mart",)),
        ("INSERT INTO mart SELECT * FROM orders", ("mart",)),
        ("INSERT INTO mart(a, b) VALUES (1, 2)", ("mart",)),
        ("insert into sales.mart values (1)", ("sales.mart",)),
        ('INSERT INTO "Sales"."My Mart" VALUES (1)', ('"Sales"."My Mart"',)),
        ("-- refresh\n/* all */ UPDATE mart SET a = 1", ("mart",)),
        ("UPDATE mart m SET a = 1 FROM other", ("mart",)),
        ("TRUNCATE mart", ("mart",)),
        ("TRUNCATE TABLE mart, sales.other;", ("mart", "sales.other")),
        ("MERGE INTO mart USING other ON mart.id = other.id WHEN MATCHED THEN DELETE", ("mart",)),
        ("COPY mart FROM 's3://bucket/key' IAM_ROLE 'x'", ("mart",)),
        ("WITH x AS (SELECT 1) INSERT INTO mart SELECT * FROM x", ("mart",)),
        ("SELECT * FROM mart FOR UPDATE", ()),
        ("SELECT 'DELETE FROM mart'", ()),
        ("CREATE TABLE mart AS SELECT 1", ()),
        ("WITH x AS (SELECT 1) SELECT * FROM x", ()),
        ("VACUUM mart", ()),
        ("GRANT INSERT, DELETE ON mart TO reader", ()),
        ("CREATE PROCEDURE p() AS $$ BEGIN DELETE FROM mart; END $$ LANGUAGE plpgsql", ()),
        ("DROP TABLE mart", ()),
        ("WITH RECURSIVE x(n) AS (SELECT 1), y AS (SELECT 2) DELETE FROM mart", ("mart",)),
        ("WITH", ()),
        ("", ()),
    ],
)
def test_the_tables_that_a_statement_writes_are_found(sql: str, tables: tuple[str, ...]) -> None:
    assert written_tables(sql) == tables


def test_a_writer_blocks_writers_and_no_reader() -> None:
    assert lock_statements("DELETE FROM mart") == ("LOCK TABLE mart IN SHARE ROW EXCLUSIVE MODE",)
