"""The report as one self-contained HTML page: no script, no request, its charts and styles inside."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from orchbench.report.model import Chart, Figure, Report, Table, Text, plain
from orchbench.report.svg import NARROW, WIDE, colours, svg

FOLDER = Path(__file__).parent


Draw = Callable[[Chart, int], str]
"""Draws a chart so wide, as SVG for a page."""


def page(report: Report, draw: Draw = svg) -> str:
    """Return the page; the same report gives the same bytes."""
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            colours=Markup(colours()),  # noqa: S704 - the project's own style sheets
            style=Markup((FOLDER / "page.css").read_text()),  # noqa: S704
            # What vl-convert draws is markup already; every text in it was escaped there.
            wide=lambda chart: Markup(draw(chart, WIDE)),  # noqa: S704
            narrow=lambda chart: Markup(draw(chart, NARROW)),  # noqa: S704
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "machine": machine,
        "spoken": _spoken,
        "has_figure": _has_figure,
        "is_prose": _is_prose,
        "is_words": _is_words,
        "figures_of": lambda part: list(part.figures()),
        "is_main": lambda table, column: not table.main or column in (0, *table.main),
        "is_chart": lambda part: isinstance(part, Chart),
    }
    return environment


def machine(value: float | Decimal | None) -> str:
    """Write a value for a program: every digit, no thousands apart."""
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


def _spoken(words: str, after_figure: bool) -> Markup:
    """Escape a text; what stands between backquotes is code, between two asterisks strong.

    No line ends before a unit.
    """
    text = str(escape(words))
    if after_figure:
        text = re.sub(r"^ (?=(?:s|h|USD|times)\b)", "\u00a0", text)
    text = re.sub(r"(?<=\d) (?=(?:s|min|h|d|MB|ms)\b|%)", "\u00a0", text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", text))  # noqa: S704 - escaped


def _has_figure(text: Text) -> bool:
    return any(isinstance(part, Figure) for part in text)


def _is_prose(table: Table) -> bool:
    cells = (cell for row in table.rows for cell in row[1:] if not _has_figure(cell))
    return any(len(plain(cell)) > 40 for cell in cells)


def _is_words(table: Table, column: int) -> bool:
    return not any(_has_figure(row[column]) for row in table.rows)
