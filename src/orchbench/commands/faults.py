"""``orchbench faults``: what goes wrong, on every way, and whether each batch ran once or not at all."""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orchbench.commands.brief import add_verbose, print_brief, print_next, small_table
from orchbench.commands.deployed import require_clone
from orchbench.commands.estimation import print_whole
from orchbench.commands.failure import CommandFailed, UsageError
from orchbench.commands.options import add_ways, ways_of, whole_number
from orchbench.project import project_folder

if TYPE_CHECKING:
    from orchbench.faults.matrix import Row

EXIT_BROKEN = 1
NOTHING = "-"
FOLLOWING = "orchbench load --at-once 200"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("faults")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME",
        help="only this one; may be given several times (default: all; names are in docs/faults.md)",
    )
    add_ways(parser)
    parser.add_argument(
        "--local",
        action="store_true",
        help="add those of the local servers: killed processes, full disk, slow network; takes minutes",
    )
    parser.add_argument(
        "--processes",
        type=whole_number(1, 256),
        metavar="N",
        help="how many rehearsals at once (default: one per core)",
    )
    add_verbose(parser)
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    shape.add_argument("--markdown", action="store_true", help="print the tables of docs/faults.md")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the matrix, print it, and fail where a promise was broken."""
    rows = _rows(arguments)
    broken = [f"{row.name}: {sentence}" for row in rows for sentence in row.broken]
    if arguments.json:
        print(json.dumps({"faults": [row.to_json() for row in rows], "broken": broken}, indent=2))  # noqa: T201
    elif arguments.markdown:
        from orchbench.faults.table import markdown  # noqa: PLC0415

        print(markdown(rows))  # noqa: T201
    elif arguments.verbose:
        _print_table(Console(), rows)
        print_next(Console(), FOLLOWING)
    else:
        _print_brief(rows, broken)
    if broken:
        raise CommandFailed(f"{len(broken)} promise(s) broken. {' '.join(broken)}")
    return 0


def _rows(arguments: argparse.Namespace) -> "list[Row]":
    # The engines take a second to import, which no other command should wait for.
    from orchbench.faults.catalogue import REHEARSED  # noqa: PLC0415
    from orchbench.faults.local_faults import LOCAL, local_rows  # noqa: PLC0415
    from orchbench.faults.matrix import rehearsed_rows  # noqa: PLC0415

    rehearsed = _chosen(arguments.fault, [fault.name for fault in REHEARSED])
    local = _chosen(arguments.fault, [fault.name for fault in LOCAL])
    unknown = sorted(set(arguments.fault) - set(rehearsed) - set(local))
    if unknown:
        known = ", ".join(fault.name for fault in (*REHEARSED, *LOCAL))
        raise UsageError(f"There is no fault {unknown[0]!r}: take one of {known}.")
    if local and arguments.fault and not arguments.local:
        raise UsageError(f"The fault {local[0]!r} needs the local servers: add --local.")
    if arguments.local:
        require_clone()
    if arguments.local and arguments.way:
        raise UsageError("--local makes each fault on every way at once: leave out --way.")
    faults = [fault for fault in REHEARSED if fault.name in rehearsed]
    on_servers = [fault for fault in LOCAL if arguments.local and fault.name in local]
    ways = ways_of(arguments.way)
    with _progress() as progress:
        bar = progress.add_task("", total=(len(faults) + len(on_servers)) * len(ways))

        def done(_index: int) -> None:
            progress.advance(bar)

        rows = rehearsed_rows(faults, ways, processes=arguments.processes, done=done) if faults else []
        return rows + (local_rows(on_servers, project_folder(), done=done) if on_servers else [])


def _chosen(asked: Sequence[str], known: Sequence[str]) -> list[str]:
    return [name for name in known if not asked or name in asked]


def _progress() -> Progress:
    return Progress(
        TextColumn("Faults"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _print_brief(rows: "Sequence[Row]", broken: Sequence[str]) -> None:
    """Print whether promises are kept, and how each way fared."""
    table = small_table("way", ">met", ">succeeded", ">failed", ">stopped", ">slowest to notice, s")
    for number, first in enumerate(rows[0].cells):
        cells = [row.cells[number] for row in rows if row.cells[number].met]
        ends = Counter(cell.status.value for cell in cells)
        noticed = [cell.detection_seconds for cell in cells if cell.detection_seconds is not None]
        others = len(cells) - ends["SUCCEEDED"] - ends["FAILED"]
        table.add_row(
            first.way,
            f"{len(cells)} of {len(rows)}",
            str(ends["SUCCEEDED"]),
            str(ends["FAILED"]),
            str(others),
            f"{max(noticed):,.1f}" if noticed else NOTHING,
        )
    several = f"{len(rows)} faults on {len(rows[0].cells)} ways" if len(rows) > 1 else f"{rows[0].name}"
    kept = f"{several}: each batch ran once or not at all, and no statement was left running."
    headline = f"{len(broken)} promise{'s' if len(broken) > 1 else ''} broken." if broken else kept
    labels = " and ".join(sorted({cell.label.value for row in rows for cell in row.cells}))
    told = f"All of it is {labels}; docs/faults.md explains each fault."
    print_brief(headline, [table], FOLLOWING, [told])


def _print_table(console: Console, rows: "Sequence[Row]") -> None:
    """Print a table for each group of faults that the same ways meet, with each way's seconds to detect."""
    from orchbench.faults.table import HEADINGS, cells, groups  # noqa: PLC0415

    for group in groups(rows):
        name, *others = HEADINGS
        console.print(group.told, style="bold", highlight=False, soft_wrap=True)
        table = small_table(name, "what goes wrong", *others, *(f">{way}, s" for way in group.ways))
        for row in group.rows:
            shown = map(escape, (row.name, row.what, *cells(row)))
            table.add_row(*shown, style="bold red" if row.broken else None)
        print_whole(console, table)
        console.print()
    labels = sorted({cell.label.value for row in rows for cell in row.cells})
    counted = f"{len(rows)} fault{'s' if len(rows) != 1 else ''}"
    console.print(f"{counted}, {' and '.join(labels)}; docs/faults.md says what the columns mean.")
