"""Where a durable execution's name is unique: AWS's guide says the account, its reference the function."""

from botocore.exceptions import ClientError

from orchbench.probes.durable_function import DurableFunction, own_function
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, confirmed, refuted


def attempt(lab: Lab) -> Finding:
    """Start two functions under one name, with different inputs."""
    name = lab.name("one-name")
    first = own_function(lab).start({"work": "step", "times": 1}, name)
    second = DurableFunction(lab, "second")
    try:
        other = second.start({"work": "step", "times": 2}, name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "DurableExecutionAlreadyStartedException":
            raise
        return refuted("The second function was refused the name of the first one's execution.")
    if other == first:
        return refuted("The first function's execution was returned for the second one.")
    return confirmed("Each function has an execution of this name.", arns=[first, other])
