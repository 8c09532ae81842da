"""What ``orchbench compare-aws`` is given, looked at before anything is deployed for it.

The templates say which values they take: what they would refuse is refused here, before the question.
"""

import argparse
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchbench.commands.failure import UsageError
from orchbench.commands.probe import probes_of
from orchbench.local import LOCAL_WORKGROUP_ARN
from orchbench.local.stack_name import too_long
from orchbench.platforms.platform import Clients
from orchbench.project.templates import load_template
from orchbench.trial.named import NotThere, require_cluster, workgroup_arn

WORKGROUP_NAME = re.compile(r"[a-z0-9-]{3,64}")
OWN_WORKGROUP_NAME = re.compile(r"[a-z][a-z0-9-]{2,}")
"""Of a stack that names a workgroup and a namespace too."""
STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
"""As CloudFormation has it."""


PARTITION = "aws"
"""The one that the definitions are written for: they name ``arn:aws:states:::``."""


def require_partition(identity: str) -> None:
    """Refuse an identity of another partition, whose Step Functions would refuse every definition.

    Args:
        identity: its ARN.

    Raises:
        UsageError: it is of China's or GovCloud's regions, for example.
    """
    partition = identity.split(":")[1]
    if partition != PARTITION:
        raise UsageError(
            f"The credentials are of the partition {partition!r}, so nothing was deployed: the definitions "
            f"of the state machines are for {PARTITION!r} alone, so use an account of that."
        )


def makes_warehouse(arguments: argparse.Namespace, *, local: bool) -> bool:
    """Tell whether a trial deploys a warehouse of its own."""
    return not local and arguments.workgroup is None and arguments.cluster is None


def require_sound(arguments: argparse.Namespace, folder: Path, *, local: bool) -> None:
    """Refuse what a deployment would be refused for.

    Args:
        arguments: of the command.
        folder: the project's, with the templates.
        local: whether the endpoint is this machine's.

    Raises:
        UsageError: a value is none that the templates take, or a probe is none that there is.
    """
    probes_of(arguments.probe)
    for option in ("workgroup", "cluster", "database", "admin_secret"):
        if getattr(arguments, option) == "":
            raise UsageError(f"--{option.replace('_', '-')} is empty: give a value, or leave it out.")
    application = load_template(folder / "template.yaml")
    if refusal := too_long(application, arguments.stack):
        raise UsageError(refusal)
    if not STACK_NAME.fullmatch(arguments.stack):
        raise UsageError(f"--stack {arguments.stack!r} takes a letter, then letters, digits and hyphens.")
    _require_database(arguments.database, application)
    if makes_warehouse(arguments, local=local):
        _require_database(arguments.database, load_template(folder / "warehouse.yaml"))
        if not OWN_WORKGROUP_NAME.fullmatch(arguments.stack):
            raise UsageError(
                f"--stack {arguments.stack!r} would name the workgroup too: use lower-case letters, digits "
                "and hyphens."
            )
    if arguments.cluster is not None:
        _require("--cluster", arguments.cluster, application, "ClusterIdentifier")
    if arguments.admin_secret is not None:
        _require("--admin-secret", arguments.admin_secret, application, "SecretArn")
    if arguments.workgroup is not None and not WORKGROUP_NAME.fullmatch(arguments.workgroup):
        _require("--workgroup", arguments.workgroup, application, "WorkgroupArn")


def named_target(arguments: argparse.Namespace, clients: Clients, *, local: bool) -> dict[str, str]:
    """Return the template's parameters for a warehouse that is there; none where one is to be made.

    Raises:
        UsageError: there is no such workgroup or cluster.
    """
    if makes_warehouse(arguments, local=local):
        return {}
    if local:
        cluster = arguments.cluster
        return {"WorkgroupArn": LOCAL_WORKGROUP_ARN} if cluster is None else {"ClusterIdentifier": cluster}
    if arguments.cluster is not None:
        with _looked_up("--cluster", arguments.cluster, clients.region):
            require_cluster(clients.client("redshift"), arguments.cluster)
        return {"ClusterIdentifier": arguments.cluster}
    with _looked_up("--workgroup", arguments.workgroup, clients.region):
        return {"WorkgroupArn": workgroup_arn(clients.client("redshift-serverless"), arguments.workgroup)}


@contextlib.contextmanager
def _looked_up(option: str, value: str, region: str) -> Iterator[None]:
    """Turn the answer that something is not there into a sentence about the option."""
    try:
        yield
    except NotThere as error:
        raise UsageError(
            f"{option} {value!r} is not in {region}: name one that is, or leave it out."
        ) from error


def _require_database(name: str, template: dict[str, Any]) -> None:
    _require("--database", name, template, "Database")


def _require(option: str, value: str, template: dict[str, Any], parameter: str) -> None:
    """Refuse a value that a template's parameter would not take."""
    rule = template["Parameters"][parameter]
    if not re.fullmatch(rule["AllowedPattern"], value):
        raise UsageError(
            f"{option} {value!r} is not what it takes: {parameter} {rule['ConstraintDescription']}"
        )
    if len(value) > rule.get("MaxLength", len(value)):
        raise UsageError(
            f"{option} {value!r} has {len(value)} characters: {parameter} has {rule['MaxLength']} at most."
        )
