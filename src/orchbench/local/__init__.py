"""The local AWS: the same template and the same calls, without an account.

It starts, wires and stops the local servers; it runs no batch and measures nothing.
"""

from .errors import DeploymentFailed, LocalStackError, ServerDidNotStart, StackAlreadyRunning
from .stack import LocalStack, StackOptions, running_stack
from .up import serve, shell_exports

__all__ = [
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
