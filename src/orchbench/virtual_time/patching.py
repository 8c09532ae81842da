"""Puts other objects in the place of engines' private names, for a while; says clearly when one moved."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock


class EngineChanged(Exception):
    """A private name that a rehearsal drives is not where it was in the pinned version."""


@dataclass(frozen=True)
class Seam:
    """A private name of an engine, and why a rehearsal needs it."""

    owner: Any
    name: str
    reason: str

    def check(self) -> None:
        """Raise EngineChanged where the name is gone."""
        if not hasattr(self.owner, self.name):
            raise EngineChanged(
                f"{self.owner.__name__} has no {self.name!r} any more. A rehearsal needs it {self.reason}: "
                "pin the version in pyproject.toml that has it, or drive the new one."
            )


@contextmanager
def replaced(replacements: Iterable[tuple[Seam, Any]]) -> Iterator[None]:
    """Replace each name inside the block, and put all of them back after it."""
    with ExitStack() as stack:
        for seam, replacement in replacements:
            seam.check()
            stack.enter_context(mock.patch.object(seam.owner, seam.name, replacement))
        yield
