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
from typing import Any

import pytest
from project import ROOT
from samtranslator.yaml_helper import yaml_parse

from orchbench.ways import way_named

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
COMMAND = "import sys; from orchbench.cli import main; sys.exit(main())"
Run = Callable[..., str]


def copied(folder: Path) -> Path:
    """Copy what a project needs to estimate, to rehearse and to measure itself."""
    for name in ("src", "functions", "statemachine"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    shutil.copy(ROOT / "template.yaml", folder)
    return folder


def runner(folder: Path) -> Run:
    def run(*arguments: str, status: int = 0) -> str:
        found = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from orchbench.cli import main; sys.exit(main())",
                *arguments,
            ],
            cwd=folder,
            env=os.environ
            | {
                "PYTHONPATH": f"{folder / 'src'}{os.pathsep}{folder / 'functions'}",
                # The copy is compiled once, and not by every command.
                "PYTHONDONTWRITEBYTECODE": "",
            },
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert found.returncode == status, found.stderr
        return found.stdout

    return run


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Run:
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
    return runner(folder)


def ways_in(document: Any, key: str = "ways") -> list[str]:
    """Return the ways that a document tells of, in its order."""
    found = document[key]
    return list(found) if isinstance(found, dict) else [one["way"] for one in found]


def named(text: str) -> bool:
    return '"made-up"' in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("limits",),
        ("limits", "--timeout", "24h"),
        ("estimate", "--duration", "20m"),
        ("decide", "--duration", "20m", "--runs-a-month", "3000", "--acceptable-lag", "1m"),
        ("complexity",),
    ],
    ids=" ".join,
)
def test_an_added_way_is_computed(added: Run, arguments: tuple[str, ...]) -> None:
    assert named(added(*arguments, "--json"))


def test_an_added_way_is_counted_as_what_it_varies_and_in_its_own_meter(added: Run) -> None:
    rows = json.loads(added("rehearse", "--duration", "95s", "--poll", "fixed:10s", "--json"))["rehearsals"]
    by_way = {row["way"]: row for row in rows}
    counts = ("polls", "transitions", "invocations", "detection_lag_seconds")

    assert [by_way["made-up"][one] for one in counts] == [by_way["sfn-poll"][one] for one in counts]


def test_an_added_way_meets_every_fault(added: Run) -> None:
    rows = json.loads(added("faults", "--json"))["faults"]

    assert all("made-up" in [cell["way"] for cell in row["ways"]] for row in rows)
    assert [row["broken"] for row in rows if row["broken"]] == []


def test_an_added_way_stands_behind_the_one_that_it_varies(added: Run) -> None:
    shown = added("limits", "--verbose")
    places = [shown.index(name) for name in ("sfn-poll", "durable-poll", "made-up", "durable-condition")]

    assert places == sorted(places)


def test_an_added_way_is_on_the_page(added: Run, tmp_path: Path) -> None:
    page = tmp_path / "page"
    added("report", str(ROOT / "docs" / "results" / "compare-local"), "--out", str(page))

    assert "made-up" in "\n".join(file.read_text() for file in page.rglob("*.md"))


@pytest.fixture(scope="module")
def deleted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A project without ``durable-condition``."""
    folder = copied(tmp_path_factory.mktemp("deleted"))
    (folder / "src" / "orchbench" / "ways" / "durable_condition.py").unlink()
    shutil.rmtree(folder / "functions" / "durable_condition")
    template = folder / "template.yaml"
    document = yaml_parse(template.read_text())
    text = template.read_text()
    for name, one in document["Resources"].items():
        if one["Metadata"]["orchbench"]["Ways"] == ["durable-condition"]:
            text = without(text, name)
    template.write_text(without(text, way_named("durable-condition").target_output))
    return runner(folder)


def without(text: str, name: str) -> str:
    """Return a template without one of its resources or outputs."""
    found = re.sub(rf"(?m)^  {name}:\n(?:(?:    .*)?\n)*", "", text)
    assert found != text
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ("limits",),
        ("estimate", "--duration", "20m"),
        ("decide", "--duration", "20m", "--runs-a-month", "3000", "--acceptable-lag", "1m"),
        ("rehearse", "--duration", "95s"),
        ("faults", "--fault", "stop"),
        ("complexity",),
    ],
    ids=" ".join,
)
def test_a_deleted_way_leaves_no_trace(deleted: Run, arguments: tuple[str, ...]) -> None:
    assert "durable-condition" not in deleted(*arguments, "--json")
