"""The matrix as text: the cells of a terminal's table, and the Markdown of a document.

A value that all ways share stands once; where they differ, each way's stands in the ways' order.
"""

from collections.abc import Callable, Iterator, Sequence

from orchbench.faults.matrix import Row
from orchbench.faults.promise import Observation

HEADINGS = ("fault", "what goes wrong", "outcome", "error", "ran", "committed", "left running")
BETWEEN = " / "
NOTHING = "-"


def heading_cells(ways: Sequence[str]) -> list[str]:
    """Return the table's headings."""
    return [*HEADINGS, *(f"{way}, s" for way in ways)]


def cells(row: Row) -> list[str]:
    """Return a row's cells, one for each heading."""
    return [
        row.name,
        row.what,
        _shared(row, lambda cell: cell.status.value),
        _shared(row, lambda cell: cell.verdict[1] or NOTHING),
        _shared(row, lambda cell: str(cell.executions)),
        _shared(row, lambda cell: str(cell.commits)),
        _shared(row, lambda cell: str(cell.running)),
        *map(_detection, row.cells),
    ]


def markdown(rows: Sequence[Row]) -> str:
    """Return the matrix as a Markdown table, without an end of line behind it."""
    return "\n".join(_markdown_lines(rows))


def _markdown_lines(rows: Sequence[Row]) -> Iterator[str]:
    ways = [cell.way for cell in rows[0].cells]
    yield f"| {' | '.join(heading_cells(ways))} |"
    yield f"|---|---|---|---|{'--:|' * (3 + len(ways))}"
    for row in rows:
        name, *others = cells(row)
        yield f"| `{name}` | {' | '.join(others)} |"


def _shared(row: Row, value: Callable[[Observation], str]) -> str:
    values = [value(cell) for cell in row.cells]
    return values[0] if len(set(values)) == 1 else BETWEEN.join(values)


def _detection(cell: Observation) -> str:
    if not cell.met:
        return f"not met: {cell.unmeetable}" if cell.unmeetable else "not met"
    return NOTHING if cell.detection_seconds is None else f"{cell.detection_seconds:,.1f}"
