"""A deploy while a durable execution sleeps: whether its own version serves it to the end."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from orchbench.probes.durable_function import DurableFunction, own_function
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, confirmed, inconclusive, refuted
from orchbench.trace import ExecutionStatus

USED_IN = ("template.yaml", "docs/adr/0014-parameters-in-a-versions-description.md")
PATIENCE_SECONDS = 180
REFUSES_TO_DELETE = ("ResourceConflictException", "InvalidParameterValueException")
"""What Lambda says of a version that it will not delete (assumed); another error is no verdict."""


def _sleeping(lab: Lab, function: DurableFunction, configured: str) -> tuple[str, str]:
    """Publish a configuration, and return an execution that sleeps on it, and its version."""
    function.configure(configured)
    version = function.publish()
    function.point_alias_at(version)
    arn = function.start({"work": "wait", "times": 1, "seconds": 60 if lab.on_aws else 8})
    lab.sleep(5 if lab.on_aws else 1)
    return arn, version


def parameter_only(lab: Lab) -> Finding:
    """Do what CloudFormation does with Retain: configure, publish, move the alias, and delete nothing."""
    function = own_function(lab)
    arn, _version = _sleeping(lab, function, "before the deploy")
    function.configure("after the deploy")
    function.point_alias_at(function.publish())
    status, record = function.ended(arn, PATIENCE_SECONDS)
    if status is ExecutionStatus.RUNNING:
        return inconclusive(f"The execution has not ended in {PATIENCE_SECONDS} s.")
    if status is ExecutionStatus.FAILED:
        # One that met no deploy has succeeded before: see own_function.
        return refuted("The execution failed.", error=_error(record.description))
    result = str(record.description.get("Result"))
    if "before the deploy" in result:
        return confirmed("It went on with the configuration that it started with.", result=result)
    if "after the deploy" in result:
        return refuted("It went on with the new configuration.", result=result)
    return inconclusive(f"The execution ended as {status}, without its configuration.", result=result)


def deleted(lab: Lab) -> Finding:
    """Delete the version under an execution, as CloudFormation does without Retain."""
    function = own_function(lab)
    arn, version = _sleeping(lab, function, "to be deleted")
    function.configure("another")
    function.point_alias_at(function.publish())
    if function.service.status(arn) is not ExecutionStatus.RUNNING:
        return inconclusive("The execution was over before its version was deleted.")
    try:
        function.client.delete_function(FunctionName=function.name, Qualifier=version)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in REFUSES_TO_DELETE:
            raise
        return refuted(f"Lambda refuses to delete the version: {code}.", error=str(error))
    status, record = function.ended(arn, PATIENCE_SECONDS if lab.on_aws else 60)
    if status is ExecutionStatus.RUNNING:
        return inconclusive("The version was deleted, and the execution has not ended yet.")
    if status is ExecutionStatus.SUCCEEDED:
        return refuted("The version was deleted, and the execution went on to its end.")
    kind = _error(record.description)
    if status is ExecutionStatus.FAILED:
        return confirmed("The version was deleted, and the execution failed.", error=kind)
    return inconclusive(f"The version was deleted, and the execution ended as {status}.", error=kind)


def _error(description: Mapping[str, Any]) -> str:
    return str((description.get("Error") or {}).get("ErrorType", ""))
