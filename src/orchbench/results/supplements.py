"""What stands beside a comparison's runs in its folder: rehearsals of longer queries, complexity, probes.

``docs/results.md`` describes the files. Nothing is rehearsed or measured here: it is kept, and read back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchbench.evaluation.counts import platform_meters
from orchbench.platforms.meters import Meter
from orchbench.results.comparison import InvalidResults
from orchbench.results.folder import ResultsFolder
from orchbench.trace import Json, Label, Trace
from orchbench.virtual_time.latency import MEASURED_SCHEMA
from orchbench.ways.recorded import read_trace

REHEARSALS_FILE = "rehearsals.json"
REHEARSALS_SCHEMA = "orchbench.rehearsals/1"
COMPLEXITY_FILE = "complexity.json"
COMPLEXITY_SCHEMA = "orchbench.complexity/2"
PROBES_FILE = "probes.json"


@dataclass(frozen=True)
class KeptRehearsal:
    """One rehearsal as a results folder keeps it.

    Attributes:
        duration_seconds: of the query.
        poll: the policy, ``fixed:10s``.
        figures: the row that ``orchbench rehearse`` shows of it.
        file: the trace's, below the folder.
    """

    way: str
    scenario: str
    duration_seconds: float
    poll: str
    figures: Json
    trace: Trace
    file: str

    @property
    def metered(self) -> dict[Meter, int | None]:
        """What its host metered, as far as the row has it."""
        return {meter: self.figures.get(meter.column) for meter in platform_meters()}


def rehearsal_file(way: str, scenario: str) -> str:
    """Return where a rehearsal's trace is kept, below the folder."""
    name = "".join(one if one.isalnum() else "-" for one in scenario)
    return f"rehearsals/{way}-{name}.json"


def keep_rehearsals(folder: ResultsFolder, rehearsals: Sequence[KeptRehearsal], digest: str) -> None:
    """Write rehearsals and their traces, the list last."""
    for one in rehearsals:
        folder.write_document(one.file, one.trace.to_json())
    document = {
        "schema": REHEARSALS_SCHEMA,
        "label": Label.REHEARSED.value,
        "digest": digest,
        "rehearsals": [
            {
                "way": one.way,
                "scenario": one.scenario,
                "duration_seconds": one.duration_seconds,
                "poll": one.poll,
                "figures": one.figures,
                "trace": one.file,
            }
            for one in rehearsals
        ],
    }
    folder.write_document(REHEARSALS_FILE, document)


def kept_rehearsals(folder: ResultsFolder) -> tuple[KeptRehearsal, ...]:
    """Read a folder's rehearsals, none where it has none.

    Raises:
        InvalidResults: a file is not valid JSON or not of the schema.
    """
    document = folder.read_document(REHEARSALS_FILE, REHEARSALS_SCHEMA)
    if document is None:
        return ()
    try:
        return tuple(_rehearsals(folder, document))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidResults(
            f"{folder.path / REHEARSALS_FILE} does not follow {REHEARSALS_SCHEMA}: {error!r}. "
            f"`orchbench supplement {folder.path}` makes it anew."
        ) from error


def _rehearsals(folder: ResultsFolder, document: Json) -> Iterator[KeptRehearsal]:
    for one in document["rehearsals"]:
        trace = folder.read_document(one["trace"])
        if trace is None:
            raise InvalidResults(
                f"{folder.path / one['trace']} is missing: "
                f"`orchbench supplement {folder.path}` makes it anew."
            )
        yield KeptRehearsal(
            way=one["way"],
            scenario=one["scenario"],
            duration_seconds=float(one["duration_seconds"]),
            poll=one["poll"],
            figures=one["figures"],
            trace=read_trace(trace),
            file=one["trace"],
        )


def kept_complexity(folder: ResultsFolder) -> Json | None:
    """Read a folder's complexity, None where it has none."""
    return folder.read_document(COMPLEXITY_FILE, COMPLEXITY_SCHEMA)


def kept_probes(folder: ResultsFolder) -> Json | None:
    """Read what `orchbench probe` found, None where the folder holds nothing of it.

    Raises:
        InvalidResults: the file is not valid JSON, or not of the schema.
    """
    document = folder.read_document(PROBES_FILE, MEASURED_SCHEMA)
    if document is None:
        return None
    try:
        return {
            "on_aws": document["target"] == "aws",
            "region": str(document["region"]),
            "probes": {
                str(name): {"verdict": str(one["verdict"]), "reason": str(one["reason"])}
                for name, one in document["probes"].items()
            },
            "left": [str(said) for said in document["left"]],
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise InvalidResults(
            f"{folder.path / PROBES_FILE} does not follow {MEASURED_SCHEMA}: {error!r}."
        ) from error
