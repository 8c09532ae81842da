"""``orchbench inspect``: what anybody's exported history or definition shows, offline."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orchbench.commands.estimation import add_json, print_json, print_whole, region, sentence
from orchbench.commands.options import whole_number
from orchbench.evaluation.figures import told_usd
from orchbench.evaluation.prices import FALLBACK_REGION, PriceList, price_list
from orchbench.inspection.definitions import InvalidDefinition
from orchbench.inspection.documents import definition_document, history_document, polls_to_quota
from orchbench.inspection.files import Definition, History, NotInspectable, read
from orchbench.inspection.findings import DefinitionFigures, definition_figures
from orchbench.inspection.histories import HistoryFigures, history_figures
from orchbench.inspection.polling import Loop
from orchbench.platforms.meters import STATE_TRANSITIONS
from orchbench.ways.durations import shown_duration


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "inspect", help="show what an exported history costs, or what a definition leaves unhandled"
    )
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a history as the AWS CLI prints it, or a definition: JSON, or a template in YAML",
    )
    parser.add_argument(
        "--region", type=region, default=FALLBACK_REGION, help="region of the prices (default: %(default)s)"
    )
    parser.add_argument("--architecture", choices=["x86_64", "arm64"], default="x86_64")
    parser.add_argument(
        "--memory",
        type=whole_number(128, 10_240),
        default=128,
        metavar="MB",
        help="memory of the functions, which a history does not show (default: 128)",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Inspect a file and print what it shows."""
    prices, found = price_list(arguments.region), read(arguments.file)
    if isinstance(found, History):
        _history(arguments, found, prices)
    else:
        _definitions(arguments, found, prices)
    return 0


def _history(arguments: argparse.Namespace, history: History, prices: PriceList) -> None:
    figures = history_figures(
        arguments.file,
        history,
        prices,
        architecture=arguments.architecture,
        memory_mb=arguments.memory,
    )
    if arguments.json:
        print_json(history_document(str(arguments.file), figures, prices))
    else:
        _print_history(Console(), figures)


def _definitions(
    arguments: argparse.Namespace, definitions: tuple[Definition, ...], prices: PriceList
) -> None:
    try:
        found = [(one.name, definition_figures(one.document)) for one in definitions]
    except InvalidDefinition as error:
        raise NotInspectable(f"{arguments.file} {error}.") from None
    if arguments.json:
        documents = [definition_document(str(arguments.file), *one, prices) for one in found]
        print_json(documents[0] if len(documents) == 1 else {"definitions": documents})
        return
    console = Console()
    for name, figures in found:
        _print_definition(console, name, figures, prices)


def _print_history(console: Console, found: HistoryFigures) -> None:
    trace, lag = found.trace, found.latency
    whose = f", {found.way}" if found.way else ""
    failed = f" ({trace.error_name})" if trace.error_name else ""
    _say(console, f"{found.platform}{whose}: {trace.status.value}{failed}, {_counted(found)}.")
    spans = {
        "took": lag.makespan_seconds,
        "query": lag.query_seconds,
        "submit latency": lag.submit_latency_seconds,
        "detection lag": lag.detection_lag_seconds,
    }
    told = [f"{name} {seconds:,.2f} s" for name, seconds in spans.items() if seconds is not None]
    if told:
        _say(console, f"{', '.join(told)}.".capitalize())
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("bill", "quantity", "unit", "USD", "label"):
        table.add_column(title, justify="right" if title in ("quantity", "USD") else "left", no_wrap=True)
    for line in found.bill.lines:
        quantity = (
            f"{line.quantity.normalize():,f}"
            if line.quantity == int(line.quantity)
            else f"{line.quantity:.3g}"
        )
        table.add_row(line.what, quantity, line.unit, told_usd(line.amount_usd), line.label.value)
    table.add_row("total", "", "", told_usd(found.bill.total_usd), found.bill.label.value)
    print_whole(console, table)
    for one in found.quotas:
        after = "" if one.seconds is None else f", used up after {_long(one.seconds)} at this pace"
        if one.unit == "s":
            _say(console, f"Longest execution: {shown_duration(one.used)} of {one.limit // 86_400} days.")
        else:
            _say(console, f"{one.what[0].upper()}{one.what[1:]}: {one.used:,.0f} of {one.limit:,}{after}.")
    for note in found.notes:
        console.print(sentence(note), style="dim", highlight=False, soft_wrap=True)


def _counted(found: HistoryFigures) -> str:
    counts = found.counts
    told = ((counts.polls, "poll"), (counts.retries, "retry"), (counts.invocations, "Lambda invocation"))
    return ", ".join(_several(*one) for one in told)


def _long(seconds: float) -> str:
    return f"{seconds / 3600:,.0f} h" if seconds >= 360_000 else shown_duration(seconds)


def _several(number: int, what: str) -> str:
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number:,} {what if number == 1 else plural}"


def _print_definition(console: Console, name: str, found: DefinitionFigures, prices: PriceList) -> None:
    whose = f"{name}: " if name else ""
    sizes = (
        _several(found.states, "state"),
        _several(found.tasks, "Task"),
        _several(len(found.loops), "loop"),
    )
    polls = "polls" if len(found.loops) == 1 else "poll"
    _say(console, f"{whose}{', '.join(sizes)} that {polls} a statement.")
    for loop in found.loops:
        _say(console, _told_loop(loop, prices))
    for one in found.findings:
        _say(console, f"- {one.said}")
    if not found.findings:
        _say(console, "Nothing is left unhandled that this command looks for.")


def _told_loop(loop: Loop, prices: PriceList) -> str:
    polls, seconds = polls_to_quota(loop)
    usd = loop.transitions * prices[str(STATE_TRANSITIONS.price)].usd
    events = "an unknown number of" if loop.events is None else str(loop.events)
    pause = "" if loop.pause_seconds is None else f", every {loop.pause_seconds:g} s"
    full = "" if polls is None else f"; {polls:,} polls fill the history"
    after = "" if seconds is None else f", after {_long(seconds)}"
    return (
        f"{loop.choice!r} polls {loop.variable}: {loop.transitions} transitions (${told_usd(usd)}) and "
        f"{events} events a poll{pause}{full}{after}."
    )


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
