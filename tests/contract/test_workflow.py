"""The workflow that checks a decision record: its syntax, its commands, and what it says of each outcome."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from project import ROOT

from orchbench.cli import build_parser
from orchbench.commands.decision_record import FLIPPED

FILE = ROOT / "docs" / "workflows" / "check-decision.yml"
STRINGS = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
STEP = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "oneOf": [{"required": ["uses"]}, {"required": ["run"]}],
    "properties": {
        "name": {"type": "string"},
        "id": {"type": "string", "pattern": "^[a-z_][a-z0-9_-]*$"},
        "if": {"type": "string"},
        "uses": {"type": "string", "pattern": "^[a-z-]+/[a-z-]+@v[0-9]+$"},
        "run": {"type": "string"},
        "with": STRINGS,
        "env": STRINGS,
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "on", "permissions", "env", "jobs"],
    "properties": {
        "name": {"type": "string"},
        "on": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "schedule": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["cron"],
                        "properties": {"cron": {"type": "string", "pattern": r"^([\d*/,-]+ ){4}[\d*/,-]+$"}},
                    },
                },
                "pull_request": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"paths": {"type": "array", "items": {"type": "string"}}},
                },
                "workflow_dispatch": {"type": "object"},
            },
        },
        "permissions": {"type": "object", "additionalProperties": {"enum": ["read", "write", "none"]}},
        "env": STRINGS,
        "jobs": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["runs-on", "timeout-minutes", "steps"],
                "properties": {
                    "runs-on": {"type": "string"},
                    "timeout-minutes": {"type": "integer"},
                    "steps": {"type": "array", "items": STEP, "minItems": 1},
                },
            },
        },
    },
}
"""As far as this workflow goes, what GitHub's own syntax asks for."""


def workflow() -> dict[str, Any]:
    # In YAML 1.1 `on` is a boolean; GitHub reads it as a word.
    document = yaml.load(FILE.read_text(), Loader=yaml.BaseLoader)
    for job in document["jobs"].values():
        job["timeout-minutes"] = int(job["timeout-minutes"])
    return document  # type: ignore[no-any-return]


def steps() -> list[dict[str, Any]]:
    return list(workflow()["jobs"]["check"]["steps"])


def script(name: str) -> str:
    return str(next(step["run"] for step in steps() if step["name"] == name))


def test_it_has_the_syntax_of_a_workflow() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert [one.message for one in Draft202012Validator(SCHEMA).iter_errors(workflow())] == []
    wrong = workflow()
    wrong["jobs"]["check"]["steps"][0]["run"] = "echo"
    assert not Draft202012Validator(SCHEMA).is_valid(wrong)


@pytest.mark.parametrize("step", [one for one in steps() if "run" in one], ids=lambda one: one["name"])
def test_every_script_is_one_that_the_shell_reads_and_nothing_is_pasted_into_it(step: dict[str, Any]) -> None:
    subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)
    assert "${{" not in step["run"]


def test_its_commands_are_the_programs_own() -> None:
    text = "\n".join(step.get("run", "") for step in steps())
    commands = re.findall(r"^\s*(orchbench [^>|\n]+)", text, re.MULTILINE)
    assert [shlex.split(one)[1] for one in commands] == ["prices", "decide"]
    for command in commands:
        build_parser().parse_args(shlex.split(command.replace("$REGION", "us-east-1"))[1:])


def checked(folder: Path, code: int) -> subprocess.CompletedProcess[str]:
    """Run the step that checks, with a program in orchbench's place that ends with this code."""
    program = folder / "orchbench"
    program.write_text(f"#!/bin/sh\necho '### The decision is told.'\nexit {code}\n")
    program.chmod(0o755)
    environment = {
        "PATH": f"{folder}:/usr/bin:/bin",
        "RECORD": "decision.json",
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    # As GitHub runs a step.
    shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script("Check the record")]
    return subprocess.run(shell, cwd=folder, env=environment, text=True, check=False)


@pytest.mark.parametrize("code", [0, FLIPPED])
def test_the_comment_is_the_programs_own_with_the_record_and_the_day_below(code: int, tmp_path: Path) -> None:
    assert checked(tmp_path, code).returncode == 0

    said = (tmp_path / "comment.md").read_text().splitlines()
    assert said[0] == "### The decision is told."
    assert said[-1].startswith("From `decision.json`, with prices of ")
    assert (tmp_path / "output").read_text() == f"code={code}\n"


@pytest.mark.parametrize("code", [1, 2])
def test_a_check_that_fails_is_no_comment(code: int, tmp_path: Path) -> None:
    assert checked(tmp_path, code).returncode == code
    assert not (tmp_path / "comment.md").exists()
