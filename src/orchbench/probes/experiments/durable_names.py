"""Where a durable execution's name is unique: AWS's guide says the account, its reference the function."""

from botocore.exceptions import ClientError

from orchbench.probes.durable_function import DurableFunction, own_function
from orchbench.probes.lab import Lab
from orchbench.probes.permissions import DURABLE
from orchbench.probes.probe import Finding, Probe, Signs, confirmed, refuted


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


PROBES = (
    Probe(
        name="durable-name-per-function",
        claim="The name of a durable execution is unique within its function, and free for another one.",
        used_in=("src/orchbench/platforms/durable_functions/service.py", "docs/operations.md"),
        how="Start executions of two functions of the probe's own under one name, with different inputs.",
        signs=Signs(
            "two executions",
            "a refusal, or the first one's ARN",
            "a function cannot be made",
            "Nothing breaks where names have the way in them, as those that `orchbench` makes up do.",
        ),
        permissions=DURABLE,
        attempt=attempt,
        seconds=60,
        uses={"durable_operation": 5, "lambda_request": 2, "lambda_gb_second_x86_64": 1},
    ),
)
