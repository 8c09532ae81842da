"""The report as Markdown: the same sentences and tables, its charts as files beside it."""

from collections.abc import Iterator

from orchbench.report.model import Chart, Figure, Report, Section, Table, Text, plain


def document(report: Report) -> str:
    """Return the Markdown; figures' origins are in figures.csv beside it."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    glance = report.glance
    yield f"# {report.title}"
    for sentence in (*glance.verdict, *glance.basis):
        yield ""
        yield plain(sentence)
    yield ""
    for number in glance.numbers:
        beside = ", ".join(map(plain, number.beside))
        yield f"- {number.title}: **{plain(number.value)}**{f' ({beside})' if beside else ''}"
    yield ""
    yield from _chart(glance.chart)
    yield ""
    yield from (f"- Choose {plain(text)}" for text in glance.instead)
    yield ""
    yield "Every figure with its label, its source and its file: [figures.csv](figures.csv). Made from:"
    yield ""
    yield from (f"- {line}" for line in report.origin)
    for section in report.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield ""
    yield f"## {section.short}: {plain(section.title)}"
    for paragraph in section.paragraphs:
        yield ""
        yield plain(paragraph)
    for part in (*section.parts, *section.more):
        yield ""
        yield from _chart(part) if isinstance(part, Chart) else table_lines(part)
    if section.notes:
        yield ""
        yield from (f"- {plain(note)}" for note in section.notes)


def _chart(chart: Chart) -> Iterator[str]:
    yield f"### {chart.title}"
    yield ""
    yield f"![{_cell(chart.description)}](charts/{chart.name}.svg)"
    yield ""
    yield plain(chart.reading)


def table_lines(table: Table) -> Iterator[str]:
    """Yield a table in Markdown; headings over several columns stand in each of them."""
    above = [name for name, columns in table.groups for _ in range(columns)]
    heads = [
        " ".join(filter(None, [above[index] if above else "", head]))
        for index, head in enumerate(table.heads)
    ]
    yield f"{table.caption}:"
    yield ""
    yield f"| {' | '.join(map(_cell, heads))} |"
    yield f"|{'|'.join(_alignment(table, column) for column in range(len(heads)))}|"
    for row in table.rows:
        yield f"| {' | '.join(_text_cell(text) for text in row)} |"


def _alignment(table: Table, column: int) -> str:
    """Return a column's alignment: figures stand to the right, words to the left."""
    figures = any(isinstance(part, Figure) for row in table.rows for part in row[column])
    return "--:" if column and figures else "---"


def _text_cell(text: Text) -> str:
    return _cell(plain(text))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
