"""What a way of running the batch states about itself.

A way is one module of this package with a ``WAY``; whatever several ways share is its platform's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from orchbench.ways.usage import Usage


@dataclass(frozen=True)
class Way:
    """One way of running the batch.

    Attributes:
        name: as the command line and the traces say it.
        service: the key of the service that runs it.
        title: as a person says it.
        target_output: the template's output that holds what a start takes.
        implementation: the definition or the handler, below the repository's root.
        functions: each function's suffix behind the stack's name, which its log group has too.
        order: its place in a table, the baseline first; by name where it is the same.
    """

    name: str
    service: str
    title: str
    target_output: str
    implementation: str
    functions: Sequence[str] = field(default=())
    usage: Usage | None = None
    order: int = 10

    def log_groups(self, stack_name: str) -> dict[str, str]:
        """Return the log group of each function, by the function's name."""
        names = [f"{stack_name}-{suffix}" for suffix in self.functions]
        return {name: f"/aws/lambda/{name}" for name in names}
