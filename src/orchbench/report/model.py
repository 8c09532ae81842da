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
        main: the columns that a phone shows besides the first; all where there are none.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Text]]
    groups: Sequence[tuple[str, int]] = ()
    main: Sequence[int] = ()


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
class Stated:
    """A figure of a part of the page.

    Attributes:
        is_drawn: whether it stands in a chart, and in words nowhere but among the part's data.
    """

    what: str
    figure: Figure
    is_drawn: bool = False


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes:
        name: of its anchor.
        short: what it is about, in a few words, for a list of sections.
        title: its point, as a sentence.
        more: what repeats or proves what was said, folded away on a screen and left out on paper.
        notes: folded away with it.
        more_title: what is folded away, in a few words.
    """

    name: str
    short: str
    title: Text
    paragraphs: Sequence[Text] = ()
    parts: Sequence[Chart | Table] = ()
    more: Sequence[Chart | Table] = ()
    notes: Sequence[Text] = ()
    more_title: str = "Details"

    def figures(self) -> Iterator["Stated"]:
        """Yield every figure with what it is, in the order of the page."""
        yield from _in_texts([self.title, *self.paragraphs])
        for part in (*self.parts, *self.more):
            yield from _in_part(part)
        yield from _in_texts(self.notes)


@dataclass(frozen=True)
class Number:
    """One of the numbers that matter.

    Attributes:
        value: of the way that is chosen.
        beside: the same of the other ways, or what limits it.
    """

    title: str
    value: Text
    beside: Sequence[Text] = ()


@dataclass(frozen=True)
class Glance:
    """What is seen first.

    Attributes:
        verdict: what to choose, a sentence each.
        basis: what the verdict stands on, and what could overturn it.
        instead: when to choose another way, a sentence each.
    """

    verdict: Sequence[Text]
    basis: Sequence[Text]
    numbers: Sequence[Number]
    chart: Chart
    instead: Sequence[Text]

    def figures(self) -> Iterator["Stated"]:
        """Yield every figure with what it is, in the order of the page."""
        yield from _in_texts([*self.verdict, *self.basis])
        for one in self.numbers:
            for text in (one.value, *one.beside):
                yield from (Stated(f"{one.title}: {plain(text)}", found) for _, found in figures_in([text]))
        yield from _in_part(self.chart)
        yield from _in_texts(self.instead)


@dataclass(frozen=True)
class Report:
    """The whole.

    Attributes:
        origin: what it was made from, a line each.
    """

    title: str
    glance: Glance
    origin: Sequence[str]
    sections: Sequence[Section] = field(default=())

    @property
    def charts(self) -> list[Chart]:
        """Every chart, in order."""
        parts = (part for section in self.sections for part in (*section.parts, *section.more))
        return [self.glance.chart, *(part for part in parts if isinstance(part, Chart))]

    def figures(self) -> Iterator[tuple[str, str, Figure]]:
        """Yield every figure with its section and what it is, in the order of the page."""
        yield from (("answer", one.what, one.figure) for one in self.glance.figures())
        for section in self.sections:
            yield from ((section.name, one.what, one.figure) for one in section.figures())


def plain(text: Text) -> str:
    """Return a text without its figures' origins."""
    return "".join(part.shown if isinstance(part, Figure) else part for part in text)


def figures_in(texts: Iterable[Text]) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of texts, each with the words before it, or its unit where there are none."""
    for text in texts:
        before = ""
        for part in text:
            if isinstance(part, Figure):
                yield before.replace("**", "").strip(" ,;:()") or part.unit, part
            before = part if isinstance(part, str) else ""


def _in_texts(texts: Iterable[Text]) -> Iterator[Stated]:
    return (Stated(what, one) for what, one in figures_in(texts))


def _in_part(part: Chart | Table) -> Iterator[Stated]:
    """Yield the figures of a chart or a table, each with what it is."""
    if isinstance(part, Chart):
        yield from (Stated(f"{part.title}: {what}", one) for what, one in figures_in([part.reading]))
        yield from (Stated(f"{part.title}: {one.what}", one.figure, is_drawn=True) for one in part.data)
        return
    groups = [name for name, columns in part.groups for _ in range(columns)]
    for row in part.rows:
        for index, cell in enumerate(row):
            above = " ".join(filter(None, [groups[index] if groups else "", part.heads[index]]))
            what = f"{part.caption}: {plain(row[0])}, {above}"
            yield from (Stated(what, one) for one in cell if isinstance(one, Figure))
