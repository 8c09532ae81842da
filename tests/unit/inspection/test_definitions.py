"""What a definition leaves unhandled is found, and what it handles is not."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from project import ROOT

from orchbench.cli import main
from orchbench.inspection.conditions import verdict
from orchbench.inspection.documents import polls_to_quota
from orchbench.inspection.findings import DefinitionFigures, definition_figures
from orchbench.inspection.polling import ENDED, Fate
from orchbench.platforms.meters import HISTORY_EVENTS, STATE_TRANSITIONS
from orchbench.ways import way_named

STATUS = "$.checked.Status"
TASK = {
    "Type": "Task",
    "TimeoutSeconds": 60,
    "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Bad"}],
}
SDK = "arn:aws:states:::aws-sdk:redshiftdata:"
SOUND: dict[str, Any] = {
    "StartAt": "Run it",
    "TimeoutSeconds": 90_000,
    "States": {
        "Run it": TASK
        | {
            "Resource": f"{SDK}executeStatement",
            "Parameters": {"Sql": "select 1", "ClientToken.$": "States.Hash($$.Execution.Id, 'SHA-256')"},
            "ResultPath": "$.run",
            "Next": "A while",
        },
        "A while": {"Type": "Wait", "Seconds": 10, "Next": "Look"},
        "Look": TASK
        | {
            "Resource": f"{SDK}describeStatement",
            "Parameters": {"Id.$": "$.run.Id"},
            "ResultPath": "$.checked",
            "Next": "Over?",
        },
        "Over?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": STATUS, "StringEquals": "FINISHED", "Next": "Good"},
                {"Variable": STATUS, "StringEquals": "FAILED", "Next": "Bad"},
                {"Variable": STATUS, "StringEquals": "ABORTED", "Next": "Bad"},
            ],
            "Default": "A while",
        },
        "Good": {"Type": "Succeed"},
        "Bad": {"Type": "Fail"},
    },
}


def changed(state: str = "", **fields: Any) -> dict[str, Any]:
    """Return the sound definition with fields of a state, or of its own, set; None takes one away."""
    definition = copy.deepcopy(SOUND)
    place: Any = definition["States"][state] if state else definition
    for key, value in fields.items():
        if value is None:
            del place[key]
        else:
            place[key] = value
    return definition


def said(definition: dict[str, Any]) -> list[str]:
    return [one.said for one in definition_figures(definition).findings]


def rules(*statuses: str) -> list[dict[str, str]]:
    return [one for one in SOUND["States"]["Over?"]["Choices"] if one["StringEquals"] in statuses]


def test_a_sound_definition_has_no_finding() -> None:
    assert said(SOUND) == []


def test_the_projects_own_definition_has_no_finding_and_polls_as_its_way_states() -> None:
    way = way_named("sfn-poll")
    found = definition_figures(json.loads((ROOT / way.implementation).read_text()))
    assert found.findings == ()
    (loop,) = found.loops
    poll = (way.usage.wait, way.usage.look)
    assert loop.transitions == sum(one.of(STATE_TRANSITIONS) for one in poll)
    assert loop.events == sum(one.of(HISTORY_EVENTS) for one in poll)


@pytest.mark.parametrize(
    ("handled", "looping"),
    [(("FINISHED", "FAILED"), ["ABORTED"]), (("FINISHED",), ["FAILED", "ABORTED"])],
)
def test_a_status_that_no_rule_names_loops_for_ever(handled: tuple[str, ...], looping: list[str]) -> None:
    found = definition_figures(changed("Over?", Choices=rules(*handled)))
    (loop,) = found.loops
    assert [status for status in ENDED if loop.fates[status] is Fate.LOOPS] == looping
    assert [one.said for one in found.findings] == [
        f"{status} loops for ever, until the machine's TimeoutSeconds of 90,000 s: "
        "'Over?' sends it to 'A while' again."
        for status in looping
    ]


def test_a_deadline_beside_the_status_keeps_it_from_looping_for_ever() -> None:
    late = {"Variable": "$.late", "BooleanEquals": True, "Next": "Bad"}
    found = definition_figures(changed("Over?", Choices=[late, *rules("FINISHED", "FAILED")]))
    assert [one.kind for one in found.findings] == []
    assert found.loops[0].fates["ABORTED"] is Fate.MAY_LEAVE
    # The rules alone decide nothing about a status that is told apart first.
    found = definition_figures(changed("Over?", Choices=[*rules("FINISHED", "FAILED"), late]))
    assert found.loops[0].fates["ABORTED"] is Fate.MAY_LEAVE


def test_no_rule_and_no_default_is_told() -> None:
    running = {
        "Or": [{"Variable": STATUS, "StringEquals": one} for one in ("SUBMITTED", "PICKED", "STARTED")],
        "Next": "A while",
    }
    definition = changed("Over?", Choices=[running, *rules("FINISHED", "FAILED")], Default=None)
    assert said(definition) == [
        "ABORTED has no rule in 'Over?', and there is no Default: it fails with States.NoChoiceMatched."
    ]


def test_a_running_status_that_leaves_the_loop_is_told() -> None:
    running = {"Variable": STATUS, "StringEquals": "STARTED", "Next": "A while"}
    assert said(changed("Over?", Choices=[*rules("FINISHED"), running], Default="Bad")) == [
        "SUBMITTED and PICKED: 'Over?' leaves the loop although the statement has not ended."
    ]


def test_a_loop_in_jsonata_is_followed_where_its_condition_is_plain() -> None:
    ended = {
        "Condition": "{% $states.input.Status = 'FINISHED' or $states.input.Status = 'FAILED' %}",
        "Next": "Good",
    }
    (one,) = said(changed("Over?", Choices=[ended]))
    assert one.startswith("ABORTED loops for ever")


def test_a_function_that_looks_may_raise_a_status_instead() -> None:
    definition = changed("Look", Resource="arn:aws:states:::lambda:invoke")
    definition["States"]["Over?"]["Choices"] = rules("FINISHED", "FAILED")
    (one,) = said(definition)
    assert "unless the loop's function raises it" in one


def test_the_statuses_of_another_service_are_no_loop_of_a_statement() -> None:
    definition = changed("Look", Resource="arn:aws:states:::aws-sdk:athena:getQueryExecution")
    definition["States"]["Over?"]["Choices"] = [
        {"Variable": STATUS, "StringEquals": "SUCCEEDED", "Next": "Good"},
        {"Variable": STATUS, "StringEquals": "FAILED", "Next": "Bad"},
    ]
    assert definition_figures(definition).loops == ()


@pytest.mark.parametrize(
    ("definition", "finding"),
    [
        (changed(TimeoutSeconds=None), "The machine has no TimeoutSeconds: an execution may run for a year."),
        (changed("Look", TimeoutSeconds=None), "1 of 2 Tasks have no TimeoutSeconds."),
        (changed("Look", Retry=None), "1 of 2 Tasks have no Retry."),
        (changed("Look", Catch=None), "1 of 2 Tasks have no Catch."),
        (
            changed("Run it", Parameters={"Sql": "select 1"}),
            "Run it: no ClientToken of the execution's, so a repeated submit runs its SQL again.",
        ),
        (
            changed("Look", Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "Bad"}]),
            "'Look' catches States.Timeout and no other error.",
        ),
        (
            changed("Good", Type="Pass", Next="Nowhere"),
            "'Good' leads to 'Nowhere', which is not one of the states beside it.",
        ),
    ],
)
def test_what_is_missing_is_told(definition: dict[str, Any], finding: str) -> None:
    assert said(definition) == [finding]


def test_a_task_with_a_time_limit_needs_somebody_for_its_timeout() -> None:
    definition = changed(
        "Look", Catch=[{"ErrorEquals": ["Busy"], "Next": "Bad"}], Retry=[{"ErrorEquals": ["Busy"]}]
    )
    assert "'Look' has a TimeoutSeconds, and nobody handles States.Timeout." in said(definition)


def test_branches_are_looked_through_and_caught_around() -> None:
    branch = copy.deepcopy(SOUND)
    del branch["States"]["Look"]["Catch"]
    branch["States"]["Over?"]["Choices"] = rules("FINISHED", "FAILED")
    around = {
        "StartAt": "Both",
        "TimeoutSeconds": 60,
        "States": {
            "Both": {
                "Type": "Parallel",
                "Branches": [branch, SOUND],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Bad"}],
                "End": True,
            },
            "Bad": {"Type": "Fail"},
        },
    }
    found: DefinitionFigures = definition_figures(around)
    assert (found.tasks, len(found.loops)) == (4, 2)
    assert [one.kind for one in found.findings] == ["loops-for-ever"]


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"Variable": STATUS, "StringEquals": "FAILED"}, True),
        ({"Variable": STATUS, "StringMatches": "FA*"}, True),
        ({"Variable": STATUS, "StringMatches": "FA?LED"}, False),
        ({"Not": {"Variable": STATUS, "StringEquals": "FAILED"}}, False),
        ({"Variable": STATUS, "IsPresent": True}, True),
        ({"Variable": "$.late", "BooleanEquals": True}, None),
        (
            {
                "And": [
                    {"Variable": "$.late", "IsNull": True},
                    {"Variable": STATUS, "StringEquals": "FINISHED"},
                ]
            },
            False,
        ),
        (
            {"Or": [{"Variable": "$.late", "IsNull": True}, {"Variable": STATUS, "StringEquals": "FAILED"}]},
            True,
        ),
        (
            {"And": [{"Variable": "$.late", "IsNull": True}, {"Variable": STATUS, "StringEquals": "FAILED"}]},
            None,
        ),
        ({"Condition": "{% $x != 'FAILED' %}"}, None),
    ],
)
def test_a_rule_is_decided_by_the_status_alone_or_not_at_all(
    rule: dict[str, Any], holds: bool | None
) -> None:
    assert verdict(rule, STATUS, "FAILED") is holds


def test_definitions_in_a_template_are_found_as_text_and_as_yaml(tmp_path: Path, capsys: Any) -> None:
    looping = changed("Over?", Choices=rules("FINISHED", "FAILED"))
    text = "\n".join(f"          {line}" for line in json.dumps(looping, indent=1).splitlines())
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n  Inline:\n    Properties:\n      DefinitionString: !Sub\n        - |\n"
        f"{text}\n        - Name: !GetAtt Other.Arn\n  Written:\n    Properties:\n"
        f"      Definition: {json.dumps(SOUND)}\n"
    )
    assert main(["inspect", str(template), "--json"]) == 0
    inline, written = json.loads(capsys.readouterr().out)["definitions"]
    assert (inline["name"], [one["kind"] for one in inline["findings"]]) == ("Inline", ["loops-for-ever"])
    assert (written["name"], written["findings"]) == ("Written", [])
    assert inline["loops"][0]["most_polls"]["value"] == 25_000 // 9
    assert inline["loops"][0]["history_full_after"]["value"] == 27_770


def test_the_terminal_shows_a_loop_and_what_it_leaves_unhandled(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "looping.asl.json"
    file.write_text(json.dumps(changed("Over?", Choices=rules("FINISHED", "FAILED"))))
    assert main(["inspect", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "6 states, 2 Tasks, 1 loop that polls a statement.",
        "'Over?' polls $.checked.Status: 3 transitions ($0.0000750) and 9 events a poll, every 10 s; "
        "2,777 polls fill the history, after 7.71 h.",
        "- ABORTED loops for ever, until the machine's TimeoutSeconds of 90,000 s: "
        "'Over?' sends it to 'A while' again.",
    ]


FUNCTION = "arn:aws:states:::lambda:invoke"


def polling(
    submits: int, pauses: list[int], handled: tuple[str, ...], *, through: str = ""
) -> dict[str, Any]:
    """Return a made-up machine that polls so many statements one after another, as bare as samples are.

    Args:
        pauses: of each loop, in seconds.
        handled: the statuses that leave a loop.
        through: what looks; a function in the place of the Data API's action.
    """
    states: dict[str, Any] = {}
    for number, pause in enumerate(pauses):
        following = f"Run {number + 1}" if number + 1 < len(pauses) else "Good"
        states |= {
            f"Run {number}": {
                "Type": "Task",
                "Resource": f"{SDK}executeStatement" if number < submits else FUNCTION,
                "Parameters": {"Sql": "select 1"},
                "Next": f"Look {number}",
            },
            f"Look {number}": {
                "Type": "Task",
                "Resource": through or f"{SDK}describeStatement",
                "Next": f"Over {number}",
            },
            f"Over {number}": {
                "Type": "Choice",
                "Choices": [
                    {
                        "Variable": STATUS,
                        "StringEquals": one,
                        "Next": following if one == "FINISHED" else "Bad",
                    }
                    for one in handled
                ],
                "Default": f"Wait {number}",
            },
            f"Wait {number}": {"Type": "Wait", "Seconds": pause, "Next": f"Look {number}"},
        }
    return {"StartAt": "Run 0", "States": states | {"Good": {"Type": "Succeed"}, "Bad": {"Type": "Fail"}}}


PUBLISHED = {
    "getting-started-with-amazon-redshift-data-api": polling(6, [5] * 6, ("FINISHED", "FAILED")),
    "etl-orchestration-with-stepfunctions-and-redshift-data-api.yaml": polling(
        0, [10] * 2, ("FINISHED", "FAILED"), through=FUNCTION
    ),
    "RedshiftConfigTestingStepFunction.json": polling(0, [60, 60, 60, 300], ("FINISHED",), through=FUNCTION),
    "redshift-serverless-unload": polling(1, [5], ("FINISHED", "FAILED", "ABORTED")),
}
"""Made-up machines with the defects of the published ones, by a part of their row."""


@pytest.mark.parametrize("published", PUBLISHED)
def test_the_table_of_published_definitions_says_what_is_found_of_the_same_defects(published: str) -> None:
    text = (ROOT / "docs" / "inspect.md").read_text()
    row = next(line for line in text.splitlines() if line.startswith("|") and published in line)
    _file, polls, looping, missing, token = (cell.strip() for cell in row.strip("|").split("|"))
    found = definition_figures(PUBLISHED[published])
    full = sorted({round((polls_to_quota(one)[1] or 0) / 3600, 2) for one in found.loops})
    endless = {status for one in found.loops for status, fate in one.fates.items() if fate is Fate.LOOPS}
    kinds = [one.kind for one in found.findings]

    assert polls.startswith(f"{len(found.loops)} loop")
    assert {(one.transitions, one.events) for one in found.loops} == {(3, 9)}
    assert "3 transitions and 9 events a poll" in polls
    for hours in (full[0], full[-1]):
        assert f"{hours:.3g}" in polls
    named = looping.partition(",")[0]
    assert [one in named for one in ENDED] == [one in endless for one in ENDED]
    assert ("unless the loop's function raises" in looping) is any(
        one.through_function for one in found.loops
    )
    assert ("the machine has no TimeoutSeconds" in missing) is ("no-timeout" in kinds)
    assert ("missing" in token) is ("no-client-token" in kinds)
