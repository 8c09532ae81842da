"""What probes found, read from the document that they write, in the report of the same folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stored_results import copy_of_results, report_of

from orchbench.cli import main
from orchbench.probes import all_probes
from orchbench.probes.document import FILE, document
from orchbench.probes.probe import Finding, confirmed, inconclusive, refuted
from orchbench.probes.remains import Left
from orchbench.probes.run import Outcome, Session
from orchbench.report.model import Section, Table, plain
from orchbench.results.folder import ResultsFolder

# Each test makes a report.
pytestmark = pytest.mark.slow

FINDINGS = {
    "held": confirmed("It did."),
    "held-too": confirmed("It did as well."),
    "false": refuted("A new statement ran."),
    "open": inconclusive("It needs sqs:CreateQueue, which is not allowed here."),
}


def probed(folder: Path, *, on_aws: bool, findings: dict[str, Finding]) -> Path:
    first = next(iter(all_probes().values()))
    outcomes = [Outcome(replace(first, name=name), finding, 1.0) for name, finding in findings.items()]
    session = Session(outcomes, [Left("A queue", "aws sqs delete-queue", "interrupted")])
    settings: dict[str, Any] = {"stack": "t", "region": "eu-west-1", "started_at": "2026-01-01"}
    ResultsFolder(folder).write_document(FILE, document(session, on_aws=on_aws, settings=settings))
    return folder


def section_of(folder: Path) -> Section | None:
    return next((one for one in report_of(folder).sections if one.name == "probes"), None)


def test_the_verdicts_are_counted_and_what_did_not_hold_is_told_with_its_reason(tmp_path: Path) -> None:
    section = section_of(probed(copy_of_results(tmp_path / "r"), on_aws=True, findings=FINDINGS))

    assert section is not None
    (counted,) = map(plain, section.paragraphs)
    assert counted.startswith("On AWS, in eu-west-1: 2 confirmed, 1 refuted, 1 inconclusive. ")
    (table,) = section.parts
    assert isinstance(table, Table)
    assert [[plain(cell) for cell in row] for row in table.rows] == [
        ["false", "refuted", "A new statement ran."],
        ["open", "inconclusive", "It needs sqs:CreateQueue, which is not allowed here."],
    ]
    (left,) = map(plain, section.notes)
    assert left == "A queue may be left (interrupted); remove it with: aws sqs delete-queue"


def test_what_emulators_said_is_never_taken_for_aws(tmp_path: Path) -> None:
    section = section_of(probed(copy_of_results(tmp_path / "r"), on_aws=False, findings=FINDINGS))

    assert section is not None
    assert plain(section.paragraphs[0]).startswith(
        "On emulators, which says nothing about AWS: 2 confirmed by the emulator, 1 contradicted by"
    )


def test_a_run_in_which_everything_held_has_no_table(tmp_path: Path) -> None:
    folder = probed(copy_of_results(tmp_path / "r"), on_aws=True, findings={"held": confirmed("It did.")})
    section = section_of(folder)
    assert section is not None
    assert section.parts == []


def test_a_folder_without_probes_has_no_section_of_them(tmp_path: Path) -> None:
    assert section_of(copy_of_results(tmp_path / "r")) is None


def test_a_document_that_is_not_as_probes_write_it_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of_results(tmp_path / "r")
    (folder / FILE).write_text('{"schema": "orchbench.probes/1", "probes": []}')

    assert main(["report", str(folder)]) == 2
    assert "probes.json does not follow orchbench.probes/1" in capsys.readouterr().err
