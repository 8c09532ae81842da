"""The local AWS: the same template and the same calls, without an account.

It starts, wires and stops the local servers; it runs no batch and measures nothing.
"""

from .errors import DeploymentFailed, LocalStackError, ServerDidNotStart, StackAlreadyRunning
from .options import LOCAL_WORKGROUP_ARN, StackOptions
from .reports import InvocationReport, read_reports
from .stack import LocalStack, running_stack
from .up import serve, shell_exports

__all__ = [
    "LOCAL_WORKGROUP_ARN",
    "DeploymentFailed",
    "InvocationReport",
    "LocalStack",
    "LocalStackError",
    "ServerDidNotStart",
    "StackAlreadyRunning",
    "StackOptions",
    "read_reports",
    "running_stack",
    "serve",
    "shell_exports",
]
