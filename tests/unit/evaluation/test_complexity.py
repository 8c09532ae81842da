import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from project import ROOT

from orchbench.cli import main
from orchbench.deployment.template import blocks, handler_files, transformed
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.complexity import (
    artefacts,
    code_size,
    deployed_size,
    own_files,
)
from orchbench.evaluation.complexity_rows import ROWS, conclusion, in_short
from orchbench.evaluation.units import code_units, definition_units, size_of_definition
from orchbench.ways import all_ways
from orchbench.ways.way import Way

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
    assert size.cyclomatic == 6
    # handler: 1 for the if, 1 for the conditional; work: 1 for the for, 2 for the if inside it.
    assert size.cognitive == 5


ERRORS = """
class BatchError(Exception): ...
class Refused(BatchError): ...
class TooLong(Refused): ...
class TooMany(Refused): ...
class Throttled(BatchError): ...
NOTHING_SENT = (Refused,)
"""
DURABLE = """
RETRIES = RetryStrategyConfig(max_attempts=7, retryable_error_types=[Throttled])


@durable_execution
def handler(event, context):
    return run(event, Steps(context))


def run(event, steps):
    try:
        answer = steps.submit(event)
    except NOTHING_SENT:
        raise
    while answer["status"] == "STARTED" or answer["status"] == "PICKED":
        steps.context.wait(Duration.from_seconds(10), name="wait")
    if answer["status"] in ENDED and answer["rows"]:
        return answer
    raise ValueError(answer["status"])


class Steps:
    def submit(self, event):
        return self.step("submit", lambda _step: submit(event))

    def cancel(self, event):
        return self.step("cancel", lambda _step: cancel(event))

    def step(self, name, body):
        return self.context.step(body, name=name)
"""


def test_the_units_of_code_are_those_counted_by_hand(tmp_path: Path) -> None:
    (tmp_path / "errors.py").write_text(ERRORS)
    (tmp_path / "handler.py").write_text(DURABLE)
    units = code_units([tmp_path / "handler.py"], [tmp_path / "errors.py"])

    # An except, a while whose two tests of one value are one, an if with two operands.
    assert units.decisions == 1 + 1 + 2
    # A list of the domain's stands for its members, as the definition has to name them.
    assert units.error_names == ("Throttled", "TooLong", "TooMany", "ValueError")
    assert units.retry_rules == 1
    # Two callers of the wrapper and a wait.
    assert units.operations == 3
    # Two keys in run; one argument and one result for each of the two steps.
    assert units.references == 2 + 2 * 2
    # What the handler returns ends where run does: in two raises and a return.
    assert units.ends == 3


def test_formatting_and_comments_change_no_count(tmp_path: Path) -> None:
    import ast

    file = tmp_path / "handler.py"
    file.write_text(DURABLE)
    before = (code_units([file]), code_size([file], tmp_path).lines)
    file.write_text('"""A docstring."""\n\n' + ast.unparse(ast.parse(DURABLE)).replace("\n", "\n\n"))

    assert (code_units([file]), code_size([file], tmp_path).lines) == before
    indented = size_of_definition(json.loads(json.dumps(DEFINITION, indent=8)))
    assert indented == size_of_definition(DEFINITION | {"Comment": "Says why."})


def test_a_definitions_units_are_those_counted_by_hand() -> None:
    units = definition_units(DEFINITION)

    assert units.operations == 4
    # A catcher and three rules; a default is an else.
    assert units.decisions == 4
    assert (units.error_names, units.references, units.ends) == (("States.ALL",), 3, 2)


def test_several_values_of_one_variable_are_one_test_and_branches_count_inside() -> None:
    status = [{"Variable": "$.s", "StringEquals": one} for one in ("SUBMITTED", "PICKED", "STARTED")]
    late = {"Variable": "$.late", "BooleanEquals": False}
    choice = {"Type": "Choice", "Choices": [{"And": [late, {"Or": status}], "Next": "All"}]}
    branch = {
        "StartAt": "Once",
        "States": {"Once": {"Type": "Task", "Retry": [{"ErrorEquals": ["A"]}], "End": True}},
    }
    everything = {"Type": "Parallel", "Branches": [branch, branch], "End": True}
    units = definition_units({"StartAt": "Go", "States": {"Go": choice, "All": everything}})

    assert (units.decisions, units.references) == (2, 2)
    assert (units.operations, units.ends) == (4, 3)
    # The same rule written twice: what is written counts in the lines, what must be understood once.
    assert units.retry_rules == 1


def test_resources_and_actions_are_counted_by_kind_and_trust_is_no_action() -> None:
    actions = ["a:One", "logs:PutLogEvents", "xray:PutTraceSegments"]
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Statement": [{"Action": "sts:AssumeRole"}]},
            "Policies": [{"PolicyDocument": {"Statement": [{"Action": actions}, {"Action": "a:One"}]}}],
        },
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {}}
    size = deployed_size({"Role": role, "Other": role, "Machine": machine})

    assert size.resources == {"AWS::IAM::Role": 2, "AWS::StepFunctions::StateMachine": 1}
    assert (size.actions, size.log_actions) == (("a:One",), ("logs:PutLogEvents", "xray:PutTraceSegments"))
    assert artefacts({"Role": role, "Machine": machine}) == ("state machine Machine",)


@pytest.mark.slow
@pytest.mark.parametrize("way", all_ways().values(), ids=lambda way: way.name)
def test_what_a_way_deploys_alone_holds_its_own_functions_and_those_that_all_need(way: Way) -> None:
    template = ROOT / "template.yaml"
    block = blocks(template)
    shared, own = transformed(template, block[""]), transformed(template, [*block[""], *block[way.name]])

    assert len(own) > len(shared)
    files = handler_files(template, [*block[""], *block[way.name]])
    assert len(files) == len(way.deployed_functions)
    # What the page and `decide` count as parts to operate is what is measured here.
    assert len(artefacts(own)) == Candidate.of(way).parts


@pytest.fixture(scope="module")
def printed() -> tuple[str, str]:
    """What the command prints of every way as JSON, and beside it."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert main(["complexity", "--json"]) == 0
    return out.getvalue(), err.getvalue()


@pytest.mark.slow
def test_complexity_prints_one_document_and_each_number_has_label_and_source(
    printed: tuple[str, str],
) -> None:
    text, beside = printed
    document = json.loads(text)

    assert beside == ""
    assert [one["way"] for one in document["ways"]] == list(all_ways())
    for one in document["ways"]:
        assert one["code"]["lines"]["label"] == "measured"
        assert one["code"]["cyclomatic"]["source"] == "lizard"
        assert not [
            key
            for part in ("units", "code", "deployed")
            for key, value in one[part].items()
            if isinstance(value, int)
        ]


@pytest.mark.slow
def test_the_conclusion_speaks_to_each_reader_in_the_figures_of_the_document(
    printed: tuple[str, str],
) -> None:
    document = json.loads(printed[0])
    machine, code = document["ways"][:2]
    to_code, to_machine = document["conclusion"]

    assert to_code.startswith("You write Python and run one batch: take durable-poll.")
    assert "1 language instead of 2" in to_code
    told = (machine["units"]["operations"]["value"], machine["definition"]["units"]["decisions"]["value"])
    all_of_it = machine["units"]["decisions"]["value"]
    assert f"Its {told[0]} states, {told[1]} of its {all_of_it} decisions" in to_machine
    assert f"the other {all_of_it - told[1]} stand in" in to_machine
    # The lines of the handlers alone would leave the definition out of one of the two.
    both = machine["definition"]["lines"]["value"] + machine["code"]["lines"]["value"]
    assert f"{code['code']['lines']['value']} lines in all instead of {both}" in to_code
    for title in ("resources", "references across a boundary"):
        figures = [
            read["value"] if isinstance(read := ROWS[title](one), dict) else read for one in (code, machine)
        ]
        assert f"{figures[0]} {title} instead of {figures[1]}" in to_code
    assert (conclusion([code]), in_short([code])) == ([], "")


@pytest.mark.slow
def test_the_conclusion_is_one_line_below_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["complexity", "--verbose"]) == 0
    printed = capsys.readouterr().out

    assert "take durable-poll: 3 functions to operate instead of 4 functions and a state machine." in printed
