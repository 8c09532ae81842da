"""What a look of ``orchbench check`` found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What a look found: whether it is as needed, and what to do where it is not.

    Attributes:
        warning: nothing has to be done, and yet somebody should read it.
    """

    what: str
    good: bool
    said: str
    warning: bool = False

    @property
    def mark(self) -> str:
        """The word before it, with its colour."""
        if not self.good:
            return "[red]to do[/]"
        return "[yellow]warn[/] " if self.warning else "[green]ok[/]   "
