"""Complexity: what each way asks of whoever writes, reads and deploys it, measured from its files."""

from collections.abc import Iterable, Iterator, Sequence

from orchbench.evaluation.complexity_rows import ROWS
from orchbench.evaluation.figures import NOTHING
from orchbench.report.figures import count
from orchbench.report.hour import Hours
from orchbench.report.model import Section, Table, Text
from orchbench.report.reading import Results
from orchbench.results.supplements import COMPLEXITY_FILE
from orchbench.trace import Json

LISTED = "the template and the files; docs/complexity.md"


FIRST = (
    "functions and state machines",
    "lines of its definition",
    "lines of its handlers",
    "lines in all",
    "decisions",
    "languages",
    "resources",
)


def section(results: Sequence[Results], found: Hours) -> Section:
    """Return the section."""
    title = _title(found)
    measured = next((one for one in results if one.complexity), None)
    if measured is None or measured.complexity is None:
        said = "No results folder holds the complexity: `orchbench complexity` measures it here."
        if results:
            said = "No results folder holds the complexity: `orchbench supplement` adds it."
        return Section("complexity", "What it asks of its reader", title, [(said,)])
    ways = measured.complexity["ways"]
    file = measured.file(COMPLEXITY_FILE)

    def table(caption: str, names: Iterable[str]) -> Table:
        rows: list[Sequence[Text]] = [
            [(name,), *(_cell(ROWS[name](way), file) for way in ways)] for name in names
        ]
        return Table(caption, ("what is counted", *(way["way"] for way in ways)), rows)

    baseline = (found.pair or found.each)[0].way
    return Section(
        "complexity",
        "What it asks of its reader",
        title,
        [
            (
                "Measured from the files that are deployed, each way as if it stood in its stack alone. "
                "The conclusion is by reader; nothing is added up to a score. "
                f"{baseline}, the baseline, has functions in its loop, as the published comparisons have; "
                "Step Functions can poll without any.",
            ),
            *((sentence,) for sentence in measured.complexity["conclusion"]),
        ],
        [table("What must be read and operated", FIRST)],
        [table("The rest of what is measured", (name for name in ROWS if name not in FIRST))],
        list(_files(ways)),
        more_title="every measure, and the files",
    )


def _title(found: Hours) -> Text:
    first, *rest = found.pair or found.each
    others = [part for one in rest for part in (f", {one.way} ", one.parts)]
    return (f"{first.way} takes ", first.parts, " functions and state machines to operate", *others)


def _cell(found: Json | int | None, file: str) -> Text:
    if found is None:
        return (NOTHING,)
    if isinstance(found, int):
        return (count(found, "", "measured", LISTED, file),)
    return (count(found["value"], "", found["label"], found["source"], file),)


def _files(ways: Sequence[Json]) -> Iterator[Text]:
    for way in ways:
        yield (f"{way['way']}: {', '.join(way['code']['files'])}.",)
