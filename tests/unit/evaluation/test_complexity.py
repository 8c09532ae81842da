import json
from pathlib import Path

import pytest
from project import ROOT

from orchbench.cli import main
from orchbench.deployment.template import blocks, handler_files, transformed
from orchbench.evaluation.complexity import (
    artefacts,
    code_size,
    definition_size,
    deployed_size,
    own_files,
    services,
)
from orchbench.ways import all_ways

HANDLER = '''"""A handler."""

from way.steps import work
from redshift_batch.batch import parse_batch


def handler(event, context):
    # Two branches and the function itself: three.
    if event:
        return work(event)
    return parse_batch(event) if context else None
'''
STEPS = '''"""Its steps."""


def work(event):
    for one in event:
        if one:
            return one
    return None
'''
DEFINITION = {
    "StartAt": "Work",
    "States": {
        "Work": {"Type": "Task", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Bad"}], "Next": "Done?"},
        "Done?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.a", "IsPresent": True, "Next": "Good"},
                {"Variable": "$.b", "IsPresent": True, "Next": "Good"},
                {"Variable": "$.c", "IsPresent": True, "Next": "Work"},
            ],
            "Default": "Bad",
        },
        "Good": {"Type": "Succeed"},
        "Bad": {"Type": "Fail"},
    },
}


@pytest.fixture
def code(tmp_path: Path) -> Path:
    for name, text in (
        ("way/handler.py", HANDLER),
        ("way/steps.py", STEPS),
        ("redshift_batch/batch.py", STEPS),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_ways_own_code_is_its_handlers_and_what_they_import_without_the_shared_domain(code: Path) -> None:
    files = own_files([code / "way" / "handler.py"], code)

    assert [str(path.relative_to(code)) for path in files] == ["way/handler.py", "way/steps.py"]


def test_lines_and_complexities_are_those_counted_by_hand(code: Path) -> None:
    size = code_size([code / "way" / "handler.py", code / "way" / "steps.py"], code)

    # Without blank lines, comments and docstrings.
    assert size.lines == 6 + 5
    assert size.functions == 2
    # handler: itself, an if, a conditional; work: itself, a for, an if.
    assert (size.cyclomatic, size.most_cyclomatic) == (6, 3)
    # handler: 1 for the if, 1 for the conditional; work: 1 for the for, 2 for the if inside it.
    assert size.cognitive == 5


def test_a_definitions_states_branches_and_paths_are_those_counted_by_hand() -> None:
    size = definition_size(json.dumps(DEFINITION, indent=2))

    assert size.states == 4
    # A catcher, three rules and a default.
    assert size.branches == 5
    # Work-Bad, Work-Done-Good (two rules, one way), Work-Done-Bad; back to Work is no path.
    assert size.paths == 3
    assert size.lines == len(json.dumps(DEFINITION, indent=2).splitlines())


def test_resources_and_actions_are_counted_and_trust_is_no_action() -> None:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Statement": [{"Action": "sts:AssumeRole"}]},
            "Policies": [
                {"PolicyDocument": {"Statement": [{"Action": ["a:One", "a:Two"]}, {"Action": "a:One"}]}}
            ],
        },
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {}}
    size = deployed_size({"Role": role, "Other": role, "Machine": machine}, {"Shared": role})

    assert size.resources == {"AWS::IAM::Role": 2, "AWS::StepFunctions::StateMachine": 1}
    assert (size.actions, size.shared_resources) == (("a:One", "a:Two"), 1)
    assert artefacts(["submit"], {"Machine": machine}) == ("function submit", "state machine Machine")
    assert services({"Machine": machine}, {"Shared": role}) == ("IAM", "Redshift Data API", "Step Functions")


@pytest.mark.parametrize("way", all_ways().values(), ids=lambda way: way.name)
def test_every_way_has_a_block_and_handlers_of_its_own(way: object) -> None:
    from orchbench.ways.way import Way

    assert isinstance(way, Way)
    template = ROOT / "template.yaml"
    own = transformed(template, [*blocks(template)[""], *blocks(template)[way.name]])

    assert len(own) > len(transformed(template, blocks(template)[""]))
    assert len(handler_files(template, way.functions)) == len(way.functions)


def test_complexity_prints_one_document_and_each_number_has_label_and_source(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["complexity", "--json"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)

    assert printed.err == ""
    assert [one["way"] for one in document["ways"]] == list(all_ways())
    for one in document["ways"]:
        assert one["code"]["lines"]["label"] == "measured"
        assert one["code"]["cyclomatic"]["source"] == "lizard"
        assert not [
            key for part in ("code", "deployed") for key, value in one[part].items() if isinstance(value, int)
        ]
