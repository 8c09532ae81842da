"""Arbitrary inputs of an execution: a batch that the Data API takes, or one sentence on what is wrong."""

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchbench.redshift.clock import WallClock
from orchbench.redshift.endpoint import Endpoint
from orchbench.redshift.quotas import Quotas
from orchbench.redshift.script import lasting
from orchbench.redshift.scripted import ScriptedExecutor
from orchbench.redshift.service import DataApi as Service
from redshift_batch.batch import parse_batch
from redshift_batch.errors import (
    InvalidBatch,
    InvalidInput,
    InvalidParameters,
    InvalidPollPolicy,
    SqlFileNotAllowed,
    StatementNeedsAutoCommit,
)
from redshift_batch.model import Batch
from redshift_batch.settings import Settings

SETTINGS = Settings(database="dev", workgroup_name="orders", inline_sql_allowed=True)
LONGEST_SENTENCE = 600

VALID: list[dict[str, Any]] = [
    {},
    {"sql_file": "refresh_customer_summary.sql", "timeout_seconds": 60},
    {"sql": "SELECT :a; SELECT $$;$$", "parameters": {"a": 1}, "execution_mode": "AUTO_COMMIT"},
    {"statements": ["SELECT :a", "SELECT :b"], "parameters": {"a": "x", "b": 1.5}},
    {"poll": {"policy": "fixed", "interval_seconds": 5, "budget": False}},
    {"poll": {"policy": "adaptive", "share": 0.1, "minimum_seconds": 1, "maximum_seconds": 9}},
]
words = st.sampled_from(
    [
        *(
            "SELECT",
            "VACUUM",
            "BEGIN",
            "ALTER TABLE",
            "APPEND FROM",
            ":a",
            ":b",
            ":\xf1",
            "$$",
            "'",
            ";",
            "--",
        ),
        *("/*", "*/", "\0", "\ud800", "(", "\n", "\ufeff"),
    ]
)
texts = st.text(max_size=20) | st.lists(words, max_size=8).map(" ".join)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(sorted({key for one in VALID for key in one})) | texts


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from places(value, (*path, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from places(value, (*path, index))


@st.composite
def nearly_valid(draw: st.DrawFn) -> Any:
    """Take a valid input, and replace, add or remove something anywhere in it."""
    document: Any = copy.deepcopy(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(document))))
        where = document
        for step in path[:-1]:
            where = where[step]
        change = draw(st.sampled_from(["replace", "add", "remove"]))
        if not path:
            document = document | {draw(keys): draw(values)} if isinstance(document, dict) else draw(values)
        elif change == "remove":
            del where[path[-1]]
        elif change == "add" and isinstance(where[path[-1]], dict):
            where[path[-1]][draw(texts)] = draw(values)
        else:
            where[path[-1]] = draw(values)
    return document


def parsed(document: Any) -> Batch | InvalidBatch:
    """Return the batch, or the error after a look at its sentence; anything else is raised."""
    try:
        return parse_batch(document, SETTINGS)
    except InvalidBatch as error:
        sentence = str(error)
    assert type(error_of(document)) is not InvalidBatch
    assert sentence.endswith(".")
    assert len(sentence.splitlines()) == 1
    assert len(sentence) < LONGEST_SENTENCE
    # It crosses JSON on its way to a history.
    sentence.encode()
    return error_of(document)


def error_of(document: Any) -> InvalidBatch:
    with pytest.raises(InvalidBatch) as raised:
        parse_batch(document, SETTINGS)
    return raised.value


@given(document=values)
def test_any_input_is_a_batch_or_a_sentence(document: Any) -> None:
    parsed(document)


inline = st.fixed_dictionaries(
    {"sql": texts, "parameters": st.dictionaries(st.sampled_from(["a", "b", "\xf1"]), texts, max_size=2)}
)


@given(document=nearly_valid() | inline)
def test_a_nearly_valid_input_is_a_sentence_or_a_batch_that_the_data_api_takes(document: Any) -> None:
    result = parsed(document)
    if isinstance(result, Batch):
        assert refusal(result) is None


def refusal(batch: Batch) -> Any:
    """Return what the local Data API, which holds AWS's model and quotas, says against a batch."""
    clock = WallClock()
    service = Service(ScriptedExecutor(clock, lasting(0)), clock, quotas=Quotas())
    request: dict[str, Any] = {"Sqls": list(batch.statements), "WorkgroupName": "orders", "Database": "dev"}
    if batch.parameters:
        request["Parameters"] = [{"name": name, "value": value} for name, value in batch.parameters]
    answer = Endpoint(service).answer("RedshiftData.BatchExecuteStatement", json.dumps(request).encode())
    return None if answer.status == 200 else json.loads(answer.body)


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"poll": {"a\nb": 1}}, InvalidPollPolicy),
        ({"poll": {"a" * 10_000: 1}}, InvalidPollPolicy),
        ({"poll": {"\ud800": 1}}, InvalidPollPolicy),
        ({"a" * 10_000: 1}, InvalidInput),
        ({"sql": "SELECT 1", "parameters": {"a\nb": "1"}}, InvalidParameters),
        ({"sql": "SELECT 1", "parameters": {"a" * 10_000: "1"}}, InvalidParameters),
        ({"sql": "SELECT 1", "parameters": {"\ud800": "1"}}, InvalidParameters),
        ({"sql": "SELECT 1", "parameters": {"a" * 10_000: None}}, InvalidParameters),
        ({"sql": "SELECT :a", "parameters": {"a": 1e400}}, InvalidParameters),
        ({"sql": "SELECT :\xf1", "parameters": {"\xf1": "1"}}, InvalidParameters),
        ({"sql_file": "\n" * 80 + "\N{SPEAKER}" * 80}, SqlFileNotAllowed),
        ({"sql_file": "\ud800"}, SqlFileNotAllowed),
        ({"sql": 'VACUUM "a b"'}, StatementNeedsAutoCommit),
        ({"sql": "VACUUM" + "\n" * 1000 + "a" * 1000}, StatementNeedsAutoCommit),
        ({"timeout_seconds": 10**4000}, InvalidBatch),
        ({"timeout_seconds": 1e400}, InvalidBatch),
        ({"timeout_seconds": float("nan")}, InvalidBatch),
        ({"poll": {"policy": "adaptive", "share": float("nan")}}, InvalidPollPolicy),
    ],
)
def test_what_once_was_more_than_a_sentence_or_refused_too_late(
    document: Any, error: type[InvalidBatch]
) -> None:
    assert isinstance(parsed(document), error)


def test_an_error_quotes_no_sql() -> None:
    refused = parsed({"sql": "VACUUM secret_table"})
    assert "secret_table" not in str(refused).lower()
    assert "VACUUM" in str(refused)


outside = st.lists(
    st.sampled_from(["..", ".", "", "redshift_batch", "sql", "batch.py", "etc", "passwd", "~"]), max_size=8
)


@given(name=outside.map("/".join) | outside.map(lambda parts: "/" + "/".join(parts)) | texts)
def test_a_name_never_leads_out_of_the_folder(name: str) -> None:
    result = parsed({"sql_file": name})
    if isinstance(result, Batch):
        assert (SETTINGS.sql_folder / name).resolve().is_relative_to(SETTINGS.sql_folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bundled folder beside a file with a secret."""
    (tmp_path / "secret.sql").write_text("SELECT 'secret'")
    bundled = tmp_path / "sql"
    (bundled / "deeper").mkdir(parents=True)
    (bundled / "one.sql").write_text("SELECT 1")
    (bundled / "deeper" / "two.sql").write_text("SELECT 2")
    (bundled / "link.sql").symlink_to(tmp_path / "secret.sql")
    (bundled / "up").symlink_to(tmp_path)
    return bundled


@pytest.mark.parametrize(
    "name",
    [
        *("../secret.sql", "deeper/../../secret.sql", "link.sql", "up/secret.sql", "./../sql/../secret.sql"),
        *(
            "{folder}/one.sql",
            "{folder}/../secret.sql",
            "/proc/self/environ",
            "one.sql\0.txt",
            "..\\secret.sql",
        ),
    ],
)
def test_no_file_outside_the_folder_is_read(folder: Path, name: str) -> None:
    settings = Settings(database="dev", workgroup_name="orders", sql_folder=folder)
    with pytest.raises(SqlFileNotAllowed) as raised:
        parse_batch({"sql_file": name.format(folder=folder)}, settings)
    assert "SELECT" not in str(raised.value)


@pytest.mark.parametrize("name", ["one.sql", "./one.sql", "deeper/two.sql", "deeper/../one.sql"])
def test_files_inside_the_folder_are_read(folder: Path, name: str) -> None:
    settings = Settings(database="dev", workgroup_name="orders", sql_folder=folder)
    assert len(parse_batch({"sql_file": name}, settings).statements) == 1


@pytest.mark.slow
def test_a_large_input_is_read_once_and_in_time() -> None:
    row = "(1,2,3),"
    document = {"sql": "INSERT INTO t VALUES " + row * (60_000 // len(row)) + "(1,2,3)"}
    began = time.process_time()
    assert isinstance(parsed(document), Batch)
    assert time.process_time() - began < 4
