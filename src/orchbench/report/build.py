"""A report from results folders, and every file it is written to."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchbench.report import (
    bills,
    effort,
    headroom,
    policies,
    probed,
    side_by_side,
    sources,
    timeline,
)
from orchbench.report.document import document
from orchbench.report.glance import glance
from orchbench.report.hour import hours_of
from orchbench.report.model import Chart, Report
from orchbench.report.page import machine, page
from orchbench.report.reading import Given, Results
from orchbench.report.svg import WIDE, svg, svg_file

PAGE, DOCUMENT, FIGURES = "report.html", "report.md", "figures.csv"
COLUMNS = ("section", "what", "value", "unit", "label", "source", "file")


def report(results: Sequence[Results], given: Given) -> Report:
    """Return the report of one or several results folders.

    Args:
        results: the first one's region, architecture and prices count for the estimates; none where the
            report stands on estimates alone.
        given: what estimates are made with.
    """
    found = hours_of(given)
    return Report(
        title="Step Functions or Lambda durable functions for a long Redshift query",
        glance=glance(found, given, probed.confirmed(results)),
        origin=list(map(_origin, results)) or ["Estimates alone: no results folder was named"],
        sections=[
            bills.section(results, given, found),
            policies.section(given, found),
            effort.section(results, found),
            headroom.section(results, given, found),
            *([timeline.section(results), side_by_side.section(results)] if results else []),
            *probed.sections(results),
            sources.section(results, given),
        ],
    )


def _origin(one: Results) -> str:
    settings = one.comparison.settings
    rehearsed = "; with rehearsals" if one.rehearsals else ""
    unfinished = "" if one.comparison.complete else "; interrupted before all runs were made"
    return f"{one.name}: {one.host}, {settings.region}, {one.began}{rehearsed}{unfinished}"


def files(made: Report) -> Mapping[str, str]:
    """Return every file of a report by its name below a folder."""
    drawn: dict[tuple[str, int], str] = {}

    def draw(chart: Chart, width: int) -> str:
        drawn[chart.name, width] = svg(chart, width)
        return drawn[chart.name, width]

    return {
        PAGE: page(made, draw),
        DOCUMENT: document(made),
        FIGURES: figures_csv(made),
        **{f"charts/{chart.name}.svg": svg_file(drawn[chart.name, WIDE]) for chart in made.charts},
    }


def figures_csv(made: Report) -> str:
    """Return every figure of the page, a line each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for section, what, one in made.figures():
        writer.writerow([section, what, machine(one.value), one.unit, one.label, one.source, one.file])
    return text.getvalue()


def write(folder: Path, contents: Mapping[str, str]) -> None:
    """Write files below a folder: drafts first, then all in their places, so that none is half-written.

    Raises:
        OSError: they cannot be written there.
    """
    drafts = []
    try:
        for name, text in contents.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f".{file.name}.draft")
            drafts.append((draft, file))
            draft.write_text(text, encoding="utf-8")
        for draft, file in drafts:
            draft.replace(file)
    finally:
        for draft, _file in drafts:
            draft.unlink(missing_ok=True)
