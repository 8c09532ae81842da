"""What is neither a history nor a definition, cut off or too large gets one sentence, and is not run."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchbench.cli import main
from orchbench.inspection.files import MOST_BYTES

STARTED = {"id": 1, "type": "ExecutionStarted", "previousEventId": 0, "timestamp": "2026-11-21T03:00:00Z"}
DEFINITION = {"StartAt": "Good", "States": {"Good": {"Type": "Succeed"}}}


def numbered(count: int, kind: str = "WaitStateEntered") -> list[dict[str, Any]]:
    later = [
        STARTED | {"id": number, "type": kind, "stateEnteredEventDetails": {"name": "A while"}}
        for number in range(2, count + 1)
    ]
    return [STARTED, *later]


def refused(path: Path, capsys: Any, command: str = "inspect") -> str:
    assert main([command, str(path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    return str(shown.err)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("notes.txt", "to do", "is neither a history, as"),
        ("other.json", '{"a": 1}', "is neither a history, as"),
        ("empty.json", " ", "is empty."),
        ("cut.json", json.dumps({"events": [STARTED]})[:-9], "is cut off: its JSON ends at line 1."),
        ("broken.json", '{"events": [,]} and more', "is not JSON:"),
        ("broken.yaml", "a: [1", "is not YAML: line"),
        ("nested.json", "[" * 100_000, "is neither a history, as"),
        ("page.json", json.dumps({"events": [STARTED], "nextToken": "x"}), "names a further page: merge all"),
        (
            "gap.json",
            json.dumps({"events": [STARTED, STARTED | {"id": 3}]}),
            "event 2 is missing: it is cut off",
        ),
        ("odd.json", json.dumps({"events": [STARTED, {"id": 2, "type": "x"}]}), "event 2 without a moment"),
        (
            "unnumbered.json",
            json.dumps({"events": [STARTED, STARTED | {"id": "2"}]}),
            "without a number in 'id'",
        ),
        (
            "strange.json",
            json.dumps({"events": [STARTED, STARTED | {"id": 2, "type": "TaskStateEntered"}]}),
            "does not write so (KeyError: 'name')",
        ),
        (
            "long.json",
            json.dumps(numbered(25_001)),
            "larger than a history can be: 25,001 history events of 25,000.",
        ),
        (
            "start.json",
            json.dumps(DEFINITION | {"StartAt": "Bad"}),
            "starts at 'Bad', which is not one of its states",
        ),
        ("states.json", json.dumps(DEFINITION | {"States": {"Good": 1}}), "has States that are not objects"),
        (
            "huge.json",
            json.dumps(DEFINITION | {"Comment": "x" * 2**20}),
            "more than the 1 MiB that Step Functions",
        ),
    ],
)
def test_what_cannot_be_inspected_gets_one_sentence(
    name: str, text: str, sentence: str, tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert sentence in refused(file, capsys)


def test_a_durable_execution_has_no_more_operations_than_its_quota(tmp_path: Path, capsys: Any) -> None:
    moment = "2026-11-21T03:00:00Z"
    events = [{"EventType": "ExecutionStarted", "EventId": 1, "EventTimestamp": moment}]
    events += [
        {
            "EventType": "WaitStarted",
            "EventId": number,
            "EventTimestamp": moment,
            "Id": f"{number}",
            "Name": "w",
        }
        for number in range(2, 3_002)
    ]
    file = tmp_path / "history.json"
    file.write_text(json.dumps({"Events": events}))
    assert "larger than a history can be: 3,001 durable operations of 3,000." in refused(file, capsys)


def test_a_file_too_large_to_be_a_history_is_not_read(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "history.json"
    with file.open("wb") as sparse:
        sparse.truncate(MOST_BYTES + 1)
    assert "which is larger than a history can be: 256 MiB are read at most." in refused(file, capsys)


def test_a_file_that_is_not_there_a_folder_and_no_text_are_told(tmp_path: Path, capsys: Any) -> None:
    assert "cannot be read (No such file or directory)" in refused(tmp_path / "gone.json", capsys)
    assert "is a folder: name a file." in refused(tmp_path, capsys)
    file = tmp_path / "picture.json"
    file.write_bytes(b"\xff\xfe\x00")
    assert "is not text in UTF-8" in refused(file, capsys)


def test_a_tag_of_yaml_makes_no_object(tmp_path: Path, capsys: Any) -> None:
    made = tmp_path / "made"
    file = tmp_path / "template.yaml"
    file.write_text(f"a: !!python/object/apply:pathlib.Path.touch [{made}]\n")
    assert "is not YAML" in refused(file, capsys)
    assert not made.exists()


def test_aliases_of_yaml_are_looked_at_once(tmp_path: Path, capsys: Any) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    file = tmp_path / "template.yaml"
    file.write_text("\n".join(lines))
    assert "is neither a history" in refused(file, capsys)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("handler.py", "def handler(:", "is not Python that this interpreter reads."),
        ("history.json", json.dumps({"events": [STARTED]}), "is neither a history"),
        (
            "loose.json",
            json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}),
            "leads to states",
        ),
    ],
)
def test_complexity_refuses_what_it_cannot_measure(
    name: str, text: str, sentence: str, tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert sentence in refused(file, capsys, "complexity")


def test_complexity_takes_anybodys_files(tmp_path: Path, capsys: Any) -> None:
    touched = tmp_path / "touched"
    handler = tmp_path / "theirs.py"
    handler.write_text(
        f"open({str(touched)!r}, 'w')\n\n\ndef handler(event):\n    return 1 if event else 2\n"
    )
    machine = tmp_path / "theirs.asl.json"
    inner = {"StartAt": "In", "States": {"In": {"Type": "Map", "ItemProcessor": DEFINITION, "End": True}}}
    machine.write_text(json.dumps(inner))
    assert main(["complexity", str(machine), str(handler), "--json"]) == 0
    states, code = json.loads(capsys.readouterr().out)["files"]
    assert (states["file"], states["operations"]["value"]) == ("theirs.asl.json", 2)
    assert (code["functions"]["value"], code["cyclomatic"]["value"]) == (1, 2)
    assert not touched.exists()
    assert main(["complexity", str(handler), "--way", "sfn-poll"]) == 2
