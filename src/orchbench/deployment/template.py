"""What the SAM template deploys, as far as figures need it: its blocks, its resources and its timeouts.

Read as text and YAML, and after the SAM transform; nothing is deployed and no AWS is asked.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

Resources = dict[str, dict[str, Any]]

RULE = re.compile(r"  # -{20,}$")
HEADER = re.compile(r"  # .*: ([a-z][a-z0-9-]*)$")
LOGICAL_ID = re.compile(r"  ([A-Za-z][A-Za-z0-9]*):$")


def load_template(path: Path) -> dict[str, Any]:
    """Return the template's document."""
    # The transform takes a while to import, which no other command should wait for.
    from samtranslator.yaml_helper import yaml_parse  # noqa: PLC0415

    document: dict[str, Any] = yaml_parse(path.read_text())
    return document


def deployed_limits(path: Path, longest_query_seconds: int) -> Iterator[str]:
    """Yield what the template's own defaults promise and cannot keep, a sentence each.

    An execution must be allowed more than the longest timeout that a batch may ask for.
    """
    document = load_template(path)
    longest = int(document["Parameters"]["LongestTimeoutSeconds"]["Default"])
    if longest > longest_query_seconds:
        yield f"LongestTimeoutSeconds is {longest}, and a query may run {longest_query_seconds} s."
    for name, resource in document["Resources"].items():
        durable = resource.get("Properties", {}).get("DurableConfig")
        if durable and int(durable["ExecutionTimeout"]) <= longest:
            yield (
                f"{name} may run {durable['ExecutionTimeout']} s, no longer than the {longest} s that a "
                "batch may ask for: its deadline could not be kept."
            )


def blocks(path: Path) -> dict[str, list[str]]:
    """Return the logical ids of each block: of a way by its name, of everything shared by ``""``.

    A block begins with a comment between two rules; that of a way ends with its name behind a colon.
    """
    found: dict[str, list[str]] = {"": []}
    current, resources, rules = "", False, 0
    for line in path.read_text().splitlines():
        if line and not line.startswith((" ", "#")):
            resources = line.startswith("Resources:")
        elif resources and RULE.match(line):
            rules += 1
            current = "" if rules % 2 else current
        elif resources and rules % 2 and (header := HEADER.match(line)):
            current = header[1]
        elif resources and (logical_id := LOGICAL_ID.match(line)):
            found.setdefault(current, []).append(logical_id[1])
    return found


def transformed(path: Path, kept: Collection[str]) -> Resources:
    """Return some of the resources as CloudFormation sees them, after the SAM transform."""
    from samtranslator.metrics.metrics import DummyMetricsPublisher, Metrics  # noqa: PLC0415
    from samtranslator.parser.parser import Parser  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # noqa: PLC0415

    document = load_template(path)
    document["Globals"]["Function"]["CodeUri"] = {"Bucket": "bucket", "Key": "code"}
    document["Resources"] = {name: one for name, one in document["Resources"].items() if name in kept}
    document["Outputs"] = {}
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = {"Bucket": "bucket", "Key": "definition"}
    values = {name: str(one.get("Default", "")) for name, one in document["Parameters"].items()}
    # The transform asks a boto3 session for its region and for nothing else.
    session = SimpleNamespace(region_name="us-east-1")
    metrics = Metrics("orchbench", DummyMetricsPublisher())
    translator = Translator({}, Parser(), boto_session=session, metrics=metrics)
    found: Resources = translator.translate(document, parameter_values=values)["Resources"]
    metrics.publish()
    return found


def handler_files(path: Path, suffixes: Collection[str]) -> list[Path]:
    """Return the files of the functions whose names end with one of these, in the template's order."""
    document = load_template(path)
    code = path.parent / document["Globals"]["Function"]["CodeUri"]
    found = []
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and _suffix(properties) in suffixes:
            module = properties["Handler"].rpartition(".")[0]
            found.append(code.joinpath(*module.split(".")).with_suffix(".py"))
    return list(dict.fromkeys(found))


def _suffix(properties: dict[str, Any]) -> str:
    name = properties["FunctionName"]
    text = str(name["Fn::Sub"] if isinstance(name, dict) else name)
    return text.removeprefix("${AWS::StackName}-")
