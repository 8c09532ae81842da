"""``orchbench rehearse``: every way in virtual time, a day in seconds, with the faults one asks for."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from orchbench.commands.brief import add_verbose, print_brief, print_next, small_table
from orchbench.commands.estimation import print_json, region, timeout_seconds
from orchbench.commands.failure import UsageError
from orchbench.commands.options import add_polls, add_ways, listed, policies_of, ways_of, whole_number
from orchbench.evaluation.figures import NOTHING
from orchbench.evaluation.prices import FALLBACK_REGION, price_list
from orchbench.evaluation.workload import LONGEST_SECONDS
from orchbench.trace import Json, Label

if TYPE_CHECKING:
    from orchbench.rehearsal.scenario import Scenario

FOLLOWING = "orchbench limits"
MOST_ROWS = 6
DURATIONS = ("1.01h", "6.01h", "23.99h")
"""No multiples of an interval: their ends would be seen at once, which says nothing of any other query."""
POLICIES = ("fixed:10s", "adaptive")
TOLD_LATENCY = {"zero": "left out", "assumed": "assumed"}
HEADINGS = (
    "",
    "outcome",
    "polls",
    "trans-\nitions",
    "events",
    "oper-\nations",
    "invo-\ncations",
    "lag, s",
    "headroom",
    "took, s",
)
NUMBERS = frozenset({2, 3, 4, 5, 6, 7, 9})
"""The columns of figures."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("rehearse")
    parser.add_argument(
        "--duration",
        action="append",
        metavar="DURATION",
        help="how long the query takes, such as 90, 5m, 1.5h, 1d; several with commas, or the option again "
        f"(default: {', '.join(DURATIONS)})",
    )
    add_polls(parser, POLICIES)
    add_ways(parser)
    parser.add_argument(
        "--timeout",
        metavar="DURATION",
        help="the batch's timeout (default: a tenth more than the query takes, 1h at least, 24h at most)",
    )
    parser.add_argument(
        "--no-poll-budget", action="store_true", help="let polling run into the orchestrator's quota"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND[:KEY=VALUE,...]",
        help="inject a fault: stop:at=600, throttle:operation=DescribeStatement,rate=0.2, ...; "
        "may be given several times",
    )
    parser.add_argument(
        "--scenarios", type=Path, metavar="FILE", help="take scenarios from a YAML file instead"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="random seed of jitter, rates and latencies (default: 0)"
    )
    parser.add_argument(
        "--latency", default="zero", help="AWS's own delays: zero (default), assumed, or a probes.json"
    )
    parser.add_argument(
        "--processes",
        type=whole_number(1, 256),
        metavar="N",
        help="how many at once (default: one per core)",
    )
    parser.add_argument(
        "--region",
        type=region,
        default=FALLBACK_REGION,
        help="region of the prices in the JSON (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the table")
    add_verbose(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Rehearse what the arguments say, and print it."""
    # The engines take a second to import, which no other command should wait for.
    from orchbench.evaluation.rehearsed import cost, figures, labelled  # noqa: PLC0415
    from orchbench.rehearsal.rehearse import digest  # noqa: PLC0415
    from orchbench.rehearsal.several import rehearse_all  # noqa: PLC0415

    tasks = list(product(_scenarios(arguments), [way.name for way in ways_of(arguments.way)]))
    progress = Progress(
        TextColumn("Rehearsing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with progress:
        bar = progress.add_task("", total=len(tasks))
        rehearsals = rehearse_all(
            tasks, processes=arguments.processes, done=lambda _index: progress.advance(bar)
        )
    prices = price_list(arguments.region)
    rows = [labelled(figures(one)) | {"cost": cost(one, prices)} for one in rehearsals]
    traces = digest(rehearsals)
    if arguments.json:
        print_json(
            {
                "schema": "orchbench.rehearsal/1",
                "label": Label.REHEARSED.value,
                "digest": traces,
                "rehearsals": rows,
            }
        )
    elif not arguments.verbose:
        _print_brief(rows, arguments)
    else:
        console = Console()
        _print_table(console, rows)
        for note in _notes(rows):
            console.print(note, soft_wrap=True)
        console.print(
            "All figures are rehearsed: virtual time, latencies of AWS "
            f"{TOLD_LATENCY.get(arguments.latency, 'as probes measured them, and else assumed')}."
        )
        console.print(f"Digest of the traces: {traces}", soft_wrap=True)
        print_next(console, FOLLOWING)
    return 0


def _print_brief(rows: Sequence[Json], arguments: argparse.Namespace) -> None:
    """Print how the executions ended, a row for each way of each scenario, the first ones."""
    succeeded = sum(row["outcome"] == "SUCCEEDED" for row in rows)
    table = small_table("query and poll", "way", "outcome", ">polls", ">lag, s", ">room left")
    for row in rows[:MOST_ROWS]:
        lag = row["detection_lag_seconds"]["value"]
        table.add_row(
            _shown_scenario(row).partition(", no budget")[0],
            row["way"],
            row["outcome"].partition(":")[0].lower(),
            _number(row["polls"]["value"]),
            NOTHING if lag is None else f"{lag:,.1f}",
            f"{row['headroom']['left']['value']:.0%}" if row["headroom"]["quota"] else NOTHING,
        )
    took = sum(row["rehearsal_seconds"]["value"] for row in rows)
    headline = f"{succeeded} of {len(rows)} executions succeeded, in virtual time: {took:.1f} s of one core."
    more = [f"{len(rows) - MOST_ROWS} more with --verbose."] if len(rows) > MOST_ROWS else []
    told = f"Latencies of AWS are {TOLD_LATENCY.get(arguments.latency, 'as probes measured them')}."
    print_brief(headline, [table], FOLLOWING, [*_notes(rows), *more, told])


def _scenarios(arguments: argparse.Namespace) -> "Sequence[Scenario]":
    from orchbench.rehearsal.fault import Fault, InvalidFault  # noqa: PLC0415
    from orchbench.rehearsal.scenario import (  # noqa: PLC0415
        InvalidScenario,
        Scenario,
        load_scenarios,
        parse_duration,
        shown_duration,
    )

    try:
        if arguments.scenarios:
            given = (arguments.duration, arguments.poll, arguments.timeout)
            if arguments.fault or any(one is not None for one in given):
                raise UsageError(
                    "--scenarios says durations, polls, timeouts and faults itself: leave them out."
                )
            scenarios = load_scenarios(arguments.scenarios)
            for scenario in scenarios:
                _runnable(scenario.duration_seconds, f"{arguments.scenarios}, {scenario.name!r}")
            return scenarios
        faults = tuple(Fault.parse(text) for text in arguments.fault)
        timeout = None if arguments.timeout is None else timeout_seconds(arguments.timeout)
        budget = not arguments.no_poll_budget
        policies = policies_of(arguments.poll or POLICIES, budget=budget)
        durations = listed(arguments.duration or DURATIONS, "--duration")
        return [
            replace(
                Scenario.polled(
                    _runnable(parse_duration(duration), f"--duration {duration!r}"),
                    policy.to_input(),
                    timeout_seconds=timeout,
                    faults=faults,
                    latency=arguments.latency,
                ),
                seed=arguments.seed,
                name=f"{shown_duration(parse_duration(duration))} {policy.shown}",
                poll=policy.shown if budget else f"{policy.shown}, no budget",
            )
            for duration, policy in product(durations, policies)
        ]
    except (InvalidScenario, InvalidFault) as error:
        raise UsageError(str(error)) from None


def _runnable(seconds: float, what: str) -> float:
    """Return a duration that Redshift runs a query for; the estimates take no other either."""
    if seconds > LONGEST_SECONDS:
        raise UsageError(f"{what} is longer than the 24 h that Redshift runs a query: give 24h at most.")
    if seconds <= 0:
        raise UsageError(f"{what} is no time at all: give a query more than 0 s.")
    return seconds


def _print_table(console: Console, rows: Sequence[Json]) -> None:
    """Print the rows below their scenarios; where the terminal is too narrow, cells take two lines."""
    narrow = _width(_cell_rows(rows, between=" ")) > console.width
    cells = _cell_rows(rows, between="\n" if narrow else " ")
    console.print(_aligned([HEADINGS], cells))
    for scenario, group in groupby(zip(rows, cells, strict=True), key=lambda pair: _shown_scenario(pair[0])):
        console.print(f"\n[bold]{escape(scenario)}[/]")
        console.print(_aligned([cell for _row, cell in group], cells))
    console.print()


def _aligned(shown: Sequence[Sequence[str]], among: Sequence[Sequence[str]]) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    for column, width in enumerate(_column_widths(among)):
        justify: Literal["left", "right"] = "right" if column in NUMBERS else "left"
        table.add_column(justify=justify, no_wrap=True, min_width=width)
    for cells in shown:
        table.add_row(*cells)
    return table


def _column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    columns = zip(*rows, HEADINGS, strict=True)
    return [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]


def _width(rows: Sequence[Sequence[str]]) -> int:
    widths = _column_widths(rows)
    return sum(widths) + len(widths)


def _cell_rows(rows: Sequence[Json], between: str) -> list[list[str]]:
    return [_cells(row, between) for row in rows]


def _cells(row: Json, between: str) -> list[str]:
    lag = row["detection_lag_seconds"]["value"]
    headroom = row["headroom"]
    counts = (row[name]["value"] for name in ("polls", "transitions", "events", "operations", "invocations"))
    return [
        row["way"] if between == " " else row["way"].replace("-", "-\n"),
        row["outcome"].replace(": ", f":{between}"),
        *map(_number, counts),
        NOTHING if lag is None else f"{lag:,.1f}",
        f"{headroom['left']['value']:.0%} of{between}{headroom['quota'].split()[-1]}"
        if headroom["quota"]
        else NOTHING,
        f"{row['rehearsal_seconds']['value']:.2f}",
    ]


def _notes(rows: Sequence[Json]) -> list[str]:
    """Return a sentence for each execution that a quota ended or that left a statement running."""
    notes = []
    for row in rows:
        what = f"{_shown_scenario(row)}, {row['way']}"
        if row["death"]:
            notes.append(f"{what}: died at {row['died_at_seconds']['value']:,.0f} s. {row['death']}")
        if row["statements_running"]["value"]:
            notes.append(f"{what}: its statement still ran when the execution had ended.")
    return notes


def _shown_scenario(row: Json) -> str:
    return str(row["scenario"]) + (", no budget" if row["poll"].endswith("no budget") else "")


def _number(value: int | None) -> str:
    return NOTHING if value is None else f"{value:,}"
