"""What a report is made of, before it is HTML, Markdown or CSV: sections of text, tables and charts.

A number stands in none of them by itself: it is a ``Figure``, which says where it comes from.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Drawing = Callable[[int], Mapping[str, Any]]
"""Draws a chart so many pixels wide, as a Vega-Lite specification."""


@dataclass(frozen=True)
class Figure:
    """A number with its origin.

    Attributes:
        value: None where it is missing.
        shown: as a reader sees it.
        file: that it was read from, or whose numbers it was computed from.
    """

    value: float | Decimal | None
    shown: str
    unit: str
    label: str
    source: str
    file: str


Part = str | Figure
Text = tuple[Part, ...]
"""Words and figures in a row: a sentence, or a cell."""


@dataclass(frozen=True)
class Table:
    """A table: the first cell of each row is its heading.

    Attributes:
        groups: headings above the headings, each over so many columns.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Text]]
    groups: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class Datum:
    """A figure of a chart, and what of the chart it is."""

    what: str
    figure: Figure


@dataclass(frozen=True)
class Chart:
    """A chart with its data.

    Attributes:
        name: of its file.
        reading: how it is read, and what it shows.
        description: for whoever does not see it.
    """

    name: str
    title: str
    reading: Text
    description: str
    draw: Drawing
    data: Sequence[Datum]


@dataclass(frozen=True)
class Section:
    """A section of the report."""

    name: str
    title: str
    paragraphs: Sequence[Text] = ()
    parts: Sequence[Chart | Table] = ()
    notes: Sequence[Text] = ()


@dataclass(frozen=True)
class Report:
    """The whole.

    Attributes:
        answer: in three sentences.
        origin: what it was made from, a line each.
    """

    title: str
    answer: Sequence[Text]
    origin: Sequence[str]
    sections: Sequence[Section] = field(default=())

    @property
    def charts(self) -> list[Chart]:
        """Every chart, in order."""
        return [part for section in self.sections for part in section.parts if isinstance(part, Chart)]

    def figures(self) -> Iterator[tuple[str, str, Figure]]:
        """Yield every figure with its section and what it is, in the order of the page."""
        for sentence in self.answer:
            yield from (("answer", plain(sentence), one) for one in _figures(sentence))
        for section in self.sections:
            for text in (*section.paragraphs, *section.notes):
                yield from ((section.name, plain(text), one) for one in _figures(text))
            for part in section.parts:
                yield from ((section.name, what, one) for what, one in figures_of(part))


def plain(text: Text) -> str:
    """Return a text without its figures' origins."""
    return "".join(part.shown if isinstance(part, Figure) else part for part in text)


def figures_in(texts: Iterable[Text]) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of texts, each with the words before it, or its unit where there are none."""
    for text in texts:
        before = ""
        for part in text:
            if isinstance(part, Figure):
                yield before.strip(" ,;:()") or part.unit, part
            before = part if isinstance(part, str) else ""


def _figures(text: Iterable[Part]) -> Iterator[Figure]:
    return (part for part in text if isinstance(part, Figure))


def figures_of(part: Chart | Table) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of a chart or a table, each with what it is."""
    if isinstance(part, Chart):
        yield from ((f"{part.title}: {plain(part.reading)}", one) for one in _figures(part.reading))
        yield from ((f"{part.title}: {one.what}", one.figure) for one in part.data)
        return
    groups = [name for name, columns in part.groups for _ in range(columns)]
    for row in part.rows:
        for index, cell in enumerate(row):
            above = " ".join(filter(None, [groups[index] if groups else "", part.heads[index]]))
            yield from ((f"{plain(row[0])}, {above}", one) for one in _figures(cell))
