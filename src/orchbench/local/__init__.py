"""The local AWS: the same template and the same calls, without an account.

It starts, wires and stops the local servers; it runs no batch and measures nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
DEFINED_IN = {
    "errors": ("DeploymentFailed", "LocalStackError", "ServerDidNotStart", "StackAlreadyRunning"),
    "options": ("LOCAL_WORKGROUP_ARN", "StackOptions"),
    "stack": ("LocalStack", "running_stack"),
    "up": ("serve", "shell_exports"),
}


# Hidden from mypy, for which any name would be right.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        # The servers' own processes begin here too, and most of them need none of what a stack does.
        for module, names in DEFINED_IN.items():
            if name in names:
                return getattr(import_module(f"{__name__}.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
