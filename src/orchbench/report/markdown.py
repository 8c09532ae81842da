"""The comparison as a Markdown table, made of a summary and nothing else."""

from collections.abc import Iterator

from orchbench.report.table import comparison_rows, heading, notes, spread
from orchbench.trace import Json


def comparison_markdown(summary: Json) -> str:
    """Return what it means, what ran, the table and the notes, for a README or a review."""
    return "\n".join(_lines(summary)) + "\n"


def _lines(summary: Json) -> Iterator[str]:
    yield summary["meaning"]
    yield ""
    yield ", ".join(line for line in heading(summary).split("\n") if line) + ":"
    yield ""
    columns = ["median (min-max)", *summary["ways"], "label"]
    yield f"| {' | '.join(columns)} |"
    yield f"|---|{'--:|' * len(summary['ways'])}---|"
    for group in comparison_rows(summary, spread):
        for row in group:
            yield f"| {' | '.join(row)} |"
    yield ""
    for note in notes(summary):
        yield f"- {note}"
