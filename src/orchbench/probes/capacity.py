"""What a Serverless workgroup is, where the caller may see it."""

from typing import Any

from orchbench.probes.lab import Lab


def _workgroup(lab: Lab) -> dict[str, Any] | None:
    """Return the workgroup of the deployment's target; None for a cluster."""
    target = lab.outputs["Target"]
    if not target.startswith("arn:"):
        return None
    pages = lab.client("redshift-serverless").get_paginator("list_workgroups").paginate()
    return next((one for page in pages for one in page["workgroups"] if one["workgroupArn"] == target), None)


def workgroup_name(lab: Lab) -> str | None:
    """Return its name."""
    found = _workgroup(lab)
    return None if found is None else str(found["workgroupName"])


def base_capacity(lab: Lab) -> int | None:
    """Return its base capacity in RPU."""
    found = _workgroup(lab)
    return None if found is None else int(found["baseCapacity"])
