"""The command line: reads the arguments, runs one command, and turns every error into one sentence.

Exit codes: 0 for success, 1 for a run that failed, 2 for a usage error, and 128 more than its number for a
signal (130 for Ctrl-C, 143 for SIGTERM). What takes time to import is imported under the signals' handlers,
so that an interrupt is one line however early it comes.
"""

import argparse
import contextlib
import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, NoReturn

from orchbench import commands
from orchbench.commands.overview import Entry, entry, overview

EXIT_FAILED, EXIT_USAGE = 1, 2
NO_COMMAND = ""
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence, without the usage in front.

    Each command has a parser of this class: what it does not know is its own error, and names its own help.
    """

    def parse_known_args(self, *arguments: Any, **named: Any) -> Any:
        """Parse, and refuse what is unknown here, before the parser of all commands does in its name."""
        parsed, unknown = super().parse_known_args(*arguments, **named)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end with exit code 2."""
        self.exit(EXIT_USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def format_help(self) -> str:
        """Return the help, with colours in a terminal that has them."""
        # Only help pays for the import.
        from rich_argparse import RichHelpFormatter  # noqa: PLC0415

        self.formatter_class = RichHelpFormatter
        return super().format_help()


class ProgramParser(Parser):
    """The program's own parser: its help is the commands by task."""

    def format_help(self) -> str:
        """Return what the program can do."""
        return overview()


class ShowVersion(argparse.Action):
    """Prints the version and ends; it is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print and end."""
        from importlib.metadata import version  # noqa: PLC0415

        print(f"orchbench {version('orchbench')}")  # noqa: T201 - the command's answer
        parser.exit()


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser with every command of ``orchbench.commands``.

    Args:
        command: the only one that is needed: the others' modules, some slow to import, are left alone. With
            ``NO_COMMAND`` none is there; with a word that is no command's, or None, all are.
    """
    parser = ProgramParser(prog="orchbench")
    parser.add_argument("--version", action=ShowVersion, nargs=0, help="show the version")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    subparsers = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="orchbench", parser_class=Parser
    )
    if command == NO_COMMAND:
        return parser
    names = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    for name in [command] if command in names else names:
        loaded = importlib.import_module(f"{commands.__name__}.{name}")
        if hasattr(loaded, "add_parser"):
            loaded.add_parser(subparsers)
    for name, its_parser in subparsers.choices.items():
        _explain(its_parser, entry(name))
    # A module's name that is no command's.
    return parser if subparsers.choices else build_parser()


def _explain(parser: argparse.ArgumentParser, said: Entry | None) -> None:
    """Give a command's help what the overview says of it."""
    if said is not None:
        parser.description = parser.description or f"{said.summary[0].upper()}{said.summary[1:]}."
        parser.epilog = f"Example: {said.example}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    with _ending_signals() as received:
        try:
            code = _run(arguments)
            # Python drops what is raised while it collects garbage: then the command has run to its end.
            return 128 + received[0] if received else code
        except (KeyboardInterrupt, Exception) as error:
            # A library may turn what interrupted it into an error of its own.
            if not received and not isinstance(error, KeyboardInterrupt):
                raise
            number = received[0] if received else signal.SIGINT
            _say("Interrupted." if number == signal.SIGINT else f"Ended by {signal.Signals(number).name}.")
            return 128 + number


def _run(arguments: Sequence[str] | None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    if not words:
        print(overview(), end="")  # noqa: T201 - the command's answer
        return 0
    command = next((word for word in words if not word.startswith("-")), NO_COMMAND)
    parsed = build_parser(command).parse_args(words)
    try:
        code = int(parsed.run(parsed))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        _drop_output()
        return 0
    except Exception as error:
        if parsed.debug:
            raise
        from orchbench.commands.failure_said import is_usage, sentence_of  # noqa: PLC0415 - it imports boto3

        _drop_unwritable_output()
        _say(sentence_of(error))
        return EXIT_USAGE if is_usage(error) else EXIT_FAILED
    return code


@contextlib.contextmanager
def _ending_signals() -> Iterator[list[int]]:
    """Turn the signals that end a program into KeyboardInterrupt, and yield those that came."""
    received: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    # One that is ignored, as after nohup, stays ignored.
    before = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    try:
        for number in before:
            signal.signal(number, interrupt)
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _drop_unwritable_output() -> None:
    """Drop what standard output cannot take: the interpreter would complain about it once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()


def _drop_output() -> None:
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(sentence: str) -> None:
    # Standard error may be full as well; then there is nobody left to tell.
    with contextlib.suppress(OSError):
        print(f"orchbench: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - the command line's own words


if __name__ == "__main__":
    sys.exit(main())
