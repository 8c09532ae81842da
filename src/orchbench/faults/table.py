"""The matrix as text: the cells of a terminal's tables, and the Markdown of a document.

Faults that the same ways meet stand in one table, which has a column for each of these ways and no other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchbench.evaluation.figures import told_names
from orchbench.faults.matrix import Row
from orchbench.faults.promise import Observation

HEADINGS = ("fault", "ends", "ran / committed")
BETWEEN = " / "
NOTHING = "-"
LINE = "<br>"
UNDECLARED = "for no reason that it gives"


@dataclass(frozen=True)
class Group:
    """The faults that the same ways meet.

    Attributes:
        ways: those that meet them, in the matrix's order.
        why_not: the reason of each way that does not.
        rows: with a cell for each of ``ways`` alone.
    """

    ways: tuple[str, ...]
    why_not: Mapping[str, str]
    rows: tuple[Row, ...]

    @property
    def told(self) -> str:
        """Who meets these faults, and why others cannot."""
        if not self.why_not:
            return "Every way meets these."
        met = f"Met by {told_names(self.ways)}." if self.ways else "Met by no way."
        ways_of: dict[str, list[str]] = {}
        for way, reason in self.why_not.items():
            ways_of.setdefault(reason, []).append(way)
        return " ".join([met, *(f"Not met by {told_names(ways)}: {why}." for why, ways in ways_of.items())])


def groups(rows: Sequence[Row]) -> list[Group]:
    """Return the rows by the ways that meet them, in the order in which each group first comes."""
    found: dict[tuple[tuple[str, str | None], ...], list[Row]] = {}
    for row in rows:
        key = tuple((cell.way, None if cell.met else cell.unmeetable or UNDECLARED) for cell in row.cells)
        met = Row(row.name, row.what, tuple(cell for cell in row.cells if cell.met), row.ends)
        found.setdefault(key, []).append(met)
    return [
        Group(
            tuple(way for way, why in key if why is None),
            {way: why for way, why in key if why is not None},
            tuple(together),
        )
        for key, together in found.items()
    ]


def cells(row: Row) -> list[str]:
    """Return a row's cells behind its name: how it ends, how often it ran, and each way's seconds."""
    return [
        _shared(row, _end),
        _shared(row, lambda cell: f"{cell.executions}{BETWEEN}{cell.commits}"),
        *(_seconds(cell.detection_seconds) for cell in row.cells),
    ]


def markdown(rows: Sequence[Row]) -> str:
    """Return the matrix as Markdown tables, without an end of line behind it."""
    return "\n\n".join("\n".join(_markdown_lines(group)) for group in groups(rows))


def _markdown_lines(group: Group) -> Iterator[str]:
    yield f"{group.told}\n"
    yield f"| {' | '.join((*HEADINGS, *group.ways))} |"
    yield f"|---|---|:-:|{'--:|' * len(group.ways)}"
    for row in group.rows:
        end, *others = cells(row)
        shown = (f"`{row.name}`{LINE}{row.what}", end.replace(" ", LINE, 1), *others)
        yield f"| {' | '.join(shown)} |"


def _end(cell: Observation) -> str:
    left = f", {cell.running} left running" if cell.running else ""
    return " ".join(filter(None, cell.verdict[:2])) + left


def _shared(row: Row, value: Callable[[Observation], str]) -> str:
    """Return a value that all ways share once, and else each way's own in the ways' order."""
    values = [value(cell) for cell in row.cells]
    return values[0] if len(set(values)) == 1 else "; ".join(values) or NOTHING


def _seconds(found: float | None) -> str:
    if found is None:
        return NOTHING
    return f"{found:,.0f}" if found >= 100 else f"{found:.1f}".removesuffix(".0")
