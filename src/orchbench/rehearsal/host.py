"""What the two hosts have in common: how an execution is run, watched and ended early."""

from dataclasses import dataclass
from typing import Any, Protocol

from orchbench.platforms.platform import Record


class InvalidStart(Exception):
    """The service would refuse this start."""


@dataclass(frozen=True)
class Death:
    """A quota's end of an execution.

    Attributes:
        at: the virtual moment, in seconds since the epoch.
    """

    at: float
    reason: str


class Host(Protocol):
    """Runs one execution in virtual time."""

    death: Death | None

    @property
    def execution_arn(self) -> str: ...
    @property
    def is_over(self) -> bool: ...
    @property
    def operations(self) -> int | None: ...
    def run(self, name: str, document: Any) -> None: ...
    def start_again(self, name: str, document: Any) -> str: ...
    def stop(self, cause: str) -> None: ...
    def record(self) -> Record: ...
