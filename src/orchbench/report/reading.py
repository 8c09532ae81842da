"""Results folders as a report reads them, and what it takes as given besides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from orchbench.evaluation.assumptions import FILE as ASSUMPTIONS_FILE
from orchbench.evaluation.assumptions import Assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.estimate import Terms
from orchbench.evaluation.prices import PriceList
from orchbench.report.asked import THE_HOUR, Asked
from orchbench.results.comparison import Comparison, InvalidResults
from orchbench.results.folder import ResultsFolder
from orchbench.results.summary import summarize
from orchbench.results.supplements import KeptRehearsal, kept_complexity, kept_probes, kept_rehearsals
from orchbench.trace import Json
from orchbench.ways import in_table_order

ASSUMED_IN = f"src/orchbench/evaluation/{ASSUMPTIONS_FILE.name}"
QUOTAS_IN = "src/orchbench/evaluation/quotas.json"
HOSTS = {"local": "local servers on one machine", "aws": "AWS", "rehearse": "rehearsed"}


@dataclass(frozen=True)
class Results:
    """One results folder.

    Attributes:
        name: of the folder, which tells it from the others.
        summary: computed anew from its traces.
    """

    name: str
    comparison: Comparison
    summary: Json
    rehearsals: Sequence[KeptRehearsal]
    complexity: Json | None
    probes: Json | None = None

    @property
    def ways(self) -> list[str]:
        """The ways in the order of a table: the pair first."""
        return in_table_order(self.comparison.ways)

    @property
    def host(self) -> str:
        """Where its runs were made, in words."""
        return HOSTS.get(self.comparison.settings.host, self.comparison.settings.host)

    @property
    def began(self) -> str:
        """When the comparison began, in words."""
        moment = datetime.fromisoformat(self.comparison.started_at).astimezone(UTC)
        return f"{moment:%Y-%m-%d %H:%M} UTC"

    def traces_of(self, way: str) -> str:
        """Return the files of a way's runs."""
        return f"{self.name}/traces/{way}-*.json"

    def file(self, name: str) -> str:
        """Return one of its files."""
        return f"{self.name}/{name}"


@dataclass(frozen=True)
class Given:
    """What estimates are made with.

    Attributes:
        prices_file: where the prices stand.
        today: by which prices are old or not.
        files: where each way states its own counts.
        asked: what the answer is about.
    """

    candidates: Sequence[Candidate]
    prices: PriceList
    prices_file: str
    architecture: str
    memory_mb: int
    assumed: Assumptions
    today: date
    files: Mapping[str, str]
    asked: Asked = THE_HOUR

    @property
    def terms(self) -> Terms:
        """What each estimate is made with."""
        return Terms(self.prices, self.architecture, self.memory_mb, self.assumed)

    def estimated_in(self, way: str) -> str:
        """Return the files that an estimate of a way's cost comes from."""
        return f"{self.files[way]}; {self.prices_file}; {ASSUMED_IN}"


def read_results(folders: Sequence[Path], prices_of: Mapping[str, PriceList]) -> list[Results]:
    """Read results folders; figures are computed anew from their traces.

    Raises:
        InvalidResults: a folder cannot be read, or holds no run.
    """
    names = _names(folders)
    return [_read(folder, name, prices_of) for folder, name in zip(folders, names, strict=True)]


def _read(path: Path, name: str, prices_of: Mapping[str, PriceList]) -> Results:
    folder = ResultsFolder(path)
    comparison = folder.read()
    if not comparison.runs:
        raise InvalidResults(f"{path} holds no run yet: there is nothing to report.")
    summary = summarize(comparison, prices_of[comparison.settings.region])
    return Results(
        name, comparison, summary, kept_rehearsals(folder), kept_complexity(folder), kept_probes(folder)
    )


def _names(folders: Sequence[Path]) -> list[str]:
    """Return the folders' own names, with as many parents before them as tell them apart."""
    resolved = [folder.resolve() for folder in folders]
    for parts in range(1, 1 + max(len(folder.parts) for folder in resolved)):
        names = ["/".join(folder.parts[-parts:]) for folder in resolved]
        if len(set(names)) == len(names):
            return names
    raise InvalidResults("The same results folder is named twice: name each once.")
