"""A further way and a further platform need a module, a definition and a block of the template, and no edit.

They are added to a copy of the project and must appear wherever ways do; a way that is deleted from it must
be gone without a trace.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from project import ROOT

from orchbench.faults.catalogue import REHEARSED
from orchbench.project.templates import load_template
from orchbench.ways import all_ways, way_named

pytestmark = pytest.mark.slow

MADE_UP = Path(__file__).parent / "made_up"
STATES = {
    "Submit batch": "Send it",
    "Wait before check": "Sleep",
    "Check status": "Have a look",
    "Cancel batch": "Take it back",
}
BLOCK = """
  MadeUpStateMachine:
    Type: AWS::Serverless::StateMachine
    Condition: AllWays
    Metadata: { orchbench: { Ways: [made-up] } }
    Properties:
      Name: !Sub ${AWS::StackName}-made-up
      Type: STANDARD
      DefinitionUri: statemachine/made_up.asl.json
      DefinitionSubstitutions:
        SubmitFunctionArn: !GetAtt SubmitFunction.Arn
        StatusFunctionArn: !GetAtt StatusFunction.Arn
        CancelFunctionArn: !GetAtt CancelFunction.Arn
      Role: !GetAtt SfnPollRole.Arn

  MadeUpEndedRule:
    Type: AWS::Events::Rule
    Condition: AllWays
    Metadata: { orchbench: { Ways: [made-up] } }
    Properties:
      Name: !Sub ${AWS::StackName}-made-up-ended
      EventPattern:
        source: [aws.states]
        detail-type: [Step Functions Execution Status Change]
        detail:
          stateMachineArn: [!Ref MadeUpStateMachine]
          status: [FAILED, TIMED_OUT, ABORTED]
      Targets:
        - Id: cancel
          Arn: !GetAtt CancelFunction.Arn

Outputs:
  MadeUpStateMachineArn:
    Condition: AllWays
    Value: !Ref MadeUpStateMachine
"""
COMPUTED = (
    ("limits",),
    ("limits", "--timeout", "24h"),
    ("estimate", "--duration", "20m"),
    ("decide", "--duration", "20m", "--runs-a-month", "3000", "--acceptable-lag", "1m"),
    ("complexity",),
)
MINUTES = ("rehearse", "--duration", "95s", "--poll", "fixed:10s", "--processes", "1")
COUNTED = (*MINUTES, "--way", "sfn-poll,made-up")
STOPPED = ("faults", "--fault", "stop", "--processes", "1")
FULL = settings().max_examples >= 500
# One of each kind, which the way meets in other states of its own or on the way out; with
# --hypothesis-profile=full it meets all, as every other way then does.
MET = [
    "statement-fails",
    "deadline",
    "submit-answer-lost",
    "crash-after-submit",
    "checks-throttled-out",
    "check-hangs",
    "cancel-answer-lost",
    "second-start",
    "stop",
    "stop-in-queue",
    "execution-times-out",
    "sweep",
    "event-lost",
    "event-dead-letter",
    "statement-event-forged",
]
BESIDE_ITS_PARENT = (
    *("faults", "--way", "sfn-poll,made-up", "--processes", "1"),
    *(word for name in MET if not FULL for word in ("--fault", name)),
)
VERBOSE = ("limits", "--verbose")
REPORT = ("report", str(ROOT / "docs" / "results" / "compare-local"), "--out", "page")
COMMANDS = """
import contextlib, io, json, sys
from orchbench.cli import main

def ended(arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as error:
            code = error.code
    return code, out.getvalue(), err.getvalue()

print(json.dumps([ended(one) for one in json.load(sys.stdin)]))
"""
"""Several commands in one process: most of a command's time goes into its imports."""

Said = Callable[..., str]
"""What a command printed, by its arguments."""


def copied(folder: Path) -> Path:
    """Copy what a project needs to estimate, to rehearse and to measure itself."""
    for name in ("src", "functions", "statemachine"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    shutil.copy(ROOT / "template.yaml", folder)
    return folder


def run_in(folder: Path, *commands: tuple[str, ...]) -> Said:
    """Run commands in a project, and return what finds the output of each."""
    found = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        input=json.dumps(commands),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": f"{folder / 'src'}{os.pathsep}{folder / 'functions'}"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    ended = dict(zip(commands, json.loads(found.stdout), strict=True))

    def said(*arguments: str) -> str:
        code, out, err = ended[arguments]
        assert code == 0, err
        return str(out)

    return said


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one way and one platform more."""
    folder = copied(tmp_path_factory.mktemp("added"))
    source = folder / "src" / "orchbench"
    shutil.copy(MADE_UP / "sfn_made_up.py", source / "ways")
    package = source / "platforms" / "made_up"
    package.mkdir()
    shutil.copy(MADE_UP / "platform.py", package / "__init__.py")
    shutil.copy(MADE_UP / "host.py", source / "rehearsal" / "hosts" / "made_up.py")
    definition = (ROOT / way_named("sfn-poll").implementation).read_text()
    for old, new in STATES.items():
        definition = definition.replace(f'"{old}"', f'"{new}"')
    (folder / "statemachine" / "made_up.asl.json").write_text(definition)
    template = folder / "template.yaml"
    template.write_text(template.read_text().replace("\nOutputs:\n", BLOCK, 1))
    return folder


@pytest.fixture(scope="module")
def said(added: Path) -> Said:
    documents = [*COMPUTED, COUNTED, STOPPED, BESIDE_ITS_PARENT]
    return run_in(added, *((*one, "--json") for one in documents), VERBOSE, REPORT)


@pytest.mark.parametrize("arguments", COMPUTED, ids=" ".join)
def test_an_added_way_is_computed(said: Said, arguments: tuple[str, ...]) -> None:
    assert '"made-up"' in said(*arguments, "--json")


def test_an_added_way_is_counted_as_what_it_varies_and_in_its_own_meter(said: Said) -> None:
    rows = json.loads(said(*COUNTED, "--json"))["rehearsals"]
    by_way = {row["way"]: row for row in rows}
    counts = ("polls", "transitions", "invocations", "detection_lag_seconds")

    assert [by_way["made-up"][one] for one in counts] == [by_way["sfn-poll"][one] for one in counts]


def test_an_added_way_meets_a_fault_with_all_others(said: Said) -> None:
    (row,) = json.loads(said(*STOPPED, "--json"))["faults"]

    assert sorted(cell["way"] for cell in row["ways"]) == sorted([*all_ways(), "made-up"])
    assert row["broken"] == []


def test_an_added_way_meets_faults_and_ends_as_the_one_that_it_varies(said: Said) -> None:
    rows = json.loads(said(*BESIDE_ITS_PARENT, "--json"))["faults"]

    assert [row["fault"] for row in rows] == ([fault.name for fault in REHEARSED] if FULL else MET)
    assert all([cell["way"] for cell in row["ways"]] == ["sfn-poll", "made-up"] for row in rows)
    assert [row["broken"] for row in rows if row["broken"]] == []


def test_an_added_way_stands_behind_the_one_that_it_varies(said: Said) -> None:
    shown = said(*VERBOSE)
    places = [shown.index(name) for name in ("sfn-poll", "durable-poll", "made-up", "durable-condition")]

    assert places == sorted(places)


def test_an_added_way_is_on_the_page(said: Said, added: Path) -> None:
    said(*REPORT)

    assert "made-up" in "\n".join(file.read_text() for file in (added / "page").rglob("*.md"))


LEFT = (
    *(one for one in COMPUTED if "--timeout" not in one),
    MINUTES,
    STOPPED,
)


@pytest.fixture(scope="module")
def deleted(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """A project without ``durable-condition``."""
    folder = copied(tmp_path_factory.mktemp("deleted"))
    (folder / "src" / "orchbench" / "ways" / "durable_condition.py").unlink()
    shutil.rmtree(folder / "functions" / "durable_condition")
    template = folder / "template.yaml"
    document = load_template(template)
    text = template.read_text()
    for name, one in document["Resources"].items():
        if one["Metadata"]["orchbench"]["Ways"] == ["durable-condition"]:
            text = without(text, name)
    template.write_text(without(text, way_named("durable-condition").target_output))
    return run_in(folder, *((*one, "--json") for one in LEFT))


def without(text: str, name: str) -> str:
    """Return a template without one of its resources or outputs."""
    found = re.sub(rf"(?m)^  {name}:\n(?:(?:    .*)?\n)*", "", text)
    assert found != text
    return found


@pytest.mark.parametrize("arguments", LEFT, ids=" ".join)
def test_a_deleted_way_leaves_no_trace(deleted: Said, arguments: tuple[str, ...]) -> None:
    assert "durable-condition" not in deleted(*arguments, "--json")
