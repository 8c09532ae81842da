"""What a stack is started with."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOCAL_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
# Any workgroup is the local one; its shape is that of an ARN, which the template asks for.
LOCAL_WORKGROUP_ARN = (
    "arn:aws:redshift-serverless:us-east-1:000000000000:workgroup/00000000-0000-4000-8000-000000000000"
)


@dataclass(frozen=True)
class StackOptions:
    """How a stack is started.

    Attributes:
        folder: The working folder: where the template is found and where the state file is kept.
        template: Relative to the folder; None starts the servers and deploys nothing.
        parameters: Of the template, as CloudFormation takes them. A template that asks where batches run and
            is not told gets ``LOCAL_WORKGROUP_ARN``.
        port: Of the gateway; 0 takes a free one.
        redshift_command: Starts the local Data API, less its port and folder; None for a stack without it.
        redshift_arguments: Added to that command: delays, faults.
        worker_environment: Added to what the functions find in their environment.
        published: Whether other processes may find the stack.
    """

    folder: Path = field(default_factory=Path.cwd)
    template: Path | None = Path("template.yaml")
    parameters: Mapping[str, str] = field(default_factory=dict)
    stack_name: str = "orchbench"
    region: str = "us-east-1"
    port: int = 0
    redshift_command: tuple[str, ...] | None = (sys.executable, "-m", "orchbench.redshift")
    redshift_arguments: tuple[str, ...] = ()
    worker_environment: Mapping[str, str] = field(default_factory=dict)
    start_timeout_seconds: float = 180
    published: bool = True
