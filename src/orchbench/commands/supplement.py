"""``orchbench supplement``: rehearsals of 1 min to 24 h, and complexity, beside the runs of a comparison."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from rich.console import Console

from orchbench.commands.brief import print_next
from orchbench.commands.complexity import complexity_document
from orchbench.commands.options import add_ways, ways_of, whole_number
from orchbench.project import project_folder
from orchbench.results.folder import ResultsFolder
from orchbench.results.supplements import COMPLEXITY_FILE, KeptRehearsal, keep_rehearsals, rehearsal_file
from orchbench.ways import Way
from orchbench.ways.durations import InvalidDuration, parse_duration

if TYPE_CHECKING:
    from orchbench.rehearsal.scenario import Scenario

PAIR_SCENARIOS = (
    *(("fixed:10s", duration) for duration in ("1m", "5m", "15m", "1h")),
    *(("adaptive", duration) for duration in ("1m", "5m", "15m", "1h", "4h", "24h")),
)
"""Policies and durations that one core rehearses in less than a minute: a durable loop replays all that went
before, so that a day polled every 10 s would take minutes by itself."""
FURTHER_SCENARIOS = tuple(one for one in PAIR_SCENARIOS if one[1] != "5m")
"""Of the other ways, whose marks need not lie as close."""
LONGEST_SECONDS = 86_400.0
SHORTEST_SECONDS = 60


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("supplement")
    parser.add_argument("folder", type=Path, help="results folder of a comparison")
    parser.add_argument(
        "--processes", type=whole_number(1, 256), metavar="N", help="how many at once (default: one per core)"
    )
    parser.add_argument(
        "--longest",
        type=duration,
        metavar="DURATION",
        default=LONGEST_SECONDS,
        help="rehearse no queries longer than this (default: 24h)",
    )
    add_ways(parser)
    parser.set_defaults(run=run)


def duration(text: str) -> float:
    """Read the longest query to rehearse.

    Raises:
        argparse.ArgumentTypeError: it is not a duration, or shorter than the shortest rehearsal.
    """
    try:
        seconds = parse_duration(text)
    except InvalidDuration as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if seconds < SHORTEST_SECONDS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is shorter than the shortest rehearsal: it takes 1m or more"
        )
    return seconds


def run(arguments: argparse.Namespace) -> int:
    """Rehearse, measure, and keep both."""
    ways = ways_of(arguments.way)
    ResultsFolder(arguments.folder).read()
    console = Console(stderr=True)
    with console.status("rehearsing") as status:
        told = supplemented(
            arguments.folder,
            ways,
            longest_seconds=arguments.longest,
            processes=arguments.processes,
            say=status.update,
        )
    console.print(f"- {told}", highlight=False)
    print_next(console, f"orchbench report {quote(str(arguments.folder))}")
    return 0


def supplemented(
    folder: Path,
    ways: Sequence[Way],
    *,
    longest_seconds: float,
    processes: int | None = None,
    say: Callable[[str], None] = lambda _said: None,
) -> str:
    """Put rehearsals and complexity into a folder, and tell how many rehearsals and how long they took.

    Args:
        folder: of a comparison, which may still be made.
        ways: to rehearse.
        longest_seconds: of a query.
        processes: how many rehearse at once; one a core by default.
        say: told how far it is.
    """
    results = ResultsFolder(folder)
    rehearsals, digest = _rehearsed(ways, longest_seconds, processes, say)
    keep_rehearsals(results, rehearsals, digest)
    results.write_document(COMPLEXITY_FILE, complexity_document(project_folder(), ways))
    seconds = sum(one.figures["rehearsal_seconds"] for one in rehearsals)
    return f"{len(rehearsals)} rehearsals, {seconds:.0f} s of one core"


def _tasks(ways: Sequence[Way], longest_seconds: float) -> "list[tuple[Scenario, str]]":
    from orchbench.rehearsal.scenario import Scenario  # noqa: PLC0415 - see below

    tasks = [
        (Scenario.polled(parse_duration(text), poll), way.name)
        for poll, text in PAIR_SCENARIOS
        for way in ways
        if parse_duration(text) <= longest_seconds
        and (way.is_of_the_pair or (poll, text) in FURTHER_SCENARIOS)
    ]
    # The longest first, so that no core waits for the other at the end.
    return sorted(tasks, key=lambda task: -task[0].duration_seconds)


def _rehearsed(
    ways: Sequence[Way], longest_seconds: float, processes: int | None, say: Callable[[str], None]
) -> tuple[list[KeptRehearsal], str]:
    # The engines take a second to import, which no other command should wait for.
    from orchbench.evaluation.rehearsed import figures  # noqa: PLC0415
    from orchbench.rehearsal.rehearse import digest  # noqa: PLC0415
    from orchbench.rehearsal.several import rehearse_all  # noqa: PLC0415

    tasks = _tasks(ways, longest_seconds)
    done: list[int] = []

    def tell(index: int) -> None:
        done.append(index)
        say(f"rehearsing: {len(done)} of {len(tasks)}")

    found = rehearse_all(tasks, processes=processes, done=tell)
    kept = [
        KeptRehearsal(
            way=one.trace.orchestrator,
            scenario=one.scenario.name,
            duration_seconds=one.scenario.duration_seconds,
            poll=one.scenario.poll,
            figures=figures(one),
            trace=one.trace,
            file=rehearsal_file(one.trace.orchestrator, one.scenario.name),
        )
        for one in found
    ]
    return kept, digest(found)
