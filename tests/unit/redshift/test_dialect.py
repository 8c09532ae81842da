import json
import logging
from typing import Any

import pytest

from orchbench.redshift.dialect import ENTRIES, differences, entries
from orchbench.redshift.dialect_watch import LONGEST_TEXT, DialectWatch


def constructs(sql: str) -> list[str]:
    return [one.entry.construct for one in differences(sql)]


@pytest.mark.parametrize(
    ("sql", "construct"),
    [
        ("INSERT INTO t SELECT a, CURRENT_TIMESTAMP FROM s", "CURRENT_TIMESTAMP"),
        ("SELECT pg_catalog.now()", "NOW()"),
        ("SELECT Now ( ) FROM t", "NOW()"),
        ('SELECT "now"() FROM t', "NOW()"),
        ('SELECT pg_catalog."now"()', "NOW()"),
        (
            "MERGE INTO t USING s ON t.a = s.a WHEN NOT MATCHED THEN DO NOTHING",
            "DO NOTHING",
        ),
        ("SELECT current_schema() FROM t", "CURRENT_SCHEMA, CURRENT_SCHEMAS"),
        ("SELECT n FROM generate_series(1, 3) AS n", "GENERATE_SERIES(), GENERATE_SUBSCRIPTS()"),
        ("SELECT string_agg(a, ',') FROM t", "STRING_AGG()"),
        ("SELECT a IS NOT DISTINCT FROM b FROM t", "IS DISTINCT FROM"),
        ("SELECT '{}'::jsonb", "JSON, JSONB"),
        ("SELECT json '{}'", "JSON, JSONB"),
        ("SELECT CAST(a AS uuid) FROM t", "UUID"),
        ("CREATE TABLE IF NOT EXISTS s.t (a int, id bigserial)", "SERIAL"),
        ("ALTER TABLE t ADD COLUMN note text", "TEXT"),
        ("CREATE TABLE t (tags varchar(9)[])", "an array type"),
        ("SELECT ARRAY[1, 2]", "ARRAY[...]"),
        ("SELECT a ->> 'b' FROM t", "a JSON or array operator"),
        ("CREATE UNIQUE INDEX i ON t (a)", "an index"),
        ("-- first\nCREATE SEQUENCE s", "a sequence"),
        ("DO $$ BEGIN NULL; END $$", "DO"),
        ("SELECT * FROM (VALUES (1)) AS v", "VALUES as a table"),
        ("CREATE TABLE t (a int) PARTITION BY RANGE (a)", "a partitioned table"),
        ("CREATE TABLE t (a int CHECK (a > 0))", "a check or exclusion constraint"),
        ("ALTER TABLE t ADD a int, ADD b int", "several ADD COLUMN"),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "ON CONFLICT"),
        ("DELETE FROM t RETURNING a", "RETURNING"),
        ("SELECT DISTINCT ON (a) a, b FROM t", "DISTINCT ON"),
        ("SELECT count(*) FILTER (WHERE a > 1) FROM t", "FILTER (WHERE ...)"),
        ("SELECT a FROM t FOR UPDATE", "FOR UPDATE, FOR SHARE"),
        ("VACUUM (FULL) t", "VACUUM with PostgreSQL's options"),
    ],
)
def test_what_postgresql_alone_takes_is_named(sql: str, construct: str) -> None:
    assert constructs(sql) == [construct]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a -- CURRENT_TIMESTAMP\nFROM t /* now() */",
        "SELECT 'now()', E'it''s \\'now()', \"now\" FROM \"generate_series\"",
        'INSERT INTO "now" (a) SELECT own."now"() FROM t',
        'CREATE TABLE "now" (a int)',
        'SELECT "localtime" FROM t',
        "CREATE PROCEDURE p() AS $$ BEGIN PERFORM now(); END $$ LANGUAGE plpgsql",
        "CREATE PROCEDURE p() AS $body$ SELECT now() $body$ LANGUAGE plpgsql",
        "SELECT t.current_timestamp, own.now(), a AS current_timestamp FROM t",
        "CREATE TABLE t (uuid varchar(36), json super, now timestamp, text varchar(9))",
        "SELECT current_schema()",
        "SELECT has_table_privilege('u', 'public.orders', 'SELECT')",
        "SELECT current_schema(), relname FROM pg_class",
        "SELECT extract(epoch FROM getdate()), current_schema()",
        "SELECT x AS json FROM (SELECT a AS uuid FROM t) AS q",
        "INSERT INTO t VALUES (1, GETDATE()), (2, SYSDATE)",
        "SELECT count(*) OVER (PARTITION BY a) FROM t WHERE b # 1 = 2",
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = 1",
        "CREATE TABLE t (LIKE s) DISTKEY (a) SORTKEY (b)",
        "/* dialect: postgresql */ SELECT * FROM generate_series(1, 3)",
        "",
        ";;-- nothing",
    ],
)
def test_what_only_looks_like_it_is_not_named(sql: str) -> None:
    assert constructs(sql) == []


def test_a_difference_knows_its_statement_and_its_line_in_the_whole_text() -> None:
    sql = "-- 1\nDELETE FROM t;\n\n/* 2\n3 */ INSERT INTO t\nSELECT\n  now(), now()\nFROM s;\nSELECT now();"

    assert [(one.statement, one.line) for one in differences(sql)] == [(2, 7), (3, 9)]


def test_a_hash_is_an_operator_and_no_comment() -> None:
    assert constructs("SELECT a # b, now() FROM t") == ["NOW()"]


def test_what_is_said_names_the_construct_the_remedy_and_the_source_and_no_sql() -> None:
    (one,) = differences("INSERT INTO secret SELECT CURRENT_TIMESTAMP FROM hidden")

    assert one.said.startswith("CURRENT_TIMESTAMP: ")
    assert "Write GETDATE() (disputed; AWS: 'Date and time functions')." in one.said
    assert "secret" not in one.said
    assert "hidden" not in one.said


def test_every_entry_is_whole_and_says_how_sure_it_is() -> None:
    document = json.loads(ENTRIES.read_text(encoding="utf-8"))
    for entry in entries():
        assert entry.matches, entry.construct
        assert entry.kind in ("word", "call", "type", "start", "phrase"), entry.construct
        assert entry.sure in ("stated", "disputed", "inferred"), entry.construct
        assert f"'{entry.sure}'" in document["note"]
        assert entry.why.endswith("."), entry.construct
        assert entry.instead, entry.construct
        assert entry.source, entry.construct
        assert all(match == match.upper() for match in entry.matches), entry.construct


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.construct)
def test_every_spelling_of_the_list_can_be_met(entry: Any) -> None:
    shapes = {
        "word": "SELECT {0} FROM t",
        "call": "SELECT {0}(a) FROM t",
        "type": "SELECT a::{0} FROM t",
        "start": "{0} x",
        "phrase": "{1} x {0} y)",
    }
    for match in entry.matches:
        sql = shapes[entry.kind].format(match, *(entry.within or ("SELECT a FROM",)))
        assert entry.construct in constructs(sql), sql


def test_a_text_is_told_once_however_often_and_by_whomever_it_is_run(caplog: Any) -> None:
    watch = DialectWatch()
    sqls = ["SELECT 1", "INSERT INTO hidden SELECT now() FROM secret"]

    with caplog.at_level(logging.INFO):
        watch.look("first", sqls)
        watch.look("second", sqls)

    (said,) = watch.warnings()
    assert said.startswith("SQL 2 of statement first, line 1: NOW(): ")
    assert [record.getMessage() for record in caplog.records] == [said]
    assert "hidden" not in caplog.text


def test_a_text_that_would_hold_up_its_caller_is_named_and_not_looked_at() -> None:
    watch = DialectWatch()

    watch.look("long", ["SELECT now() -- " + "x" * LONGEST_TEXT])

    (said,) = watch.warnings()
    assert "use `orchbench check --sql-file`" in said
    assert "NOW" not in said
