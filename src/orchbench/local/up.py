"""``orchbench up``: starts the local AWS, says how to use it, and stays until a signal ends it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .errors import ServerDidNotStart
from .options import StackOptions
from .stack import LocalStack, Progress, say_nothing

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CHECK_SECONDS = 0.5


class Ended(BaseException):
    """A signal asked for the end while the stack was still starting."""


@dataclass
class Ending:
    """Whether a signal has asked for the end, and whether that interrupts what runs or is waited for."""

    asked: threading.Event = field(default_factory=threading.Event)
    interrupts: bool = True

    def on_signal(self, _number: int, _frame: Any) -> None:
        """Take note of the first signal; a second one does not disturb the stop."""
        if not self.asked.is_set():
            self.asked.set()
            if self.interrupts:
                raise Ended


def shell_exports(stack: LocalStack) -> str:
    """Return the lines that make a shell's AWS CLI and boto3 use a stack."""
    lines = [f"export {name}={value}" for name, value in stack.exports.items()]
    # Either would win over the credentials above, or be looked for and missed.
    return "\n".join([*lines, "unset AWS_PROFILE AWS_SESSION_TOKEN"])


@contextmanager
def ending_signals() -> Iterator[Ending]:
    """Yield what the signals to end say, and put the former handlers back."""
    ending = Ending()
    before = {number: signal.signal(number, ending.on_signal) for number in ENDING_SIGNALS}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def serve(
    options: StackOptions, announce: Callable[[LocalStack], None], progress: Progress = say_nothing
) -> None:
    """Start a stack, announce it, and return when a signal has ended it and nothing of it is left.

    Args:
        options: How it is started.
        announce: Called once, when the stack can be used; ``shell_exports`` is what a user needs to see.
        progress: Called with each step of the start.

    Raises:
        LocalStackError: If it does not start, or a server ends while it runs.
    """
    with ending_signals() as ending:
        try:
            with LocalStack.start(options, progress) as stack:
                announce(stack)
                ending.interrupts = False
                while not ending.asked.wait(CHECK_SECONDS):
                    if failure := stack.failure():
                        raise ServerDidNotStart(failure)
        except Ended:
            return
