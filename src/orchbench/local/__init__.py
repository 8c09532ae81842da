"""The local AWS: the same template and the same calls, without an account.

It starts, wires and stops the local servers; it runs no batch and measures nothing.
"""

from .errors import DeploymentFailed, LocalStackError, ServerDidNotStart, StackAlreadyRunning
from .options import LOCAL_WORKGROUP_ARN, StackOptions
from .stack import LocalStack, running_stack
from .up import serve, shell_exports

__all__ = [
    "LOCAL_WORKGROUP_ARN",
    "DeploymentFailed",
    "LocalStack",
    "LocalStackError",
    "ServerDidNotStart",
    "StackAlreadyRunning",
    "StackOptions",
    "running_stack",
    "serve",
    "shell_exports",
]
