"""Complexity: what each way asks of whoever writes, reads and deploys it, measured from its files."""

from collections.abc import Iterator, Sequence

from orchbench.evaluation.complexity_rows import ROWS
from orchbench.report.figures import NOTHING, count
from orchbench.report.model import Section, Table, Text
from orchbench.report.reading import Results
from orchbench.results.supplements import COMPLEXITY_FILE
from orchbench.trace import Json

LISTED = "the template and the files; docs/complexity.md"


def section(results: Sequence[Results]) -> Section:
    """Return the section."""
    measured = next((one for one in results if one.complexity), None)
    if measured is None or measured.complexity is None:
        said = "No results folder holds the complexity: `orchbench supplement` adds it."
        return Section("complexity", "Complexity", [(said,)])
    ways = measured.complexity["ways"]
    file = measured.file(COMPLEXITY_FILE)
    rows: list[Sequence[Text]] = [
        [(title,), *(_cell(read(way), file) for way in ways)] for title, read in ROWS.items()
    ]
    table = Table("Measured from the files", ("what is measured", *(way["way"] for way in ways)), rows)
    return Section(
        "complexity",
        "Complexity",
        [
            (
                "Measured from the files that are deployed, each way as if it stood in its stack alone. "
                "The conclusion is by reader; nothing is added up to a score.",
            ),
            *((sentence,) for sentence in measured.complexity["conclusion"]),
        ],
        [table],
        list(_files(ways)),
    )


def _cell(found: Json | int | None, file: str) -> Text:
    if found is None:
        return (NOTHING,)
    if isinstance(found, int):
        return (count(found, "", "measured", LISTED, file),)
    return (count(found["value"], "", found["label"], found["source"], file),)


def _files(ways: Sequence[Json]) -> Iterator[Text]:
    for way in ways:
        yield (f"{way['way']}: {', '.join(way['code']['files'])}.",)
