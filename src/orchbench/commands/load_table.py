"""The figures of a load, for a terminal and as Markdown, from its summary and nothing else."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from orchbench.evaluation.learned import Learned
from orchbench.load.summary import LATENCIES
from orchbench.trace import Json

SHOWN_LOST = 10
Rows = list[list[str]]


def print_load(console: Console, summary: Json) -> None:
    """Print a load: what ran, a table of the ways, one of the Data API's operations, and what was lost."""
    console.print(heading(summary), highlight=False)
    for rows in (way_rows(summary), operation_rows(summary)):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for place, name in enumerate(rows[0]):
            table.add_column(name, justify="right" if place else "left")
        for row in rows[1:]:
            table.add_row(*row)
        console.print()
        console.print(table)
    console.print()
    for line in verdict(summary):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def load_markdown(summary: Json) -> str:
    """Return the same as Markdown."""
    lines = [f"{heading(summary)}:"]
    for rows in (way_rows(summary), operation_rows(summary)):
        lines += ["", _line(rows[0]), f"|---|{'--:|' * (len(rows[0]) - 1)}", *map(_line, rows[1:])]
    return "\n".join([*lines, "", *verdict(summary)]) + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def heading(summary: Json) -> str:
    """Return what was put on the stack."""
    settings = summary["settings"]
    share = settings["quota_share"]
    quotas = (
        "no quotas" if share is None else "AWS's quotas" if share == 1 else f"{share:.0%} of AWS's quotas"
    )
    # Loads that were stored before events could be lost do not say it.
    lost = settings.get("lost_events", 0)
    return (
        f"{settings['at_once']} executions at once of each of {len(settings['ways'])} ways on one local "
        f"stack, batches of {settings['batch_seconds']:g} s, a poll every "
        f"{settings['poll_interval_seconds']} s, {quotas}"
        + (f", {lost:.0%} of the events lost" if lost else "")
    )


def way_rows(summary: Json) -> Rows:
    """Return the table of the ways, its head first."""
    ways = summary["ways"].values()
    rows = [
        ["measured", *summary["ways"]],
        ["succeeded", *(f"{one['succeeded']} of {one['executions']}" for one in ways)],
        ["entries in the ledger", *(str(one["entries"]) for one in ways)],
        ["polls", *(str(one["polls"]) for one in ways)],
        ["retries", *(str(one["retries"]) for one in ways)],
    ]
    # Loads that were stored before ways could wait for events do not say it.
    told = [one.get("learned", {}) for one in ways]
    if any(any(one.values()) for one in told):
        for how in Learned:
            found = (one.get(how.name.lower(), 0) if any(one.values()) else "-" for one in told)
            rows.append([how.value, *map(str, found)])
    for key, name in LATENCIES.items():
        figures = [one["latencies"][key] for one in ways]
        rows.append([f"{name}, s: median (p95)", *(_figure(one) for one in figures)])
    return rows


def _figure(figure: Json | None) -> str:
    return "-" if figure is None else f"{figure['median']:.1f} ({figure['p95']:.1f})"


def operation_rows(summary: Json) -> Rows:
    """Return the table of the Data API's operations, its head first."""
    rows = [["Data API", "calls", "throttled", "refused otherwise", "most a second", "quota"]]
    for operation, told in summary["operations"].items():
        quota = told["quota_a_second"]
        rows.append(
            [
                operation,
                str(told["calls"]),
                str(told["throttled"]),
                str(sum(told["other_errors"].values())),
                str(told["most_a_second"]),
                "-" if quota is None else f"{quota:g}",
            ]
        )
    return rows


def verdict(summary: Json) -> Iterator[str]:
    """Yield what succeeded, and what was lost."""
    lost = summary["lost"]
    yield (
        f"{summary['succeeded']} of {summary['executions']} succeeded, {summary['transactions']} "
        f"transactions in PostgreSQL, {len(lost)} lost; all were started within "
        f"{summary['start_seconds']:.0f} s, and {summary['most_at_once']} ran at the same moment."
    )
    for one in lost[:SHOWN_LOST]:
        yield f"{one['name']}: {one['problem'] or 'succeeded'}; {one['entries']} entries in the ledger."
    if len(lost) > SHOWN_LOST:
        yield f"And {len(lost) - SHOWN_LOST} more: --json names them all."
