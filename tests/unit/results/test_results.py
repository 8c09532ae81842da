import io
import json
import subprocess
import sys
from typing import Any

import pytest
from rich.console import Console

from orchbench.cli import main
from orchbench.evaluation.prices import price_list
from orchbench.report.table import print_comparison
from orchbench.results.comparison import InvalidResults
from orchbench.results.folder import ResultsFolder
from orchbench.results.summary import summarize


@pytest.fixture
def folder(tmp_path: Any, comparison: Any) -> Any:
    results = ResultsFolder(tmp_path / "results")
    for run in comparison.runs:
        results.write_run(run, {"description": {}, "events": []})
    results.write(comparison, summarize(comparison, price_list("us-east-1")))
    return results


def text_of(summary: Any, width: Any = 80) -> Any:
    console = Console(width=width, record=True, file=io.StringIO())
    print_comparison(console, summary)
    return console.export_text()


def test_a_comparison_read_back_is_the_one_written(folder: Any, comparison: Any) -> None:
    assert folder.read() == comparison


def test_the_table_made_again_from_the_files_is_identical(folder: Any, comparison: Any) -> None:
    again = summarize(folder.read(), price_list("us-east-1"))

    assert again == folder.read_summary()
    assert text_of(again) == text_of(summarize(comparison, price_list("us-east-1")))


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_of_the_table_is_wider_than_the_terminal_or_cut(folder: Any, width: Any) -> None:
    text = text_of(folder.read_summary(), width)

    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text


def test_the_table_shows_the_figures_with_their_labels(folder: Any) -> None:
    lines = {line[:26].strip(): line.split() for line in text_of(folder.read_summary()).splitlines()}

    assert lines["makespan, s"][-3:] == ["6.80", "7.30", "measured"]
    assert lines["state transitions"][-3:] == ["9", "–", "measured"]  # noqa: RUF001 - the table's dash
    assert lines["durable operations"][-3:] == ["–", "6", "measured"]  # noqa: RUF001
    assert lines["USD per 1,000 runs, functi"][-1] == "estimated"
    # The bytes of the logs are assumed, and so a part of the sum.
    assert lines["USD per 1,000 runs"][-1] == "assumed"


def test_a_report_printed_as_json_is_one_document_and_nothing_else(folder: Any, capsys: Any) -> None:
    assert main(["report", str(folder.path), "--print", "json"]) == 0

    printed = capsys.readouterr()
    assert json.loads(printed.out) == folder.read_summary()
    assert printed.err == ""


def test_compare_from_a_folder_shows_what_is_stored(folder: Any, capsys: Any) -> None:
    assert main(["compare", "--from", str(folder.path), "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == folder.read_summary()


def test_stored_results_are_not_rehearsed_by_a_comparison(folder: Any, capsys: Any) -> None:
    assert main(["compare", "--from", str(folder.path), "--rehearse"]) == 2

    assert "`orchbench supplement` adds rehearsals" in " ".join(capsys.readouterr().err.split())


def test_a_folder_without_results_is_named_in_one_sentence(tmp_path: Any, capsys: Any) -> None:
    assert main(["compare", "--from", str(tmp_path)]) == 2

    said = capsys.readouterr().err
    assert "comparison.json cannot be read" in " ".join(said.split())
    assert "Traceback" not in said


def test_results_of_another_schema_are_refused(folder: Any) -> None:
    file = folder.path / "comparison.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": "orchbench.comparison/9"}))

    with pytest.raises(InvalidResults, match=r"this version reads 'orchbench\.comparison/1'"):
        folder.read()


def test_results_that_do_not_follow_the_schema_are_refused(folder: Any) -> None:
    file = folder.path / "comparison.json"
    document = json.loads(file.read_text())
    del document["settings"]["region"]
    file.write_text(json.dumps(document))

    with pytest.raises(InvalidResults, match=r"does not follow orchbench\.comparison/1"):
        folder.read()


def test_a_file_that_is_being_written_leaves_no_half_behind(folder: Any) -> None:
    assert not list(folder.path.rglob("*.draft"))


def test_drafts_that_a_kill_left_are_ignored_and_removed(folder: Any, comparison: Any) -> None:
    drafts = [folder.path / "comparison.draft", folder.path / "traces" / "sfn-poll-9.draft"]
    for draft in drafts:
        draft.write_text('{"schema": "orchbe')

    assert folder.read() == comparison
    folder.prepare()

    assert [draft for draft in drafts if draft.exists()] == []
    assert folder.read() == comparison


# Writes one file that fits, and one that the system has no room for.
FULL = """
import resource, sys
from pathlib import Path
from orchbench.results.comparison import ResultsNotWritten
from orchbench.results.folder import ResultsFolder
folder = ResultsFolder(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
folder.write_document("notes.json", {"text": "first"})
try:
    folder.write_document("notes.json", {"text": "x" * 5000})
except ResultsNotWritten as error:
    print(error)
"""


def test_a_file_that_cannot_be_written_is_named_and_the_one_before_stays(tmp_path: Any) -> None:
    command = [sys.executable, "-c", FULL, str(tmp_path)]

    ended = subprocess.run(command, capture_output=True, text=True, check=True)

    assert ended.stdout == f"{tmp_path / 'notes.json'} could not be written (File too large)\n"
    assert json.loads((tmp_path / "notes.json").read_text()) == {"text": "first"}
    assert [path.name for path in tmp_path.iterdir()] == ["notes.json"]


@pytest.mark.parametrize(
    "damage",
    [
        {"runs_each": "x"},
        {"runs_each": -1},
        {"rows": 1.5},
        {"input": 5},
        {"until_within": "x"},
        {"most_runs": 0},
    ],
    ids=lambda damage: next(iter(damage)),
)
def test_damaged_settings_are_named(folder: Any, damage: dict[str, Any]) -> None:
    file = folder.path / "comparison.json"
    document = json.loads(file.read_text())
    document["settings"].update(damage)
    file.write_text(json.dumps(document))
    with pytest.raises(InvalidResults, match=next(iter(damage))):
        folder.read()


@pytest.mark.parametrize("text", ["[1]", "null", '"text"'])
def test_a_comparison_that_is_no_object_is_refused(folder: Any, text: str) -> None:
    (folder.path / "comparison.json").write_text(text)
    with pytest.raises(InvalidResults, match="is not a JSON object"):
        folder.read()
