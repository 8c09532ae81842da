"""Steps that change an account one after the other, and what is left of them wherever they end.

It knows no service: what a step does is handed in, and so is what it would leave behind.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Say = Callable[[str], None]


@dataclass(frozen=True)
class Left:
    """Something that stays in the account until somebody removes it.

    Attributes:
        what: what it is, and what it costs while it stays.
        stack_name: of the stack that it is; None for what is no stack.
        removal: the exact command that removes it; None where it is not this program's to remove.
    """

    what: str
    stack_name: str | None = None
    removal: str | None = None


@dataclass(frozen=True)
class Step:
    """One step of the path.

    Attributes:
        name: one word.
        plan: what it will do, said before anybody agrees.
        run: does it, and returns what it did.
        skipped: why it is not made; None where it is.
        leaves: what may stay in the account from its first moment on, in the order in which it is made.
    """

    name: str
    plan: str
    run: Callable[[], str]
    skipped: str | None = None
    leaves: tuple[Left, ...] = ()

    @property
    def said_before(self) -> str:
        """What is said of it before anything happens."""
        return self.plan if self.skipped is None else f"skipped, because {self.skipped}"


def walk(steps: Iterable[Step], left: list[Left], say: Say) -> None:
    """Make every step that is not skipped, and keep in ``left`` what the account holds because of it.

    What a step leaves is kept before the step begins: it may be interrupted anywhere.
    """
    for step in steps:
        say(f"{step.name}: {step.said_before}")
        if step.skipped is not None:
            continue
        left.extend(step.leaves)
        say(f"{step.name}: {step.run()}")


def account_of(left: Sequence[Left], exists: Callable[[str], bool]) -> list[str]:
    """Return the lines that say what is left and how it is removed, the last that was made first.

    Args:
        left: what may be left.
        exists: whether there is a stack of this name; where it cannot say so, it says yes.
    """
    there = [one for one in reversed(left) if one.stack_name is None or exists(one.stack_name)]
    if not there:
        return ["Nothing of it is in the account."]
    removals = [f"  {one.removal}" for one in there if one.removal]
    how = ["To remove what this command deployed, run in this order:", *removals] if removals else []
    return ["This is left in the account:", *(f"  {one.what}" for one in there), *how]
