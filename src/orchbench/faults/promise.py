"""What every execution promises, whatever goes wrong; and the measure of how soon a fault is noticed.

Pure: observations in, broken promises out. Rehearsals, the local servers and random schedules are all held to
these sentences.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from orchbench.trace import ExecutionStatus, Json, Label

TERMINAL = frozenset(ExecutionStatus) - {ExecutionStatus.RUNNING}
ENDED_FROM_OUTSIDE = frozenset({ExecutionStatus.STOPPED, ExecutionStatus.TIMED_OUT})
"""Their caller is told nothing of the batch: the service ended them, not the definition or the handler."""


@dataclass(frozen=True)
class Observation:
    """One execution under a fault, seen from the execution and from the warehouse.

    Attributes:
        status: how the execution ended.
        error_name: what it failed with; None where it did not fail.
        executions: how often the warehouse began the batch's transaction.
        commits: how often it committed it.
        running: statements that ran when all was over.
        heard_the_end: whether the execution was told how its statement ended, before it ended itself.
        detection_seconds: as ``time_to_detect`` has it.
        met: whether everything that was to go wrong took effect.
        unmeetable: why this way cannot meet the fault; None where it can.
        label: rehearsed or measured.
        cost: of the execution, with its label and its source; None where nobody billed it.
    """

    way: str
    status: ExecutionStatus
    error_name: str | None
    executions: int
    commits: int
    running: int
    heard_the_end: bool
    detection_seconds: float | None
    met: bool
    label: Label
    unmeetable: str | None = None
    cost: Json | None = None

    @property
    def end(self) -> str:
        """How it ended, with the error's name where it failed."""
        return " ".join(filter(None, self.verdict[:2]))

    @property
    def verdict(self) -> tuple[str, str | None, int]:
        """What ways must agree on: the outcome, the error's name, and the commits.

        What a service calls an end that it made itself (``States.Timeout``) is no name of this application's.
        """
        name = self.error_name if self.status is ExecutionStatus.FAILED else None
        return self.status.value, name, self.commits

    def to_json(self) -> Json:
        """Return the observation as JSON values."""
        return asdict(self) | {"status": self.status.value, "label": self.label.value}


def broken_promises(found: Observation) -> list[str]:
    """Return a sentence for each promise that an execution broke."""
    broken = []
    if found.status not in TERMINAL:
        broken.append(f"{found.way}: the execution did not end.")
    if found.executions > 1:
        broken.append(f"{found.way}: the transaction ran {found.executions} times.")
    if found.commits > 1:
        broken.append(f"{found.way}: the transaction was committed {found.commits} times.")
    if found.running:
        broken.append(f"{found.way}: {found.running} statement(s) ran on after the end.")
    if found.status is ExecutionStatus.SUCCEEDED and found.commits != 1:
        broken.append(f"{found.way}: it succeeded, and its transaction was not committed.")
    if found.status is ExecutionStatus.FAILED and found.heard_the_end and found.commits:
        broken.append(f"{found.way}: it failed with {found.error_name}, and its transaction was committed.")
    return broken


def missed_faults(found: Observation) -> list[str]:
    """Return a sentence where a way did not meet its fault and does not say why, or the other way round."""
    if found.met and found.unmeetable:
        return [f"{found.way}: it met the fault, which it is said not to meet: {found.unmeetable}."]
    return [] if found.met or found.unmeetable else [f"{found.way}: it did not meet the fault."]


def differences(found: Sequence[Observation]) -> list[str]:
    """Return a sentence where ways did not end alike."""
    if len({one.verdict for one in found}) <= 1:
        return []
    shown = "; ".join(
        f"{one.way} {one.status.value}{f' {one.error_name}' if one.error_name else ''}, "
        f"{one.commits} committed"
        for one in found
    )
    return [f"The ways did not end alike: {shown}."]


def time_to_detect(
    *,
    struck_at: float | None,
    ended_from_outside: bool,
    ended_by_itself_at: float | None,
    execution_ended_at: float | None,
    statement_ended_at: float | None,
) -> float | None:
    """Return the seconds from the moment there is something to know to the moment that all is over.

    There is something to know when the statement ends by itself, or is stopped by somebody, while its
    execution runs; when an operator or the service ends the execution; in every other case, when the fault
    first takes effect. All is over when the execution has ended and no statement runs.

    Args:
        struck_at: when the fault first took effect.
        ended_from_outside: whether an operator or the service ended the execution.
        ended_by_itself_at: the statement's end, where no cancel of this application made it.
        execution_ended_at: the execution's end.
        statement_ended_at: the statement's end, whoever made it; None where there was none.
    """
    if execution_ended_at is None:
        return None
    itself = ended_by_itself_at is not None and ended_by_itself_at <= execution_ended_at
    known_from = ended_by_itself_at if itself else execution_ended_at if ended_from_outside else struck_at
    if known_from is None:
        return None
    over_at = max(execution_ended_at, statement_ended_at or execution_ended_at)
    return round(max(0.0, over_at - known_from), 3)
