"""The project's own files, read once for the contract tests."""

import ast
import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from cfnlint.decode import decode_str
from cfnlint.template import Template
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from orchbench.deployment.template import ways_of
from orchbench.project.templates import load_template

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "functions"
SOURCE = ROOT / "src" / "orchbench"
DEFINITION_FILE = ROOT / "statemachine" / "sfn_poll.asl.json"
TEMPLATE_FILE = ROOT / "template.yaml"
MONITORING_FILE = ROOT / "monitoring.yaml"
WAREHOUSE_FILE = ROOT / "warehouse.yaml"
SCHEDULE_FILE = ROOT / "schedule.yaml"

Json = dict[str, Any]


@cache
def definition() -> Json:
    return json.loads(DEFINITION_FILE.read_text())  # type: ignore[no-any-return]


@cache
def _parsed(path: Path) -> Json:
    return load_template(path)


def template() -> Json:
    """Return the template, to be changed at will."""
    return copy.deepcopy(_parsed(TEMPLATE_FILE))


def warehouse() -> Json:
    return copy.deepcopy(_parsed(WAREHOUSE_FILE))


def schedule() -> Json:
    return copy.deepcopy(_parsed(SCHEDULE_FILE))


def transformed(code_key: str = "code-1", **parameters: str) -> Json:
    """Return the template as CloudFormation sees it after the SAM transform, to be changed at will."""
    return copy.deepcopy(_transformed(code_key, frozenset(parameters.items())))


@cache
def _transformed(code_key: str, parameters: frozenset[tuple[str, str]]) -> Json:
    return translated(template(), code_key, **dict(parameters))


def translated(document: Json, code_key: str = "code-1", **parameters: str) -> Json:
    """Return a template as CloudFormation sees it after the SAM transform."""
    document = copy.deepcopy(document)
    document["Globals"]["Function"]["CodeUri"] = {"Bucket": "bucket", "Key": code_key}
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = {"Bucket": "bucket", "Key": "definition"}

    session = boto3.session.Session(region_name="us-east-1")
    values = {name: str(value["Default"]) for name, value in document["Parameters"].items()} | parameters
    return Translator({}, Parser(), boto_session=session).translate(  # type: ignore[no-any-return]
        document, parameter_values=values
    )


def monitoring(**lists: str) -> Json:
    """Return alarms and dashboard as CloudFormation sees them, looped over these ways or the default ones."""
    return json.loads(_looped(frozenset(lists.items())))  # type: ignore[no-any-return]


@cache
def _looped(lists: frozenset[tuple[str, str]]) -> str:
    document, problems = decode_str(MONITORING_FILE.read_text())
    assert problems == []
    for name, ways in lists:
        document["Parameters"][name]["Default"] = ways
    template = Template(str(MONITORING_FILE), document, ["us-east-1"])
    assert template.transform() == []
    return json.dumps(template.template)


def resources(document: Json, kind: str) -> dict[str, Json]:
    return {
        name: resource["Properties"]
        for name, resource in document["Resources"].items()
        if resource["Type"] == kind
    }


def references(node: Any) -> Iterator[str]:
    """Yield the names that a part of a template refers to: resources and parameters, no conditions."""
    if isinstance(node, list):
        for one in node:
            yield from references(one)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "Ref":
            yield value.partition(".")[0]
        elif key == "Fn::GetAtt":
            yield value[0] if isinstance(value, list) else value.partition(".")[0]
        elif key == "DependsOn":
            yield from [value] if isinstance(value, str) else value
        elif key == "Fn::Sub":
            text, own = (value, {}) if isinstance(value, str) else value
            names = set(re.findall(r"\$\{([\w:]+)[.}]", text))
            yield from sorted(names - set(own))
            yield from references(own)
        else:
            yield from references(value)


def without(document: Json, way: str) -> Json:
    """Return a template less one way: its resources go with their last way, outputs with what they name."""
    kept = copy.deepcopy(document)
    for name, resource in document["Resources"].items():
        ways = ways_of(name, resource)
        if ways == (way,):
            del kept["Resources"][name]
        elif way in ways:
            left = [one for one in ways if one != way]
            kept["Resources"][name]["Metadata"]["orchbench"]["Ways"] = left
    gone = set(document["Resources"]) - set(kept["Resources"])
    kept["Outputs"] = {name: one for name, one in kept["Outputs"].items() if not gone & set(references(one))}
    return kept


def handler_file(function: Json) -> Path:
    module, _, _name = function["Handler"].rpartition(".")
    return FUNCTIONS.joinpath(*module.split(".")).with_suffix(".py")


def modules(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.rglob("*.py"))


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the full names that a module imports, relative ones resolved."""
    names: set[str] = set()
    package = path.relative_to(FUNCTIONS if FUNCTIONS in path.parents else SOURCE.parent).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, node.module] if node.module else above)
            names.add(module)
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return frozenset(names)
