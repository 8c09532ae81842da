"""A row of the matrix that is rehearsed: one fault, as a scenario that is the same for every way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchbench.faults.unmeetable import without_a_lag, without_polls, without_what_a_fault_meets
from orchbench.rehearsal.fault import Fault
from orchbench.rehearsal.scenario import Scenario
from orchbench.virtual_time.application import Application, load_application
from orchbench.ways import Way

RECOVERED_SECONDS = 95.0
"""Ends between two checks."""
LONG_SECONDS = 20_000.0
"""Runs on whatever happens to its execution, and past the sweeps."""
POLL = {"policy": "fixed", "interval_seconds": 10}
HOURS: dict[str, Any] = {"timeout_seconds": 10_000, "poll": POLL}
"""Short enough that no poll budget stretches a delay: each way has its own."""
MINUTE: dict[str, Any] = {"timeout_seconds": 60, "poll": POLL}
SEED = 11
SUCCEEDED, STOPPED = "SUCCEEDED", "STOPPED"


@dataclass(frozen=True)
class RehearsedFault:
    """A row of the matrix.

    Attributes:
        what: what goes wrong, in a few words.
        ends: how an execution must end, with the error's name where it fails: ``FAILED BatchFailed``.
        while_it_polls: whether the fault meets looks while the statement runs, which only some ways make.
        before_it_looks: whether it falls between the statement's end and the look that sees it.
        execution_timeout_seconds: of the machine and of the durable execution, where the row needs a
            shorter one than is deployed.
    """

    name: str
    what: str
    scenario: Scenario
    ends: str = SUCCEEDED
    while_it_polls: bool = False
    before_it_looks: bool = False
    execution_timeout_seconds: int | None = None

    def unmeetable(self, way: Way) -> str | None:
        """Return why a way cannot meet this fault, or None."""
        lacking = without_what_a_fault_meets(way, self.scenario.faults)
        polls = without_polls(way) if self.while_it_polls else None
        return lacking or polls or (without_a_lag(way) if self.before_it_looks else None)

    def deployed(self, application: Application | None = None) -> Application | None:
        """Return an application as the row needs it; None for the project's own template as it is."""
        seconds = self.execution_timeout_seconds
        if seconds is None:
            return application
        return _ending_after(application or load_application(InlineSqlAllowed="false"), seconds)


def fault(
    name: str,
    what: str,
    *faults: str,
    duration: float = RECOVERED_SECONDS,
    document: Mapping[str, Any] | None = None,
    ends: str = SUCCEEDED,
    while_it_polls: bool = False,
    before_it_looks: bool = False,
    execution_timeout_seconds: int | None = None,
) -> RehearsedFault:
    """Return a row.

    Args:
        faults: as they are written on the command line.
        duration: of the batch, in seconds.
        document: the execution's input.
    """
    scenario = Scenario(
        duration_seconds=duration,
        input=dict(document or HOURS),
        name=name,
        faults=tuple(map(Fault.parse, faults)),
        seed=SEED,
    )
    return RehearsedFault(
        name, what, scenario, ends, while_it_polls, before_it_looks, execution_timeout_seconds
    )


def _ending_after(application: Application, seconds: int) -> Application:
    """Return the same deployment with a shorter timeout of its executions."""
    functions = {
        name: replace(one, execution_timeout_seconds=seconds) if one.execution_timeout_seconds else one
        for name, one in application.functions.items()
    }
    machines = {
        name: replace(
            one, definition=one.definition.replace('"TimeoutSeconds": 90000', f'"TimeoutSeconds": {seconds}')
        )
        for name, one in application.state_machines.items()
    }
    return replace(application, functions=functions, state_machines=machines)
