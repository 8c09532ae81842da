"""What probes found of the assumptions about AWS, as `orchbench probe` left it in a results folder."""

from collections import Counter
from collections.abc import Iterator, Sequence

from orchbench.report.figures import count
from orchbench.report.model import Part, Section, Table, Text
from orchbench.report.reading import Results
from orchbench.results.supplements import PROBES_FILE
from orchbench.trace import Json

HELD = ("confirmed", "confirmed by the emulator")
SOURCE = "`orchbench probe`; docs/probes.md says what each verdict means"


def sections(results: Sequence[Results]) -> Iterator[Section]:
    """Yield the section, where a folder holds what probes found."""
    probed = [(one, one.probes) for one in results if one.probes is not None]
    if not probed:
        return
    yield Section(
        "probes",
        "What probes found",
        _title(probed),
        [_counted(one, found) for one, found in probed],
        [table for one, found in probed for table in _others(one, found)],
        notes=[(said,) for _one, found in probed for said in found["left"]],
    )


def _title(probed: Sequence[tuple[Results, Json]]) -> Text:
    on_aws = any(found["on_aws"] for _one, found in probed)
    return ("What probes found of the assumptions" + (" on AWS" if on_aws else ""),)


def confirmed(results: Sequence[Results]) -> set[str]:
    """Return the claims that held on AWS."""
    found = [one.probes for one in results if one.probes is not None and one.probes["on_aws"]]
    verdicts = [item for each in found for item in each["probes"].items()]
    return {name for name, each in verdicts if each["verdict"] == HELD[0]}


def _counted(one: Results, found: Json) -> Text:
    """Say how many claims held; an emulator's verdicts are never mistaken for AWS's."""
    where = (
        f"On AWS, in {found['region']}" if found["on_aws"] else "On emulators, which says nothing about AWS"
    )
    counts = Counter(each["verdict"] for each in found["probes"].values())
    parts: list[Part] = [f"{where}: "]
    for verdict, number in counts.items():
        parts += [count(number, "claims", "measured", SOURCE, one.file(PROBES_FILE)), f" {verdict}, "]
    return (*parts[:-1], f"{str(parts[-1])[:-2]}. docs/probes.md has every claim and what follows from it.")


def _others(one: Results, found: Json) -> Iterator[Table]:
    """Yield the claims that did not hold, or of which nothing could be told."""
    rows: list[Sequence[Text]] = [
        [(name,), (each["verdict"],), (each["reason"],)]
        for name, each in found["probes"].items()
        if each["verdict"] not in HELD
    ]
    if rows:
        yield Table(f"Claims that were not confirmed, {one.name}", ("probe", "verdict", "why"), rows)
