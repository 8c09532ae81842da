"""The results of a comparison as values: what it was asked to do, and what is known of each of its runs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from orchbench.trace import Json, Trace

COMPARISON_SCHEMA = "orchbench.comparison/1"
SUMMARY_SCHEMA = "orchbench.summary/1"


class InvalidResults(Exception):
    """A results folder that cannot be read; the message names the file and what is wrong with it."""


class ResultsNotWritten(Exception):
    """A file of a results folder could not be written; the message names it and says why."""


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


@dataclass(frozen=True)
class ComparisonSettings:
    """What a comparison was asked to do.

    Attributes:
        target: the workgroup or cluster that the batches ran on.
        rows: in ``orders``; None where they were not counted.
        input: what every execution got.
        architecture: of the functions.
        until_within: the share of each way's median makespan that its interval must come to; None without.
        most_runs: of each way, with ``until_within``.
    """

    host: str
    region: str
    stack_name: str
    target: str
    database: str
    rows: int | None
    runs_each: int
    input: Json
    architecture: str = "x86_64"
    until_within: float | None = None
    most_runs: int | None = None

    def __post_init__(self) -> None:
        """Refuse what a damaged file may hold.

        Raises:
            ValueError: a value is of another kind than the schema's.
        """
        wanted: dict[str, tuple[object, bool]] = {
            "runs_each, a whole number above 0": (self.runs_each, _is_whole(self.runs_each, 1)),
            "rows, a whole number or null": (self.rows, self.rows is None or _is_whole(self.rows, 0)),
            "input, an object": (self.input, isinstance(self.input, dict)),
            "until_within, a share or null": (
                self.until_within,
                self.until_within is None or isinstance(self.until_within, float),
            ),
            "most_runs, a whole number or null": (
                self.most_runs,
                self.most_runs is None or _is_whole(self.most_runs, 1),
            ),
        }
        for what, (value, right) in wanted.items():
            if not right:
                raise ValueError(f"{value!r} stands for {what}")


@dataclass(frozen=True)
class Run:
    """One execution of a comparison, with its trace and what its mart looked like after it."""

    way: str
    number: int
    mart: Json
    trace: Trace

    @property
    def file_name(self) -> str:
        """The name of its files below ``traces/`` and ``histories/``."""
        return f"{self.way}-{self.number}.json"


@dataclass(frozen=True)
class Comparison:
    """A comparison: its settings, its ways in the order of the table, and the runs so far.

    Attributes:
        ways: a title for each way's name.
        complete: whether all runs were made.
    """

    settings: ComparisonSettings
    ways: Mapping[str, str]
    started_at: str
    runs: tuple[Run, ...] = ()
    complete: bool = False

    def with_run(self, run: Run) -> Self:
        """Return the comparison with one more run."""
        return replace(self, runs=(*self.runs, run))

    def has(self, way: str, number: int) -> bool:
        """Tell whether a way's run of this number was made."""
        return any((run.way, run.number) == (way, number) for run in self.runs)

    def of(self, way: str) -> list[Run]:
        """Return one way's runs."""
        return [run for run in self.runs if run.way == way]
