"""The matrix: a row for each fault, a cell for each way, and what is broken in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchbench.faults.catalogue import RehearsedFault
from orchbench.faults.promise import Observation, broken_promises, differences
from orchbench.faults.rehearsed import observe
from orchbench.rehearsal.several import rehearse_all
from orchbench.trace import Json


@dataclass(frozen=True)
class Row:
    """One fault on every way.

    Attributes:
        what: what goes wrong, in a few words.
    """

    name: str
    what: str
    cells: tuple[Observation, ...]

    @property
    def broken(self) -> list[str]:
        """A sentence for each promise that was broken here; that no way met the fault is one too."""
        missed = [] if any(cell.met for cell in self.cells) else ["No way met the fault."]
        own = [sentence for cell in self.cells for sentence in broken_promises(cell)]
        return [*missed, *own, *differences(self.cells)]

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
    ways: Sequence[str],
    *,
    processes: int | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> list[Row]:
    """Rehearse every fault on every way.

    Args:
        processes: how many rehearsals at once; one a core by default.
        done: called whenever one has ended.
    """
    tasks = [(fault.scenario, way, fault.application) for fault in faults for way in ways]
    rehearsals = iter(rehearse_all(tasks, processes=processes, done=done))
    return [Row(fault.name, fault.what, tuple(observe(next(rehearsals)) for _ in ways)) for fault in faults]
