"""What the SAM template deploys, as far as figures need it: its blocks, its resources and its timeouts.

Read as text and YAML, and after the SAM transform; nothing is deployed and no AWS is asked.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

Resources = dict[str, dict[str, Any]]


def load_template(path: Path) -> dict[str, Any]:
    """Return the template's document."""
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
