"""What the SAM template deploys, as far as figures need it: its resources, for which ways, and its timeouts.

Read as YAML, and after the SAM transform; nothing is deployed and no AWS is asked.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from orchbench.project.templates import load_template

Resources = dict[str, dict[str, Any]]

EVERY_WAY = "all"


class InvalidTemplate(Exception):
    """The template lacks what figures are made from; the message is one sentence."""


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
    """Return the logical ids that each way needs, by its name; those that every way needs by ``""``.

    A resource names its ways in ``Metadata.orchbench.Ways``: a list, or ``all``. One that several ways share
    stands in the block of each of them.

    Raises:
        InvalidTemplate: a resource names none.
    """
    found: dict[str, list[str]] = {"": []}
    for logical_id, resource in load_template(path)["Resources"].items():
        for way in ways_of(logical_id, resource):
            found.setdefault(way, []).append(logical_id)
    return found


def ways_of(logical_id: str, resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the ways that need a resource, ``""`` for all of them.

    Raises:
        InvalidTemplate: it names none.
    """
    named = resource.get("Metadata", {}).get("orchbench", {}).get("Ways")
    if named == EVERY_WAY:
        return ("",)
    if not isinstance(named, list) or not named:
        raise InvalidTemplate(
            f"The resource {logical_id} of the template does not say which ways need it: its Metadata takes "
            "orchbench, and in it Ways, a list of their names or all."
        )
    return tuple(map(str, named))


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


def handler_files(path: Path, kept: Collection[str]) -> list[Path]:
    """Return the files of the functions among these logical ids, in the template's order."""
    document = load_template(path)
    code = path.parent / document["Globals"]["Function"]["CodeUri"]
    found = []
    for logical_id, resource in document["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function" and logical_id in kept:
            module = resource["Properties"]["Handler"].rpartition(".")[0]
            found.append(code.joinpath(*module.split(".")).with_suffix(".py"))
    return list(dict.fromkeys(found))
