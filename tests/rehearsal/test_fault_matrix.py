"""``orchbench faults``: every cell keeps its promises, and the document shows what the command makes."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

from orchbench.cli import main
from orchbench.commands.faults import EXIT_BROKEN
from orchbench.faults.catalogue import REHEARSED
from orchbench.faults.event_catalogue import OF_STATEMENT_EVENTS
from orchbench.faults.local_faults import LOCAL
from orchbench.faults.matrix import Row, rehearsed_rows
from orchbench.faults.promise import Observation
from orchbench.faults.rehearsed_fault import RehearsedFault
from orchbench.faults.table import markdown
from orchbench.rehearsal.fault import Kind
from orchbench.trace import ExecutionStatus, Label, Work
from orchbench.virtual_time.application import Application, StateMachine, load_application
from orchbench.ways import Way, all_ways, the_pair, way_named
from orchbench.ways.way import Waits

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"


FULL = settings().max_examples >= 500


def rehearsed_on_every_way() -> list[RehearsedFault]:
    """Return faults of each kind at each work, and what no way of the pair can meet.

    The pair meets the others. With --hypothesis-profile=full every way meets all.
    """
    pair = list(the_pair().values())
    seen: set[tuple[Kind, Work | None]] = set()
    chosen = []
    for one in REHEARSED:
        meets = {(each.kind, each.work) for each in one.scenario.faults}
        if FULL or not meets <= seen or all(one.unmeetable(way) for way in pair):
            chosen.append(one)
        seen |= meets
    return chosen


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    on_every_way = rehearsed_on_every_way()
    on_the_pair = [one for one in REHEARSED if one not in on_every_way]
    found = [
        *rehearsed_rows(on_every_way, list(all_ways().values()), processes=1),
        *rehearsed_rows(on_the_pair, list(the_pair().values()), processes=1),
    ]
    order = [fault.name for fault in REHEARSED]
    return sorted(found, key=lambda row: order.index(row.name))


def between(text: str, name: str) -> str:
    return text.partition(f"<!-- {name}:begin -->\n")[2].partition(f"\n<!-- {name}:end -->")[0]


def shown(tables: str) -> dict[tuple[str, str], str]:
    """Return what stands under each way, by the fault and the way."""
    found: dict[tuple[str, str], str] = {}
    ways: list[str] = []
    for line in tables.splitlines():
        first, *others = (cell.strip() for cell in line.strip("|").split("|"))
        if first == "fault":
            ways = others[2:]
        elif named := re.match(r"`([\w-]+)`", first):
            found |= {(named[1], way): cell for way, cell in zip(ways, others[2:], strict=True)}
    return found


@pytest.mark.slow
def test_every_cell_runs_its_batch_once_or_not_at_all_and_all_ways_end_alike(rows: list[Row]) -> None:
    assert len(rows) >= 20
    assert {row.name: row.broken for row in rows if row.broken} == {}
    for row in rows:
        assert [cell.running for cell in row.cells] == [0] * len(row.cells)
        assert all(cell.executions <= 1 and cell.commits <= cell.executions for cell in row.cells)


@pytest.mark.slow
def test_every_way_meets_every_fault_or_says_why_it_cannot(rows: list[Row]) -> None:
    missed = {(row.name, cell.way): cell.unmeetable for row in rows for cell in row.cells if not cell.met}
    faults = {fault.name: fault for fault in REHEARSED}
    declared = {
        (row.name, cell.way): reason
        for row in rows
        for cell in row.cells
        if (reason := faults[row.name].unmeetable(way_named(cell.way)))
    }
    assert [row.name for row in rows] == list(faults)
    assert [row.name for row in rows if not any(cell.met for cell in row.cells)] == []
    assert missed == declared
    of_the_pair = {key: reason for key, reason in missed.items() if key[1] in the_pair()}
    without = {fault.name for fault in OF_STATEMENT_EVENTS if fault.unmeetable(way_named("sfn-poll"))}
    assert {key: reason for key, reason in of_the_pair.items() if key[0] not in without} == {
        ("checkpoint-lost", "sfn-poll"): "it has no checkpoints"
    }
    with_checkpoints = "Met by durable-poll, durable-condition and durable-callback. Not met by sfn-poll"
    assert with_checkpoints in markdown(rows)


BROKEN = replace(way_named("sfn-poll"), name="broken", target_output="BrokenArn")
BROKEN_DEFINITION = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Broken"}}}


def deployed_broken() -> Application:
    """Return the application with one more state machine, which fails at its first state."""
    application = load_application(InlineSqlAllowed="false")
    machine = StateMachine(
        "arn:aws:states:us-east-1:123456789012:stateMachine:broken", "broken", json.dumps(BROKEN_DEFINITION)
    )
    return replace(
        application,
        state_machines={**application.state_machines, "Broken": machine},
        targets={**application.targets, BROKEN.target_output: "Broken"},
    )


@pytest.mark.slow
def test_a_way_that_fails_at_its_first_state_is_reported_in_every_row() -> None:
    rows = rehearsed_rows(REHEARSED, [BROKEN], application=deployed_broken(), processes=1)
    survived = [fault.name for fault in REHEARSED if fault.unmeetable(BROKEN) and fault.ends != "SUCCEEDED"]
    assert [row.name for row in rows if not row.broken] == survived
    missed = [row.name for row in rows if "broken: it did not meet the fault." in row.broken]
    assert missed == [fault.name for fault in REHEARSED if not fault.unmeetable(BROKEN)]


@pytest.mark.slow
def test_a_broken_way_is_told_apart_from_those_beside_it() -> None:
    chosen = [fault for fault in REHEARSED if fault.name in ("statement-fails", "sweep")]
    ways = [way_named("sfn-poll"), BROKEN]
    for row in rehearsed_rows(chosen, ways, application=deployed_broken(), processes=1):
        assert [sentence.partition(":")[0] for sentence in row.broken] == [
            "broken",
            "broken",
            "The ways did not end alike",
        ]


def a_row(*cells: Observation, ends: str | None = None) -> Row:
    return Row("a-fault", "something goes wrong", cells, ends)


CELL = Observation(
    way="a-way",
    status=ExecutionStatus.SUCCEEDED,
    error_name=None,
    executions=1,
    commits=1,
    running=0,
    heard_the_end=True,
    detection_seconds=1.0,
    met=True,
    label=Label.REHEARSED,
)
FAILED = replace(CELL, status=ExecutionStatus.FAILED, error_name="BatchFailed", commits=0)


def test_a_fault_that_is_met_although_it_cannot_be_breaks_a_promise() -> None:
    assert a_row(CELL).broken == []
    (sentence,) = a_row(replace(CELL, unmeetable="it has no cancel")).broken
    assert sentence == "a-way: it met the fault, which it is said not to meet: it has no cancel."


def test_a_way_that_cannot_meet_a_fault_is_not_compared_but_must_survive_what_others_survive() -> None:
    unmet = replace(CELL, way="other", met=False, unmeetable="it has no cancel")
    assert a_row(FAILED, unmet, ends="FAILED BatchFailed").broken == []
    failed = replace(FAILED, way="other", met=False, unmeetable="it has no cancel")
    assert a_row(CELL, failed, ends="SUCCEEDED").broken == [
        "other: it ended FAILED BatchFailed instead of SUCCEEDED."
    ]


def test_each_row_says_how_its_executions_must_end() -> None:
    assert a_row(FAILED, ends="FAILED BatchAborted").broken == [
        "a-way: it ended FAILED BatchFailed instead of FAILED BatchAborted."
    ]
    assert {fault.ends.partition(" ")[0] for fault in REHEARSED} == {
        "SUCCEEDED", "FAILED", "STOPPED", "TIMED_OUT",
    }  # fmt: skip


EVENT_DRIVEN = replace(way_named("sfn-poll"), waits=Waits.FOR_AN_EVENT)
WITHOUT_FUNCTIONS = replace(way_named("sfn-poll"), functions=(), workers={})


@pytest.mark.parametrize(
    ("way", "fault", "reason"),
    [
        (EVENT_DRIVEN, "checks-throttled", "it waits for the end's event"),
        (EVENT_DRIVEN, "stop-after-end", "it waits for the end's event"),
        (EVENT_DRIVEN, "last-answer-lost", None),
        (way_named("sfn-long-poll"), "stop-after-end", "its looks are held until the end"),
        (way_named("sfn-long-poll"), "checks-throttled", None),
        (WITHOUT_FUNCTIONS, "crash-before-submit", "no function does its submit"),
        (WITHOUT_FUNCTIONS, "checks-hang", "no function does its look"),
        (WITHOUT_FUNCTIONS, "submit-throttled", None),
        (replace(way_named("sfn-poll"), works={}), "cancel-refused", "it has no cancel"),
        (way_named("durable-poll"), "checkpoint-lost", None),
    ],
)
def test_what_a_way_is_says_which_faults_it_cannot_meet(way: Way, fault: str, reason: str | None) -> None:
    (row,) = (one for one in REHEARSED if one.name == fault)
    assert row.unmeetable(way) == reason


@pytest.mark.slow
def test_every_fault_is_noticed(rows: list[Row]) -> None:
    assert [row.name for row in rows for cell in row.cells if cell.detection_seconds is None] == []


@pytest.mark.slow
def test_the_documents_table_is_the_one_that_the_command_makes(rows: list[Row]) -> None:
    documented = between(DOCUMENT.read_text(), "rehearsed")
    of_every_way = [row for row in rows if len(row.cells) == len(all_ways())]
    assert len(of_every_way) > len(rows) / 2
    assert set(markdown(of_every_way).splitlines()) <= set(documented.splitlines())
    assert shown(markdown(rows)).items() <= shown(documented).items()
    assert {name for name, _ in shown(documented)} == {row.name for row in rows}
    assert not FULL or documented == markdown(rows)


def test_faults_that_the_same_ways_meet_stand_in_one_table_without_the_other_ways() -> None:
    other = replace(CELL, way="other", status=ExecutionStatus.STOPPED)
    unmet = replace(other, met=False, unmeetable="it has no cancel")
    assert markdown([a_row(CELL, unmet), a_row(FAILED, other), a_row(CELL, unmet)]).split("\n") == [
        "Met by a-way. Not met by other: it has no cancel.",
        "",
        "| fault | ends | ran / committed | a-way |",
        "|---|---|:-:|--:|",
        "| `a-fault`<br>something goes wrong | SUCCEEDED | 1 / 1 | 1 |",
        "| `a-fault`<br>something goes wrong | SUCCEEDED | 1 / 1 | 1 |",
        "",
        "Every way meets these.",
        "",
        "| fault | ends | ran / committed | a-way | other |",
        "|---|---|:-:|--:|--:|",
        "| `a-fault`<br>something goes wrong | FAILED<br>BatchFailed; STOPPED | 1 / 0; 1 / 1 | 1 | 1 |",
    ]


def test_the_document_names_every_fault_of_the_local_servers() -> None:
    named = re.findall(r"^\| `([a-z-]+)`<br>", between(DOCUMENT.read_text(), "measured"), re.MULTILINE)
    assert named == [fault.name for fault in LOCAL]


@pytest.mark.slow
def test_json_is_one_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "--fault", "deadline", "--fault", "stop", "--processes", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["broken"] == []
    assert [row["fault"] for row in document["faults"]] == ["deadline", "stop"]
    for row in document["faults"]:
        assert [cell["way"] for cell in row["ways"]] == list(all_ways())
        assert {cell["label"] for cell in row["ways"]} == {"rehearsed"}


@pytest.mark.slow
def test_a_table_is_printed_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "--fault", "crash-after-submit", "--processes", "1", "--verbose"]) == 0
    printed = capsys.readouterr().out
    assert "crash-after-submit" in printed
    assert "1 fault, rehearsed" in printed


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
