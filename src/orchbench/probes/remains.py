"""What a probe made and must not leave behind: removed in reverse order, or named with how to remove it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from orchbench.deployment.missing_permissions import REFUSED

GONE = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "ExecutionDoesNotExist",
    "NoSuchEntity",
    "QueueDoesNotExist",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
}
"""What the services say of a thing that is not there (any more)."""


@dataclass(frozen=True)
class Kept:
    """Something that was made, or may have been.

    Attributes:
        what: as a sentence begins.
        command: removes it by hand.
        remove: removes it; one that is gone already is no error.
    """

    what: str
    command: str
    remove: Callable[[], object]


@dataclass(frozen=True)
class Left:
    """What could not be removed, as one sentence with the command that does it."""

    what: str
    command: str
    why: str

    @property
    def said(self) -> str:
        """One sentence."""
        return f"{self.what} may be left ({self.why}); remove it with: {self.command}"


class Remains:
    """Everything that has to go in the end."""

    def __init__(self) -> None:
        self._kept: list[Kept] = []

    def keep(self, what: str, command: str, remove: Callable[[], object]) -> bool:
        """Note something before it is made, so that no interrupt can come between.

        Returns:
            Whether it was not noted yet: what has the same words is the same thing.
        """
        if any(one.what == what for one in self._kept):
            return False
        self._kept.append(Kept(what, command, remove))
        return True

    @contextmanager
    def making(self, what: str, command: str, remove: Callable[[], object]) -> Iterator[None]:
        """Note something while it is made; what is not allowed was not made, and is not removed."""
        is_new = self.keep(what, command, remove)
        try:
            yield
        except ClientError as error:
            if is_new and error.response["Error"]["Code"] in REFUSED:
                self._kept = [one for one in self._kept if one.what != what]
            raise

    def clear(self, left: list[Left], *, interrupted: bool = False) -> None:
        """Remove everything, the newest first, and add to ``left`` what could not be.

        Args:
            left: gets what could not be removed.
            interrupted: whether an interrupt is why there is removing. The first interrupt is raised when
                everything is gone; a second one ends the removing at once, and what is there counts as left.
        """
        first: KeyboardInterrupt | None = None
        while self._kept:
            one = self._kept.pop()
            try:
                unless_gone(one.remove)
            except KeyboardInterrupt as interrupt:
                if not interrupted:
                    interrupted, first = True, interrupt
                    self._kept.append(one)
                    continue
                rest = [one, *reversed(self._kept)]
                self._kept.clear()
                left.extend(Left(each.what, each.command, "interrupted") for each in rest)
                raise
            except Exception as error:  # noqa: BLE001 - whatever keeps it there is told, and the rest removed
                left.append(Left(one.what, one.command, " ".join(str(error).split())))
        if first is not None:
            raise first


@contextmanager
def cleared(remains: Remains, left: list[Left]) -> Iterator[Remains]:
    """Clear what was made within, however that ends, and add to ``left`` what could not be removed."""
    try:
        yield remains
    except KeyboardInterrupt:
        remains.clear(left, interrupted=True)
        raise
    except BaseException:
        remains.clear(left)
        raise
    remains.clear(left)


def unless_gone(remove: Callable[..., object], **arguments: Any) -> None:
    """Remove something; one that is gone already is no error."""
    try:
        remove(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
