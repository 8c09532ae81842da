"""Processes killed, a disk full, a network slow or cut: on real servers, every way at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchbench.faults.local_faults import LOCAL, LocalFault, row_of
from orchbench.faults.scene import Scene, scene
from orchbench.trace import ExecutionStatus

pytestmark = pytest.mark.local

PROJECT = Path(__file__).parents[3]
FAILING = {
    "data-api-killed": "StatementNotFound",
    "postgresql-restarted": "BatchFailed",
    "disk-full": "BatchFailed",
}
"""Faults that a batch does not survive, and the name it then fails with."""
STOPPED = ("stopped", "stopped-in-queue")
UNHEARD = ("statement-events-lost", "notify-fails")
"""Faults after which only the fallback finds the end, seconds later."""


@pytest.fixture(scope="module")
def place() -> Iterator[Scene]:
    with scene(PROJECT) as found:
        yield found


@pytest.mark.parametrize("fault", LOCAL, ids=lambda fault: fault.name)
def test_a_batch_runs_once_or_not_at_all_and_all_ways_end_alike(place: Scene, fault: LocalFault) -> None:
    row = row_of(fault, place)
    assert row.broken == []
    assert all(cell.met != bool(cell.unmeetable) for cell in row.cells)
    assert [cell.executions for cell in row.cells] == [1] * len(row.cells)
    expected = {
        (ExecutionStatus.FAILED, FAILING[fault.name], 0)
        if fault.name in FAILING
        else (ExecutionStatus.STOPPED, None, 0)
        if fault.name in STOPPED
        else (ExecutionStatus.SUCCEEDED, None, 1)
    }
    assert {(cell.status, cell.verdict[1], cell.commits) for cell in row.cells} == expected
    if fault.name in UNHEARD:
        lags = [cell.detection_seconds or 0.0 for cell in row.cells if cell.met]
        assert lags
        assert min(lags) > 1
