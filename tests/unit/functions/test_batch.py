"""The table of inputs: what is a batch, and the one sentence that each wrong input gets."""

from pathlib import Path
from typing import Any

import pytest

from redshift_batch import errors
from redshift_batch.batch import LONGEST_STATEMENT_BYTES, MOST_STATEMENTS, parse_batch
from redshift_batch.model import AdaptivePoll, Batch, ExecutionMode, FixedPoll
from redshift_batch.settings import Settings
from redshift_batch.sql_text import split

BUNDLED_ONLY = Settings(database="dev", workgroup_name="wg")
INLINE = Settings(database="dev", workgroup_name="wg", inline_sql_allowed=True)


def test_an_empty_input_is_the_articles_batch_and_its_polling() -> None:
    batch = parse_batch({}, BUNDLED_ONLY)
    assert [statement.split()[0] for statement in batch.statements] == ["--", "INSERT"]
    assert "DELETE FROM public.mart_customer_summary" in batch.statements[0]
    assert batch.timeout_seconds == 3600
    assert batch.poll == FixedPoll(interval_seconds=10, budget=True)
    assert batch.fallback == FixedPoll(interval_seconds=1800, budget=True)
    assert batch.execution_mode is ExecutionMode.TRANSACTION


def test_an_input_can_say_everything() -> None:
    event = {
        "statements": ["SELECT :low", "SELECT ':not_one', :high"],
        "timeout_seconds": 7200,
        "poll": {"policy": "adaptive", "share": 0.1, "minimum_seconds": 3, "maximum_seconds": 60},
        "parameters": {"low": "a", "high": 2},
        "execution_mode": "AUTO_COMMIT",
    }
    assert parse_batch(event, INLINE) == Batch(
        statements=("SELECT :low", "SELECT ':not_one', :high"),
        timeout_seconds=7200,
        poll=AdaptivePoll(share=0.1, minimum_seconds=3, maximum_seconds=60),
        fallback=FixedPoll(interval_seconds=1800),
        parameters=(("low", "a"), ("high", "2")),
        execution_mode=ExecutionMode.AUTO_COMMIT,
    )


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("SELECT 1;; ;SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("-- nothing\n;/* more of it */;\nSELECT 1", ["SELECT 1"]),
        ("; SELECT 1; -- the end\n;", ["SELECT 1"]),
        ("/* why */ SELECT 1;", ["/* why */ SELECT 1"]),
        ("SELECT ';' ; SELECT $$a;b$$", ["SELECT ';'", "SELECT $$a;b$$"]),
        ("SELECT 1 -- the end", ["SELECT 1 -- the end"]),
        ("SELECT 1 # 2; SELECT 2", ["SELECT 1 # 2", "SELECT 2"]),
        ("", []),
        ("-- only a comment", []),
        ("/* only;a;comment */", []),
    ],
)
def test_sql_is_split_and_what_holds_no_statement_is_dropped(sql: str, statements: list[str]) -> None:
    assert split(sql) == statements


BAD_INPUTS: list[tuple[Any, type[errors.InvalidBatch], str]] = [
    ([], errors.InvalidInput, "a list: it takes a JSON object"),
    ("text", errors.InvalidInput, "text: it takes a JSON object"),
    (None, errors.InvalidInput, "null: it takes a JSON object"),
    (3, errors.InvalidInput, "a number: it takes a JSON object"),
    ({"sqlfile": "a.sql"}, errors.InvalidInput, "unknown key 'sqlfile'"),
    ({"sql": "SELECT 1", "sql_file": "a.sql"}, errors.InvalidInput, "sql_file and sql"),
    ({"sql": 1}, errors.InvalidInput, "'sql' is a number: it takes text"),
    ({"statements": "SELECT 1"}, errors.InvalidInput, "a list of texts"),
    ({"statements": ["SELECT 1", 2]}, errors.InvalidInput, "a list of texts"),
    ({"statements": ["SELECT 1; SELECT 2"]}, errors.InvalidInput, "Item 1 of 'statements'"),
    ({"sql": "SELECT 1", "execution_mode": "SERIAL"}, errors.InvalidInput, "'TRANSACTION' or 'AUTO_COMMIT'"),
    ({"sql": "SELECT 1", "execution_mode": []}, errors.InvalidInput, "'TRANSACTION' or 'AUTO_COMMIT'"),
    ({"sql": ""}, errors.EmptyBatch, "no statement"),
    ({"sql": ";; -- nothing\n;"}, errors.EmptyBatch, "no statement"),
    ({"statements": []}, errors.EmptyBatch, "no statement"),
    ({"sql": "SELECT 1;" * (MOST_STATEMENTS + 1)}, errors.TooManyStatements, "holds 41 statements"),
    (
        {"sql": f"SELECT '{'é' * (LONGEST_STATEMENT_BYTES // 2)}'"},
        errors.StatementTooLong,
        "Statement 1 has 204809 bytes",
    ),
    ({"sql": "BEGIN; SELECT 1"}, errors.TransactionControlInBatch, "Statement 1 is BEGIN"),
    ({"sql": "SELECT 1; commit"}, errors.TransactionControlInBatch, "Statement 2 is COMMIT"),
    ({"sql": "/* x */ ROLLBACK"}, errors.TransactionControlInBatch, "Statement 1 is ROLLBACK"),
    ({"sql": "start transaction"}, errors.TransactionControlInBatch, "Statement 1 is START"),
    ({"sql": "-- tidy up\nvacuum full t"}, errors.StatementNeedsAutoCommit, "(VACUUM)"),
    ({"sql": "ALTER TABLE a APPEND FROM b"}, errors.StatementNeedsAutoCommit, "AUTO_COMMIT"),
    ({"sql": "alter table s.t alter column c type varchar(9)"}, errors.StatementNeedsAutoCommit, "AUTO"),
    ({"sql": "SELECT '\ud800'"}, errors.InvalidInput, "half a surrogate pair"),
    ({"sql": "SELECT :a", "parameters": {"a": "\ud800"}}, errors.InvalidParameters, "'a' is text"),
    ({"sql": "CREATE EXTERNAL TABLE s.t (a int)"}, errors.StatementNeedsAutoCommit, "AUTO_COMMIT"),
    ({"sql_file": "../handler.py"}, errors.SqlFileNotAllowed, "outside the bundled folder"),
    ({"sql_file": "/etc/passwd"}, errors.SqlFileNotAllowed, "outside the bundled folder"),
    ({"sql_file": "setup/../../telemetry.py"}, errors.SqlFileNotAllowed, "outside the bundled folder"),
    ({"sql_file": "nowhere.sql"}, errors.SqlFileNotAllowed, "there are refresh_customer_summary.sql"),
    ({"sql_file": "../setup/grants.sql"}, errors.SqlFileNotAllowed, "outside the bundled folder"),
    ({"sql_file": "."}, errors.SqlFileNotAllowed, "no bundled SQL file '.'"),
    ({"sql_file": ""}, errors.SqlFileNotAllowed, "'sql_file' is empty"),
    ({"sql_file": 1}, errors.SqlFileNotAllowed, "the name of a bundled file"),
    ({"sql_file": "a\0b"}, errors.SqlFileNotAllowed, "cannot be read"),
    ({"sql_file": "a" * 5000}, errors.SqlFileNotAllowed, "cannot be read"),
    ({"sql": "SELECT :a", "parameters": []}, errors.InvalidParameters, "a list: it takes an object"),
    ({"sql": "SELECT :a", "parameters": {"a": None}}, errors.InvalidParameters, "'a' is null"),
    ({"sql": "SELECT :a", "parameters": {"a": ""}}, errors.InvalidParameters, "'a' is empty"),
    ({"sql": "SELECT :a", "parameters": {"a": True}}, errors.InvalidParameters, "text or a number"),
    ({"sql": "SELECT :a", "parameters": {"a": "1", "b": "2"}}, errors.InvalidParameters, "'b' is used by no"),
    ({"sql": "SELECT ':a'", "parameters": {"a": "1"}}, errors.InvalidParameters, "'a' is used by no"),
    ({"sql": "SELECT 1::a", "parameters": {"a": "1"}}, errors.InvalidParameters, "'a' is used by no"),
    ({"sql": "SELECT 1", "parameters": {"": "1"}}, errors.InvalidParameters, "empty name"),
    ({"timeout_seconds": 0}, errors.InvalidTimeout, "from 1 to 86400"),
    ({"timeout_seconds": 86_401}, errors.InvalidTimeout, "from 1 to 86400"),
    ({"timeout_seconds": 1.5}, errors.InvalidTimeout, "a whole number"),
    ({"timeout_seconds": "60"}, errors.InvalidTimeout, "a whole number"),
    ({"timeout_seconds": True}, errors.InvalidTimeout, "a whole number"),
    ({"poll": 10}, errors.InvalidPollPolicy, "it takes an object"),
    ({"fallback": 10}, errors.InvalidPollPolicy, "'fallback' is a number: it takes an object"),
    ({"fallback": {"share": 0.5}}, errors.InvalidPollPolicy, "'fallback.share' does not go with the fixed"),
    ({"fallback": {"interval_seconds": 0}}, errors.InvalidPollPolicy, "'fallback.interval_seconds' is 0"),
    ({"poll": {"policy": "eager"}}, errors.InvalidPollPolicy, "'fixed' or 'adaptive'"),
    ({"poll": {"policy": []}}, errors.InvalidPollPolicy, "'fixed' or 'adaptive'"),
    ({"poll": {"share": 0.5}}, errors.InvalidPollPolicy, "'poll.share' does not go with the fixed policy"),
    ({"poll": {"interval_seconds": 0}}, errors.InvalidPollPolicy, "from 1 to 86400"),
    ({"poll": {"interval_seconds": 2.5}}, errors.InvalidPollPolicy, "whole number of seconds"),
    ({"poll": {"interval_seconds": float("nan")}}, errors.InvalidPollPolicy, "whole number of seconds"),
    ({"poll": {"budget": "yes"}}, errors.InvalidPollPolicy, "true or false"),
    ({"poll": {"policy": "adaptive", "share": 0}}, errors.InvalidPollPolicy, "above 0, and 1 at most"),
    ({"poll": {"policy": "adaptive", "share": float("nan")}}, errors.InvalidPollPolicy, "above 0"),
    (
        {"poll": {"policy": "adaptive", "minimum_seconds": 10, "maximum_seconds": 5}},
        errors.InvalidPollPolicy,
        "the minimum is the smaller one",
    ),
]


@pytest.mark.parametrize(("event", "error", "words"), BAD_INPUTS)
def test_a_wrong_input_is_refused_with_its_own_sentence(
    event: Any, error: type[errors.InvalidBatch], words: str
) -> None:
    with pytest.raises(errors.InvalidBatch) as caught:
        parse_batch(event, INLINE)
    assert caught.type is error
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("event", [{"sql": "SELECT 1"}, {"statements": ["SELECT 1"]}])
def test_inline_sql_is_refused_where_the_deployment_does_not_allow_it(event: Any) -> None:
    with pytest.raises(errors.InlineSqlNotAllowed, match="deploy with InlineSqlAllowed=true"):
        parse_batch(event, BUNDLED_ONLY)


def test_a_timeout_beyond_what_is_deployed_is_refused() -> None:
    deployed = Settings(database="dev", workgroup_name="wg", longest_timeout_seconds=900)
    with pytest.raises(errors.InvalidTimeout, match="from 1 to 900, the longest that this deployment"):
        parse_batch({"timeout_seconds": 901}, deployed)
    assert parse_batch({}, deployed).timeout_seconds == 900


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "sql"
    folder.mkdir()
    (tmp_path / "secret.sql").write_text("SELECT 1")
    (folder / "link.sql").symlink_to(tmp_path / "secret.sql")
    settings = Settings(database="dev", workgroup_name="wg", sql_folder=folder)
    with pytest.raises(errors.SqlFileNotAllowed, match="outside the bundled folder"):
        parse_batch({"sql_file": "link.sql"}, settings)


def test_a_file_in_a_subfolder_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "daily").mkdir()
    (tmp_path / "daily" / "one.sql").write_text("SELECT 1;")
    settings = Settings(database="dev", workgroup_name="wg", sql_folder=tmp_path)
    assert parse_batch({"sql_file": "daily/one.sql"}, settings).statements == ("SELECT 1",)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.sql").write_bytes(b"\xff\xfe\x00")
    settings = Settings(database="dev", workgroup_name="wg", sql_folder=tmp_path)
    with pytest.raises(errors.SqlFileNotAllowed, match="is not UTF-8 text"):
        parse_batch({"sql_file": "binary.sql"}, settings)


def test_vacuum_and_begin_are_allowed_outside_a_transaction() -> None:
    event = {"sql": "VACUUM t; BEGIN", "execution_mode": "AUTO_COMMIT"}
    assert parse_batch(event, INLINE).statements == ("VACUUM t", "BEGIN")


@pytest.mark.parametrize("sql", ["ALTER TABLE t RENAME TO append", "ALTER TABLE t ADD COLUMN c INT"])
def test_what_can_run_in_a_transaction_is_let_through(sql: str) -> None:
    assert parse_batch({"sql": sql}, INLINE).statements == (sql,)


@pytest.mark.slow
def test_a_statement_of_many_tokens_and_deep_brackets_is_read_like_any_other() -> None:
    rows = ", ".join(f"({n}, 'a', :who)" for n in range(5_000))
    sql = f"INSERT INTO t VALUES {rows}; SELECT {'(' * 500}1{')' * 500}"
    batch = parse_batch({"sql": sql, "parameters": {"who": "me"}}, INLINE)
    assert len(batch.statements) == 2


def test_a_batch_may_hold_forty_statements_of_200_kilobytes() -> None:
    statement = f"SELECT '{'x' * (LONGEST_STATEMENT_BYTES - 9)}'"
    assert len(statement) == LONGEST_STATEMENT_BYTES
    batch = parse_batch({"statements": [statement] + ["SELECT 1"] * (MOST_STATEMENTS - 1)}, INLINE)
    assert len(batch.statements) == MOST_STATEMENTS


def test_no_error_shows_a_parameters_value() -> None:
    with pytest.raises(errors.InvalidParameters) as caught:
        parse_batch({"sql": "SELECT 1", "parameters": {"pin": "s3cret"}}, INLINE)
    assert "s3cret" not in str(caught.value)
