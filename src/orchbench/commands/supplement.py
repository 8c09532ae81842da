"""``orchbench supplement``: rehearsals of 1 min to 24 h, and complexity, beside the runs of a comparison."""

import argparse
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from shlex import quote

from rich.console import Console

from orchbench.commands.brief import print_next
from orchbench.commands.complexity import complexity_document
from orchbench.commands.options import add_ways, ways_of, whole_number
from orchbench.project import project_folder
from orchbench.results.folder import ResultsFolder
from orchbench.results.supplements import COMPLEXITY_FILE, KeptRehearsal, keep_rehearsals, rehearsal_file
from orchbench.ways import Way
from orchbench.ways.durations import InvalidDuration, parse_duration

SCENARIOS = (
    *(("fixed:10s", duration) for duration in ("1m", "5m", "15m", "1h")),
    *(("adaptive", duration) for duration in ("1m", "5m", "15m", "1h", "4h", "12h", "24h")),
)
"""Policies and durations that two cores rehearse on every way in a few minutes at most: a durable loop
replays all that went before, so that a day polled every 10 s would take minutes by itself."""
SHORTEST_SECONDS = 60


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("supplement")
    parser.add_argument("folder", type=Path, help="of a comparison")
    parser.add_argument(
        "--processes", type=whole_number(1, 256), metavar="N", help="how many at once (default: one a core)"
    )
    parser.add_argument(
        "--longest",
        type=duration,
        metavar="DURATION",
        default=86_400.0,
        help="rehearse no longer queries than this (default: 24h)",
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
    folder, ways = ResultsFolder(arguments.folder), ways_of(arguments.way)
    folder.read()
    console = Console(stderr=True)
    with console.status("rehearsing") as status:
        rehearsals, digest = _rehearsed(ways, arguments.longest, arguments.processes, status.update)
    keep_rehearsals(folder, rehearsals, digest)
    folder.write_document(COMPLEXITY_FILE, complexity_document(project_folder(), ways))
    seconds = sum(one.figures["rehearsal_seconds"] for one in rehearsals)
    console.print(f"- {len(rehearsals)} rehearsals, {seconds:.0f} s of one core", highlight=False)
    print_next(console, f"orchbench report {quote(str(arguments.folder))}")
    return 0


def _rehearsed(
    ways: Sequence[Way], longest_seconds: float, processes: int | None, say: object
) -> tuple[list[KeptRehearsal], str]:
    # The engines take a second to import, which no other command should wait for.
    from orchbench.evaluation.rehearsed import figures  # noqa: PLC0415
    from orchbench.rehearsal.rehearse import digest  # noqa: PLC0415
    from orchbench.rehearsal.scenario import Scenario  # noqa: PLC0415
    from orchbench.rehearsal.several import rehearse_all  # noqa: PLC0415

    durations = ((poll, parse_duration(text)) for poll, text in SCENARIOS)
    scenarios = [Scenario.polled(seconds, poll) for poll, seconds in durations if seconds <= longest_seconds]
    tasks = list(product(scenarios, [way.name for way in ways]))
    # The longest first, so that no core waits for the other at the end.
    tasks.sort(key=lambda task: -task[0].duration_seconds)
    done: list[int] = []

    def tell(index: int) -> None:
        done.append(index)
        say(f"rehearsing: {len(done)} of {len(tasks)}")  # type: ignore[operator]

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
