"""``orchbench faults``: every cell keeps its promises, and the document shows what the command makes."""

import json
import re
from pathlib import Path

import pytest

from orchbench.cli import main
from orchbench.commands.faults import EXIT_BROKEN
from orchbench.faults.catalogue import REHEARSED
from orchbench.faults.local_faults import LOCAL
from orchbench.faults.matrix import Row, rehearsed_rows
from orchbench.faults.table import markdown
from orchbench.ways import all_ways

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"
ONLY_DURABLE = {"checkpoint-lost"}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return rehearsed_rows(REHEARSED, list(all_ways()), processes=1)


def between(text: str, name: str) -> str:
    return text.partition(f"<!-- {name}:begin -->\n")[2].partition(f"\n<!-- {name}:end -->")[0]


@pytest.mark.slow
def test_every_cell_runs_its_batch_once_or_not_at_all_and_all_ways_end_alike(rows: list[Row]) -> None:
    assert len(rows) >= 20
    assert {row.name: row.broken for row in rows if row.broken} == {}
    for row in rows:
        assert [cell.running for cell in row.cells] == [0] * len(row.cells)
        assert all(cell.executions <= 1 and cell.commits <= cell.executions for cell in row.cells)


@pytest.mark.slow
def test_every_way_meets_every_fault(rows: list[Row]) -> None:
    missed = {row.name: [cell.way for cell in row.cells if not cell.met] for row in rows}
    assert {name: ways for name, ways in missed.items() if ways} == {
        name: ["sfn-poll"] for name in ONLY_DURABLE
    }


@pytest.mark.slow
def test_every_fault_is_noticed(rows: list[Row]) -> None:
    assert [row.name for row in rows for cell in row.cells if cell.detection_seconds is None] == []


@pytest.mark.slow
def test_the_documents_table_is_the_one_that_the_command_makes(rows: list[Row]) -> None:
    assert between(DOCUMENT.read_text(), "rehearsed") == markdown(rows)


def test_the_document_names_every_fault_of_the_local_servers() -> None:
    named = re.findall(r"^\| `([a-z-]+)` \|", between(DOCUMENT.read_text(), "measured"), re.MULTILINE)
    assert named == [fault.name for fault in LOCAL]


def test_json_is_one_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "--fault", "deadline", "--fault", "stop", "--processes", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["broken"] == []
    assert [row["fault"] for row in document["faults"]] == ["deadline", "stop"]
    for row in document["faults"]:
        assert [cell["way"] for cell in row["ways"]] == list(all_ways())
        assert {cell["label"] for cell in row["ways"]} == {"rehearsed"}


def test_a_table_is_printed_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "--fault", "crash-after-submit", "--processes", "1"]) == 0
    printed = capsys.readouterr().out
    assert "crash-after-submit" in printed
    assert "1 faults, rehearsed" in printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "fire"], "There is no fault 'fire': take one of statement-fails, "),
        (["--fault", "disk-full"], "The fault 'disk-full' needs the local servers: add --local."),
        (["--json", "--markdown"], "not allowed with"),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    try:
        code: object = main(["faults", *arguments])
    except SystemExit as error:
        code = error.code
    assert code == 2
    assert sentence in capsys.readouterr().err


def test_a_broken_promise_fails_the_command() -> None:
    assert EXIT_BROKEN == 1
