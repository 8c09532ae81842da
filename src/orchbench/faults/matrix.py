"""The matrix: a row for each fault, a cell for each way, and what is broken in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchbench.faults.promise import Observation, broken_promises, differences, missed_faults
from orchbench.faults.rehearsed import observe
from orchbench.faults.rehearsed_fault import SUCCEEDED, RehearsedFault
from orchbench.rehearsal.several import rehearse_all
from orchbench.trace import Json
from orchbench.virtual_time.application import Application
from orchbench.ways import Way


@dataclass(frozen=True)
class Row:
    """One fault on every way.

    Attributes:
        what: what goes wrong, in a few words.
        ends: how every execution that meets it must end; None where nothing is said.
    """

    name: str
    what: str
    cells: tuple[Observation, ...]
    ends: str | None = None

    @property
    def broken(self) -> list[str]:
        """A sentence for each promise that was broken here; a fault that was not met, undeclared, is one."""
        own = [sentence for cell in self.cells for sentence in (*missed_faults(cell), *broken_promises(cell))]
        return [*own, *self._other_ends(), *differences(self._meant)]

    @property
    def _meant(self) -> list[Observation]:
        return [cell for cell in self.cells if not cell.unmeetable]

    def _other_ends(self) -> list[str]:
        # What others survive, a way that does not even meet it must survive too.
        held = self.cells if self.ends == SUCCEEDED else self._meant
        return [
            f"{cell.way}: it ended {cell.end} instead of {self.ends}."
            for cell in held
            if self.ends not in (None, cell.end)
        ]

    def to_json(self) -> Json:
        """Return the row as JSON values."""
        return {
            "fault": self.name,
            "what": self.what,
            "ways": [cell.to_json() for cell in self.cells],
            "broken": self.broken,
        }


def rehearsed_rows(
    faults: Sequence[RehearsedFault],
    ways: Sequence[Way],
    *,
    application: Application | None = None,
    processes: int | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> list[Row]:
    """Rehearse every fault on every way.

    Args:
        application: what is deployed; the project's own template by default.
        processes: how many rehearsals at once; one a core by default.
        done: called whenever one has ended.
    """
    tasks = [(fault.scenario, way, fault.deployed(application)) for fault in faults for way in ways]
    rehearsals = iter(rehearse_all(tasks, processes=processes, done=done))
    return [
        Row(
            fault.name,
            fault.what,
            tuple(observe(next(rehearsals), fault.unmeetable(way)) for way in ways),
            fault.ends,
        )
        for fault in faults
    ]
