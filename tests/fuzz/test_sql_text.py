"""The SQL splitter: what was joined comes apart again, and nothing takes long or much memory."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_batch.batch import LONGEST_STATEMENT_BYTES, MOST_STATEMENTS
from redshift_batch.sql_text import placeholders, split, words

PIECES = [
    "1",
    "a",
    "a.b",
    "'x'",
    "'it''s; here'",
    '"q;u""o"',
    "$$ a; 'b $$",
    "$t$ ; $$ ; $t$",
    "/* ; ' */",
    "-- ; '\n",
    "(1, 2)",
    ":p",
    "a::int",
    "1.5e3",
    "a # b",
    "a || b",
    "E'\\\\;'",
    "CASE WHEN a THEN 1 ELSE 2 END",
    "\N{SNOWMAN}",
]
statements = st.builds(
    lambda opening, pieces: " ".join([opening, *pieces]).strip(),
    st.sampled_from(
        ["SELECT", "INSERT INTO t SELECT", "DELETE FROM t WHERE", "UPDATE t SET a =", "/* c; */ SELECT"]
    ),
    st.lists(st.sampled_from(PIECES), max_size=6),
)
between = st.sampled_from([";", ";\n", " ; ", ";;", ";\n\n;  "])


@given(
    written=st.lists(statements, min_size=1, max_size=6),
    separator=between,
    ending=st.sampled_from(["", ";", "\n;\n"]),
)
def test_statements_that_were_joined_come_apart_again(
    written: list[str], separator: str, ending: str
) -> None:
    # A line comment at an end would take the semicolon with it.
    closed = [f"{one}\n" if "--" in one else one for one in written]
    assert split(separator.join(closed) + ending) == [one.strip() for one in written]


@given(
    sql=st.text() | st.lists(st.sampled_from([*PIECES, ";", "'", '"', "$$", "/*", "*/", "--"])).map(" ".join)
)
def test_splitting_loses_and_adds_nothing_but_semicolons_comments_and_blanks(sql: str) -> None:
    pieces = split(sql)
    rest = sql
    for piece in pieces:
        assert words(piece, at_most=1)
        before, found, rest = rest.partition(piece)
        assert found
        assert split(before) == []
    assert split(rest) == []


@given(sql=st.text())
def test_what_was_split_does_not_split_again(sql: str) -> None:
    for piece in split(sql):
        assert split(piece) == [piece]


@given(names=st.lists(st.from_regex("[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True), max_size=5))
def test_placeholders_are_found_outside_literals_and_comments_alone(names: list[str]) -> None:
    used = " + ".join(f":{name}" for name in names) or "1"
    hidden = "'a :no' || $$ :no $$ || \":no\" /* :no */ || a::text -- :no"
    assert list(placeholders(f"SELECT {used} || {hidden}")) == names


SIZE = 10_000
UNITS = [
    "(",
    ")",
    "'",
    '"',
    "`",
    "$",
    "$$ ",
    "$a$ ",
    "$1",
    "/* ",
    "/*+ ",
    "*/",
    "--",
    "--+ ",
    "\\",
    "E'\\",
    "[",
    "[a",
    ":",
    ":a ",
    "::",
    ";",
    " ",
    "\n",
    "\0",
    "\ud800",
    "\ufeff",
    "\xa0",
    "a",
    "a.",
    "1",
    "1.",
    "-1",
    "0x",
    "#",
    "@",
    "@a",
    "NOT ",
    "LEFT ",
    "OUTER ",
    "UNION ",
    "ORDER ",
    "CREATE OR ",
    "CASE ",
    "BEGIN ",
    "DECLARE ",
    "END IF ",
    "AT TIME ZONE '",
    "\N{SNOWMAN}",
]


def seconds(sql: str) -> float:
    began = time.process_time()
    for piece in split(sql):
        list(placeholders(piece))
    return time.process_time() - began


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    # A quadratic one takes 16 times as long for four times as much; the floor is for what takes nothing.
    small, large = ((unit * size)[:size] for size in (SIZE // 4, SIZE))
    # Three looks: a shared machine only ever adds to a measurement.
    assert any((took := seconds(large)) < 0.25 or took < 10 * seconds(small) for _ in range(3))


def test_dollar_tags_that_never_close_take_no_longer() -> None:
    assert seconds("".join(f"$t{number}$ " for number in range(3000))) < 3


LONG = [
    "SELECT '{}'".format("x" * (LONGEST_STATEMENT_BYTES - 9)),
    "SELECT " + "x" * (LONGEST_STATEMENT_BYTES - 7),
]


@pytest.mark.slow
@pytest.mark.parametrize("long", LONG, ids=["literal", "name"])
def test_a_batch_at_both_limits_is_split_in_time(long: str) -> None:
    sql = ";\n".join([long] * MOST_STATEMENTS)
    began = time.process_time()
    assert split(sql) == [long] * MOST_STATEMENTS
    assert time.process_time() - began < 20


@pytest.mark.slow
@pytest.mark.parametrize("long", LONG, ids=["literal", "name"])
def test_splitting_takes_no_more_memory_than_its_longest_statement_asks_for(long: str) -> None:
    sql = ";\n".join([long] * 4)
    tracemalloc.start()
    try:
        split(sql)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The lexer's expression for a literal keeps 160 bytes a character while it reads one, whatever the batch.
    assert peak < 200 * LONGEST_STATEMENT_BYTES


@pytest.mark.slow
def test_a_statement_of_many_tokens_takes_a_bounded_multiple_of_its_size() -> None:
    sql = "SELECT " + "(1)," * 1000 + "1"
    tracemalloc.start()
    try:
        split(sql)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # 500 bytes a token: a functions' 128 MB hold a statement of 200 KB.
    assert peak < 500 * len(sql)
